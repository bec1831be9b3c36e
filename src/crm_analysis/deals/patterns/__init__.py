"""Loss patterns: how deals move before they are lost, what was said of it, and what to do."""
