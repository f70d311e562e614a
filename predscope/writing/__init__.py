"""Objects straight from a program: a training or inference loop writes predictions, or labels, into a project.

- ``PredictionWriter``, ``LabelWriter``: the two ways in; ``object_writer``: what they share.
- ``calls``, ``arrays``, ``references``: what a call says, from arrays of any library, as columns.
- ``batching``: calls collected to the batches of an import.
"""

from predscope.writing.writer import LabelWriter, PredictionWriter

__all__ = ["LabelWriter", "PredictionWriter"]
