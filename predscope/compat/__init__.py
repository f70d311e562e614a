"""Other systems' Python surfaces, on top of the library: scripts written for them run with another import line.

Nothing else in Predscope imports these packages.
"""
