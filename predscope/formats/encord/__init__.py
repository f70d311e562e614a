"""Pickled predictions of Encord Active, read by a machine of our own that runs nothing."""
