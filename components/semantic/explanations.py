"""How the numbers of pixels are computed, in words."""

from __future__ import annotations

from typing import Final

PIXELS: Final = """
Every labelled pixel is counted once, by the class of its label and the class that is predicted there. *Void* pixels
(value 255 of class-index masks, and crowds) take no part. Pixels of no object are **background**, which counts as a
class unless it is left out. Confidences play no part.

- **IoU** of a class: its right pixels, divided by the pixels that are labelled or predicted as it.
- **mIoU** of the data set: the mean over the classes that are labelled or predicted anywhere, from the pixels of all
  frames together. **Mean mIoU of the frames**: the mIoU of each frame alone, averaged; a class that is small or seldom
  weighs more there. The two are different numbers.
- **Frequency-weighted IoU**: the mean IoU, each class weighing as much as it has labelled pixels.
- **Pixel accuracy**: the share of the labelled pixels that are right. **Mean accuracy**: the same within each class,
  averaged over the classes.
- **Dice**: twice the right pixels, divided by the labelled plus the predicted ones; the mean over the classes.
"""
MATRIX: Final = """
A cell holds the labelled pixels of the class of its row that were predicted as the class of its column. **% of the
row** divides by the labelled pixels of the class: on the diagonal stands its accuracy. **% of the column** divides by
the pixels that are predicted as the class. The last column holds pixels of which no prediction says anything. A click
shows the frames that the pixels of a cell lie in, those with the most of them first.
"""
FRAMES: Final = """
On the left the label, on the right the prediction, painted over the photograph in the colours of the classes. Strong:
the pixels that are meant, which are those of the chosen cell, or else those that are wrong. Faint: all others.
Unpainted: void, or nothing predicted.
"""
