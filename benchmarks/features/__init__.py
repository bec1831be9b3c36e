"""Interaction indicators at a landmark and purchase features, by four ways from the same files."""
