"""How good predictions are, and where they fail. Knows no project: arrays and tables in, small frozen results out.

- ``detection``: ``Detection``, one label set against one prediction set: the way in to all of the rest.
- ``objects``, ``shapes``: what is read of labels and predictions.
- ``coco``, ``coco_result``: AP and AR, COCO's way.
- ``pairs``, ``matching``, ``match_table``: candidate pairs once; matches at an IoU threshold; outcomes and reasons at
  any operating point.
- ``operating_point``, ``thresholds``, ``confusion``: counts, curves, which threshold to use, what is taken for what.
- ``tide``, ``calibration``, ``lrp``: kinds of error and what they cost; whether confidences mean what they say.
- ``bootstrap``, ``intervals``, ``slices``: how sure the numbers are; the numbers of a part.
- ``classification``, ``multilabel``, ``binary_curve``, ``frame_classes``: frames with classes.
- ``semantic``, ``panoptic``: pixels with classes, segments.

Definitions are in each module's docstrings, with their sources; ``docs/evaluation.md`` puts them in words.
"""
