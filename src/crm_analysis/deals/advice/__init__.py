"""What to do about open and lost deals: obstacles, worth of a contact, strategies."""
