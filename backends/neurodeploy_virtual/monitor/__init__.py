"""The monitor of every chip, at protocol level: it answers as the monitor program would.

The data structures it shares with application cores live in the emulated memories, laid
out as the binaries expect them.
"""
