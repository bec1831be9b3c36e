"""Where lost customers went: other brand, same brand elsewhere, no purchase, later (M05)."""
