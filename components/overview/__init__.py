"""The parts of the Overview that compare predictions with labels; they come after the first photos."""
