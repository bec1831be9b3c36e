"""The package beside its peers: answers are compared first, then time and memory."""
