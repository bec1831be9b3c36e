"""Losses called early, from what is known of a lead at its age (M13)."""
