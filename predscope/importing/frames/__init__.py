"""Which frame of the project an object of a file belongs to."""
