"""Curves and Cox fits from the same spells: by the package and by three survival libraries."""
