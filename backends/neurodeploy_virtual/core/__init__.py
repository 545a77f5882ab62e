"""The board itself: cores, routers and memories, in C, and their Python face."""
