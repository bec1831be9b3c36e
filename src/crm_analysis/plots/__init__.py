"""Pictures: a `Picture` goes in, a figure comes out; nothing here computes a finding.

Nothing is imported here: matplotlib waits until a picture is drawn.
"""
