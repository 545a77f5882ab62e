"""Engines under comparison, each a function from a network to something that runs it."""
