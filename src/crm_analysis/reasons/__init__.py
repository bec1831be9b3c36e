"""Why people say they leave: texts to codes, how far they can be believed, what they hide."""
