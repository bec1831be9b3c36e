"""Customers: who they are to us, and in which state."""
