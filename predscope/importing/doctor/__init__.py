"""What is likely wrong with an input as a whole, told by its labels, its frames and its own numbers."""
