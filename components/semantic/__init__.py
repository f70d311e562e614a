"""Performance where every pixel has a class: numbers of pixels, and the frames that they are made of.

view          the part of the page, from the numbers to the frames
frames        frames as pairs of painted pictures (a browser component)
explanations  how the numbers are computed
"""
