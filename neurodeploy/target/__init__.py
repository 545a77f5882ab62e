"""What a target can do, as data with sources, and the rules made from it."""
