"""How the numbers of classifications are computed, in words."""

from __future__ import annotations

from typing import Final

ACCURACY: Final = """
Labels and predictions are joined by their frame. Frames without a label take no part. Of several predictions of a
frame the most confident one is its answer; one below the confidence threshold is none.

- **Accuracy**: the share of the labelled frames whose answer is right; a frame without an answer is not right. Its
  95 % interval is Wilson's.
- **Balanced accuracy**: the same within each labelled class (its recall), averaged over the classes.
- **Macro F1**: the F1 of each class that is labelled or predicted, averaged.
- **Top-k accuracy**: the share of the labelled frames whose class is among the k with the highest scores, whatever the
  threshold. It is shown where every frame has scores of at least k classes.
"""
MULTILABEL: Final = """
Labels and predictions are joined by their frame; a frame may have any number of classes, and each class of a frame
counts by itself. Frames without a label take no part. Predictions below the confidence threshold are none.

- **True positive**: a class of the frame that is predicted. **False positive**: a predicted class that the frame does
  not have. **False negative**: a class of the frame that is not predicted.
- **Precision** = TP / (TP + FP), **recall** = TP / (TP + FN), **F1** = 2 TP / (2 TP + FP + FN), over all classes
  together; **macro F1** is the mean over the classes.
- **Exact match**: the share of the labelled frames with exactly the right classes.
"""
PER_CLASS: Final = """
**Precision**: the share of the frames predicted as the class that are of it. **Recall**: the share of the frames of the
class that are predicted as it. Beside them stand their 95 % intervals (Wilson): of few frames a share says little.
**ROC AUC** and **AP** (the area under precision and recall, as a sum of steps) rank the frames by their score of the
class, where every frame with a prediction has one.
"""
CONFUSION: Final = """
A cell holds the frames of the class of its row that are predicted as the class of its column; the last column those
without a prediction. A click opens them. Where a frame has several classes, a predicted class that it does not have is
paired with one that was missed, one to one; what cannot be paired stands in the last row and column.

**% of labels** divides by the row: the diagonal is the recall. **% of predictions** divides by the column: the diagonal
is the precision.
"""
CURVES: Final = """
Each class against the rest, over all thresholds of its score. On the left the share of its frames that are found
(recall) against the share of all other frames that are taken for it; the diagonal is guessing. On the right precision
against recall. The confidence threshold of the page plays no part, and frames without any
score are left out.
"""
