"""How the numbers of the page are computed, in words."""

from __future__ import annotations

from typing import Final

DISTRIBUTIONS: Final = """
Every metric that has been measured, over all frames or over all objects of a set. Rest on a name to read how it is
computed.

- **Middle half**: between the first and the third quartile; the distance between them is the *interquartile range*.
- **Outliers** lie more than 1.5 interquartile ranges below the first or above the third quartile (Tukey, 1977);
  *severe* ones more than 2.5. Where half of all values are the same there are none.
- **Missing**: the image cannot be read, or the metric does not apply to it: a box has no polygon.

Bars, names and numbers open exactly the frames, or the objects, that they count. The outermost bars take in all that
lies beyond them.
"""
SIZES: Final = """
Width and height of the frames as they are displayed, that is turned as their EXIF orientation says. Frames of one size
are one mark, as large as there are many of them.
"""
CLASSES: Final = """
**Evenness** is the entropy of the shares of the classes over that of equal shares (Pielou, 1966): 1 where all classes
are equally frequent, near 0 where one has nearly everything. Crowd regions and labels marked as difficult are not
counted in it; they are in the bars.
"""
DUPLICATES: Final = """
**Exact copies** are image files with the very same bytes. **Nearly alike** are images whose perceptual hashes differ in
at most 6 of 64 bits: the hash says which of the coarsest cosine coefficients of the grey image are above their median,
so it sees the same picture through another size, compression or a little more light. A group holds all frames that are
like each other directly or by others in between, such as the frames of a video; *bits* tells from the first of them.

The number of frames that have one nearly alike goes by the metric *Uniqueness*. With embeddings of your own, that is a
distance of these.
"""
QUALITY: Final = """
Each line is a question that metrics of the labels can answer. It is a reason to look, not a verdict: most labels at the
border are right, and small things may really be small. *The most similar* goes by the colours of small pictures of the
labels, or by your embeddings where there are any.
"""
DRIFT: Final = """
Two parts of the frames are compared in every metric that has been measured.

- **Difference**: of numbers, the largest distance between the two distribution functions (Kolmogorov and Smirnov), from
  0, alike, to 1, apart. Of categories, Cramér's V.
- **Shift**: the median of the second part minus that of the first.
- **q**: how often so large a difference, or a larger one, comes about by chance, made fair for the number of metrics
  (Benjamini and Hochberg, 1995). Below .05 is called a difference here.

Objects of a frame are like each other, so the q of metrics of objects are too small; those of frames are right.
"""
