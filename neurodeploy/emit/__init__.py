"""Network -> PyNN: calls on a module, or the same calls as a script."""
