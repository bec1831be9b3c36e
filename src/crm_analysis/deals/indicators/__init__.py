"""How leads were contacted, and what goes with losing them (M03)."""
