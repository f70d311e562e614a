"""Errors: which kinds there are and what they cost, beside the objects of the kind that was chosen."""
