"""Backends and the runner that drives them."""
