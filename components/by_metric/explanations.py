"""How the numbers of the page are computed, in Markdown."""

from __future__ import annotations

from typing import Final

from components.chips import escape_markdown
from predscope.exploration.metric_findings import FEWEST_OBJECTS
from predscope.metrics.metric import MeasuredOn, Metric

_ON: Final = {
    MeasuredOn.FRAME: "Measured on frames; labels and predictions have the value of their frame.",
    MeasuredOn.OBJECT: "Measured on labels and predictions alike, each by itself.",
    MeasuredOn.LABEL: "Measured on labels only, so there is no precision against it.",
    MeasuredOn.PREDICTION: "Measured on predictions only, so there is no recall against it.",
}
_CHART: Final = f"""
**Recall** is the share of the labels of a bin that are found, **precision** the share of its predictions (from the
confidence on) that are right, both at the operating point; ignored objects are not counted. A label stands in the bin
of its own value, a prediction in that of its own. Bands and whiskers are 95 % intervals (Wilson), dotted lines the rate
over all objects, grey bars how many there are. Bins of fewer than {FEWEST_OBJECTS} objects are drawn hollow: too few to
rely on. Objects without a value are in no bin.

Bins hold about equally many values each, or are equally wide; they come from all labels and predictions, whatever
their confidence, and stay where they are while the operating point moves. The outer bins are open.

The title names the part of the values where a rate is lowest against the rest, if the intervals of the two do not meet;
otherwise it says that nothing stands apart.
"""
IMPORTANCE: Final = """
How much a metric tells of whether a label is found, and whether a prediction is right: the mutual information of the
metric, in ten bins, with the outcome, divided by the entropy of the outcome (0: nothing, 1: everything). The **tick**
on a bar is what chance alone exceeds in one case of twenty: the same counted again with the metric shuffled over the
objects, allowing for objects of one frame being alike. A bar that does not pass its tick says nothing. Missing values
are left out.

Fainter: what goes along with the outcome but can hardly be its reason, such as the confidence of a prediction, or what
other predictions are near. The correlation (Spearman's) is said where the pointer rests.
"""
MAP: Final = f"""
Labels and predictions by two metrics at once. Each cell shows the share that is found (recall) or right (precision), or
how many there are; hatched cells have fewer than {FEWEST_OBJECTS} objects. A click shows the objects of the cell.
"""
SLICES: Final = """
Every condition on a metric, on metadata and on the class, and every two of them together, is tried: below, from or
between the tenths of a metric, and each category. What is listed stood four tests: so many errors are not to be
expected in a part of the data chosen blindly (objects of one frame count as alike); the false discovery rate over all
that was tried is held at 10 % (Benjamini and Hochberg), and the search as a whole is significant at 5 %; two conditions
are worse than each alone; and what a stronger slice explains is not told again.

The bar is the least number of errors that the slice has more than the rest would have had in its place, without those
of the slices above. A click shows the errors of the slice.
"""


def chart_explanation(metric: Metric) -> str:
    """What a metric is, and how the chart counts."""
    unit = f" Unit: {metric.unit}." if metric.unit else ""
    definition = escape_markdown(metric.definition or "Values that came with the data.")
    return f"**{escape_markdown(metric.title)}**: {definition}{unit} {_ON[metric.measured_on]}\n{_CHART}"
