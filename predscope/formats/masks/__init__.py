"""Masks in image files and arrays: of classes and of instances."""
