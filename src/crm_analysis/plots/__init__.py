"""Pictures: a `Picture` goes in, a figure comes out; nothing here computes a finding."""

from crm_analysis.plots.draw import draw, draw_svg

__all__ = ["draw", "draw_svg"]
