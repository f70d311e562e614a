"""The metrics that come with the program, made known through the same hook as a user's.

- ``image``: pixels of frames and of crops. ``frames``: sizes, counts, confidences.
- ``geometry``: size, place and crowding of objects. ``outlines``: polygons and masks. ``uncertainty``: class scores.
- ``similarity``: what is like what. ``sequences``: objects along a video. ``outcomes``: at the operating point.
"""

from predscope.metrics.builtin import (
    frames,
    geometry,
    image,
    outcomes,
    outlines,
    sequences,
    similarity,
    uncertainty,
)

__all__ = ["frames", "geometry", "image", "outcomes", "outlines", "sequences", "similarity", "uncertainty"]
