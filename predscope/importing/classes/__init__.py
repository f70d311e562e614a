"""Which class of the project a class of a file is."""
