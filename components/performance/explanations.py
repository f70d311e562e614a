"""How the numbers of the page are computed, in words; each beside the numbers that it explains."""

from __future__ import annotations

from typing import Final

import streamlit as st

_OPERATING_POINT: Final = """
Predictions with a confidence at or above the threshold take labels of their own class, the most confident first: each
takes the free label that it overlaps most, if the overlap (intersection over union) reaches the IoU threshold.

- **True positive**: a prediction that took a label. **False positive**: one that took none. **False negative**: a label
  that nothing took.
- **Precision** = TP / (TP + FP), **recall** = TP / (TP + FN), **F1** = 2 TP / (2 TP + FP + FN), over all classes
  together.
- **Confused**: a false positive that overlaps a label of another class, one that is itself missed, by at least the IoU
  threshold. The pair is one false positive and one false negative, and is counted in both.
- **Ignored**: a prediction that matches a crowd region or a label marked as difficult. It counts neither for nor
  against the model, and so do such labels.

Under precision and recall stands their 95 % interval (Wilson), as if every object were drawn by itself; objects of one
frame are alike, so the truth is somewhat less sure.

So TP + FP is the number of predictions above the threshold, the ignored apart, and TP + FN the number of labels.
"""
_COCO: Final = """
Average precision as COCO defines it; it does not depend on the confidence threshold.

- Predictions are ranked by confidence and matched as at the operating point, at most 100 in a frame and class.
  Precision is made to fall with recall and read off at the recalls 0, .01, ..., 1; their mean is the AP of a class at
  one IoU.
- **AP** is the mean over the IoU thresholds .50, .55, ..., .95 and over the classes that have labels; **AP50** and
  **AP75** are those at one IoU.
- **Small**, **medium**, **large**: labels of up to 32², up to 96², and more pixels; all others are ignored, and so are
  unmatched predictions of another size.
- **AR100** is the share of labels found by at most 100 predictions in a frame and class, over the same IoU thresholds.

A dash: there are no labels to measure it on. A class without labels is left out, even where it is predicted.
"""
_PER_CLASS: Final = """
Counts, precision, recall and F1 are those of the operating point, within the class. AP and AP50 are COCO's, over all
confidences. **Best threshold** is the confidence at which the F1 of the class is highest, at this IoU.

Beside precision and recall stand their 95 % intervals (Wilson): of few objects a share says little. The interval of AP
comes from drawing the frames anew, with repetition, 1,000 times: in 95 % of the draws AP lay within.
"""
_CONFUSION: Final = """
First every prediction is matched within its class: these are the true positives, on the diagonal. What is left is then
matched across classes in the same way, the most confident first, at the same IoU: these are the confusions.

Labels that are still free stand in the background column (nothing was there for them), predictions that are still
free in the background row (they belong to no label). So a row adds up to the labels of the class, a column to
its predictions, and the matrix agrees with precision and recall. Ignored predictions and labels are not in it.

**% of labels** divides by the row: the diagonal is the recall. **% of predictions** divides by the column: the diagonal
is the precision.

**Matched by place alone** asks only where objects are: the most confident prediction takes the free label that it
overlaps most, whatever its class, and then the two classes are looked at. Where a wrong class is more confident than
the right one at the same place, it has the label: a confusion here, and the right prediction stands in the background
row; matched within classes first, the label is found, and the wrong prediction stands in the background row. So the
diagonal can be smaller than precision and recall say. Rows still add up to the labels, columns to the predictions; one
that takes an ignored label, of whatever class, is ignored.
"""
_TIDE: Final = """
The kinds of error of TIDE (Bolya et al., ECCV 2020), of the predictions at or above the confidence threshold. Each
false positive is of the first kind that fits; t is the IoU threshold of the page:

- **Loc**, poorly placed: overlaps a label of its class by .1 or more, but less than t.
- **Cls**, wrong class: overlaps a label of another class by t or more.
- **Dupe**, duplicate: overlaps a label of its class by t or more that a more confident prediction has.
- **Bkg**, nothing there: overlaps no label by .1 or more.
- **Both**: what is left, overlapping a label of another class by less than t.
- **Miss**: a label that nothing found, other than those that a mended Cls or Loc error would find.

**AP lost** (dAP) is what AP at t would gain, in points of 100, if this kind alone were mended: Cls and Loc errors
become right where their label is free and go away where not, the others go away, and missed labels no longer
count. The gains do not add up to 100, because errors hide each other. **All false positives**: if each of them came
after all that is right. **All false negatives**: if no label that is not found counted.

Only the 100 most confident predictions of a frame are looked at, and classes that are predicted but never labelled
count with an AP of 0, as in the authors' program; so the AP here can differ a little from COCO's.

The kinds need not add up to all false positives: a prediction on a crowd or an ignored label is none, and may be an
error here all the same.
"""
_OUTCOMES: Final = """
Predictions with a confidence at or above the threshold take labels of their own class, the most confident first.
**True positives** took one, **false positives** did not, **false negatives** are labels that nothing took. A false
positive has the first reason that fits:

- **Wrong class**: it overlaps a label of another class by the IoU threshold or more. If that label is itself missed,
  the two are a *confused* pair, and the label counts as *taken for another class* below.
- **Duplicate**: a more confident prediction has the label already.
- **Poorly placed**: it overlaps a label of its class, by less than the IoU threshold but .1 or more.
- **Poorly placed, wrong class**: the same with a label of another class.
- **Nothing there**: it overlaps no label by .1 or more.

**Matched by place alone**: a prediction takes the label that it overlaps most, whatever its class; with another class
the two are a confused pair. So a more confident prediction of a wrong class keeps the label from the right one, which
then is a duplicate.

The kinds of error by TIDE differ a little: they are told by other rules, and only to say what each costs.
"""
_CURVES: Final = """
One matching at the chosen IoU serves every threshold, because a less confident prediction never changes what a more
confident one took. Each point of a curve is one confidence threshold. All classes are counted together.
"""
_THRESHOLDS: Final = """
Thresholds are looked for among the confidences that occur, at the chosen IoU, with all classes counted together.
*As good*: the thresholds around the best whose F1 is at least 99.5 % of it. With a precision to be reached, the
threshold with the most recall is named; with a recall, the one with the most precision. The file has, besides, the
threshold with the best F1 of each class.
"""
_CALIBRATION: Final = """
All predictions are sorted into ten bins by confidence. A bar is the share of a bin that is right: that matches a label
at the chosen IoU, whatever the operating point; its whisker is the 95 % interval (Wilson). A well calibrated model has
its bars at the short lines, which mark the mean confidence of each bin.

**ECE** is the mean distance between the two over all predictions, **MCE** the largest. Predictions that the model kept
to itself, below its own lowest confidence, cannot be judged.
"""


_EXPLANATIONS: Final = {
    "operating_point": _OPERATING_POINT,
    "coco": _COCO,
    "per_class": _PER_CLASS,
    "confusion": _CONFUSION,
    "tide": _TIDE,
    "outcomes": _OUTCOMES,
    "curves": _CURVES,
    "thresholds": _THRESHOLDS,
    "calibration": _CALIBRATION,
}
STYLE: Final = """<style>
[class*="st-key-explain"] button { min-height: 0; padding: 0; opacity: 0.62; }
[class*="st-key-explain"] button:hover { opacity: 1; }
[class*="st-key-explain"] button p { font-size: 13px; }
[class*="st-key-explain"] { margin-top: 10px; }
[class*="st-key-explain"] { row-gap: 2px; }
[class*="st-key-explain"] h5 { padding: 0; }
.st-key-page_title h4 { padding: 0 0 2px; }
.st-key-page_title [data-testid="stMarkdownContainer"] { margin: 0; }
.st-key-page_title [data-testid="stCaptionContainer"] { margin: 0; }
[class*="st-key-explain"] > div > [data-testid="stMarkdown"] [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
</style>"""
"""Once a page: what explains is quieter than what it explains."""


def heading(title: str, name: str) -> None:
    """The title of a part, and how its numbers are computed; ``name`` is that of an explanation."""
    explained(title, name, _EXPLANATIONS[name])


def explained(title: str, name: str, explanation: str) -> None:
    """The title of a part, and how its numbers are computed, in Markdown; ``name`` is one a page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"explain_{name}"):
        st.markdown(f"##### {title}", width="content")
        with st.popover("How is this computed?", type="tertiary"):
            st.markdown(explanation)
