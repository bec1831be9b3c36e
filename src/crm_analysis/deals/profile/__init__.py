"""Who the customers are, and what goes with losing them (M05)."""
