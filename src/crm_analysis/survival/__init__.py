"""How long until a lead is lost or won, and what speeds it up."""
