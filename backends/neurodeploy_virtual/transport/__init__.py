"""Ways from a host to the board: inside the process, or over UDP."""
