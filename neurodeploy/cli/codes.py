"""Exit codes of the command; those of errors are in `neurodeploy.errors`."""

DONE, FAILED_CHECK, INTERRUPTED = 0, 1, 130

__all__ = ["DONE", "FAILED_CHECK", "INTERRUPTED"]
