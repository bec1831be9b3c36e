"""Kinds of track that closed deals took, by rules and by clusters (M04)."""
