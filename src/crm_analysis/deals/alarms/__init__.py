"""What was said of open deals, and what became of it (M13)."""
