"""Groups of leads compared: factors and their levels, hazards, odds, and when to refuse."""
