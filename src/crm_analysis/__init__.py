"""Why do we lose customers, who is next, and what brings them back?"""

__version__ = "0.1.0"
