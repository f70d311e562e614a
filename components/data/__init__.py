"""The parts of the Data page: each shows one side of what was loaded, and every number opens what it counts."""
