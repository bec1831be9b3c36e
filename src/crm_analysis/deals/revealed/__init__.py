"""What is said about losses against what losing goes with (M06)."""
