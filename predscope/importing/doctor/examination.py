"""The doctor: looks at the beginning of an input, beside its frames and labels, for what no single row gives away.

Nothing is changed here but percentages, which cannot be anything else. For the rest a correction is offered, and only
with a clear lead over reading the file as it stands:

- *Evidence of labels* (predictions): labels are covered by predictions if the numbers are read in another way, and are
  not as they stand: at least ``MIN_COVERED`` labels and ``MIN_COVERAGE`` of them are, four times as many as now, and
  clearly more than in any third way.
- The same evidence tells pixels of a network's input, see ``network_pixels``.
- *Evidence of frames*: boxes leave their frames, or have negative sizes, as they stand, and in another way fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from predscope.formats.base import ObjectBatch, Role
from predscope.importing.classes.joining import ClassJoin
from predscope.importing.corrections import Corrections, Units
from predscope.importing.doctor import habits as habits
from predscope.importing.doctor.box_readings import BoxReading, BoxSample, all_readings
from predscope.importing.doctor.class_agreement import disagreements, explain_ids
from predscope.importing.doctor.label_evidence import LabelEvidence, Labels, gather_evidence
from predscope.importing.doctor.mask_sizes import explain_mask_size
from predscope.importing.doctor.network_pixels import find_network_input
from predscope.importing.findings import note
from predscope.importing.rows.judgement import FrameFacts, Habits
from predscope.report import ImportReport

MIN_COVERED: Final = 8
MIN_COVERAGE: Final = 0.3
LEAD: Final = 4.0
"""Over the numbers as they stand."""
LEAD_OF_OTHERS: Final = 1.3
"""Over any third way to read them."""
MIN_MISFITS: Final = 10
MISFIT_SHARE: Final = 0.05
FIT_SHARE: Final = 0.005
"""Of boxes that may leave their frames in the reading that is offered."""
MIN_MISSED: Final = 50
MISSED_COVERAGE: Final = 0.02
"""With less of the labels covered, predictions are of other frames, sizes or rotations, or the model is useless."""
_WORDS: Final = {"xywh": "x, y, width, height", "xyxy": "two corners", "cxcywh": "centre and size"}
_CODES: Final = {"xywh": "looks_like_sizes", "xyxy": "looks_like_corners", "cxcywh": "looks_like_centres"}


def examine(
    sample: Sequence[ObjectBatch],
    frame_indices: Sequence[np.ndarray],
    facts: FrameFacts,
    classes: ClassJoin,
    role: Role,
    report: ImportReport,
    *,
    labels: Labels | None = None,
    told: Corrections | None = None,
) -> Habits:
    """Look at the first batches of an input; findings go to the report.

    Args:
        sample: the first batches, corrected as told.
        frame_indices: the frame of each of their rows, negative where there is none.
        facts: names and sizes of the frames.
        classes: meets the classes of the input.
        labels: the labels that predictions are for, where there are any.
        told: what the user said of the files.

    Returns:
        What all rows are to be taken for.
    """
    told = told or Corrections()
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # numbers of any size may stand in a file
        return _examine(sample, frame_indices, facts, classes, role, report, labels, told)


def _examine(
    sample: Sequence[ObjectBatch],
    frame_indices: Sequence[np.ndarray],
    facts: FrameFacts,
    classes: ClassJoin,
    role: Role,
    report: ImportReport,
    labels: Labels | None,
    told: Corrections,
) -> Habits:
    is_predicted = role == "predictions"
    boxes = BoxSample.of(sample, frame_indices, facts, told)
    evidence = gather_evidence(boxes, labels if is_predicted else None)
    reading = _reading_of(boxes, evidence, sample)
    correction = reading.correction(boxes.present)
    example = _example(boxes, evidence, reading, sample, facts) if correction else ""
    if correction and "units" not in correction:
        note(report, _code(correction), count=len(boxes), examples=[example], correction=correction)
    elif not correction and _misses_labels(evidence, boxes.present):
        example = f"{100 * evidence.coverage(boxes.present):.0f} % of {len(evidence)} labels are covered (IoU 0.5)"
        note(report, "labels_not_covered", examples=[example])
    if is_predicted:
        _examine_classes(sample, frame_indices, evidence, reading, classes, report)
    units: Units | None = correction.get("units")
    mask_correction = {}
    if is_predicted and not told.rescale and told.network is None:
        mask_correction = explain_mask_size(sample, frame_indices, facts, labels)
    takes_numbers = is_predicted and told.confidence_scale is None
    return Habits(
        in_percent=takes_numbers and habits.is_in_percent(sample),
        looks_like_logits=takes_numbers and habits.are_logits(sample),
        looks_unbounded=takes_numbers and habits.are_unbounded(sample),
        looks_normalised=units == "relative",
        looks_like_pixels=units == "pixels",
        correction=correction,
        mask_correction=mask_correction,
        rescale=told.rescale,
        network=told.network,
    )


def _code(correction: Mapping[str, Any]) -> str:
    """The finding that a correction of boxes goes with."""
    if "network_input" in correction:
        return "looks_like_network_pixels"
    return "looks_swapped" if "swap_xy" in correction else _CODES[correction["box_format"]]


def _reading_of(boxes: BoxSample, evidence: LabelEvidence, sample: Sequence[ObjectBatch]) -> BoxReading:
    """How the numbers should be read; the present way if nothing speaks against it."""
    present = boxes.present
    units = present.units
    if units == "pixels" and habits.look_normalised(sample):
        units = "relative"
    elif units == "relative" and habits.look_like_pixels(sample):
        units = "pixels"
    by_labels = _reading_by_labels(evidence, present)
    if by_labels is not None and by_labels != present:
        return by_labels
    by_network = find_network_input(evidence, present, units)
    if by_network is not None:
        return by_network
    if by_labels is not None and units == present.units:
        return present
    return _reading_by_frames(boxes, units)


def _reading_by_labels(evidence: LabelEvidence, present: BoxReading) -> BoxReading | None:
    """The reading with which predictions lie on labels; None where labels do not tell."""
    if len(evidence) < MIN_COVERED:
        return None
    as_it_stands = evidence.coverage(present)
    if as_it_stands >= MIN_COVERAGE:
        return present
    shares = {reading: evidence.coverage(reading) for reading in all_readings(network=present.network)}
    order = sorted(shares, key=lambda reading: (-shares[reading], reading.distance(present)))
    best, second = order[0], order[1]
    is_enough = shares[best] >= MIN_COVERAGE and shares[best] * len(evidence) >= MIN_COVERED
    if is_enough and shares[best] >= LEAD * as_it_stands and shares[best] >= LEAD_OF_OTHERS * shares[second]:
        return best
    return None


def _reading_by_frames(boxes: BoxSample, units: Units) -> BoxReading:
    """The reading that keeps boxes in their frames, if the present one does not; of several the nearest."""
    boxes = boxes.taken(np.flatnonzero(np.isfinite(boxes.size).all(axis=1)))
    base = replace(boxes.present, units=units)
    misfits = int(boxes.misfits(base).sum())
    if misfits < max(MIN_MISFITS, MISFIT_SHARE * len(boxes)):
        return base
    others = sorted(all_readings([units], boxes.present.network), key=lambda reading: reading.distance(base))
    fitting = [reading for reading in others if boxes.misfits(reading).sum() <= FIT_SHARE * len(boxes)]
    if not fitting:
        return base
    rivals = [reading for reading in fitting if reading.distance(base) == fitting[0].distance(base)]
    return fitting[0] if len(rivals) == 1 else base


def _misses_labels(evidence: LabelEvidence, reading: BoxReading) -> bool:
    """Whether predictions lie nearly everywhere but on labels, of which there are enough to tell."""
    if len(evidence) < MIN_MISSED or len(evidence.predictions) < MIN_MISSED:
        return False
    return evidence.coverage(reading) < MISSED_COVERAGE


def _example(
    boxes: BoxSample, evidence: LabelEvidence, reading: BoxReading, sample: Sequence[ObjectBatch], facts: FrameFacts
) -> str:
    """What speaks for a reading, and the first row that shows it."""
    present = boxes.present
    words = _words(reading, present)
    now, then = evidence.coverage(present), evidence.coverage(reading)
    if then >= MIN_COVERAGE and then > now:
        text = f"{100 * now:.0f} % of {len(evidence)} labels are covered as it stands, {100 * then:.0f} % as {words}"
    else:
        now, then = float(boxes.misfits(present).mean()), float(boxes.misfits(reading).mean())
        text = f"{100 * now:.0f} % of the boxes leave their frames as they stand, {100 * then:.0f} % as {words}"
    shown = np.flatnonzero(boxes.misfits(present))
    row = int(shown[0]) if len(shown) else 0
    batch, place = boxes.origin[row]
    numbers = ", ".join(f"{value:g}" for value in boxes.numbers[row])
    name = facts.file_names[boxes.frame_index[row]]
    width, height = boxes.size[row]
    where = sample[batch].describe_place(int(place))
    return f"{text}; {where}: {numbers} in {name} ({width:g} x {height:g})"


def _words(reading: BoxReading, present: BoxReading) -> str:
    words = _WORDS[reading.box_format] if reading.box_format != present.box_format else ""
    if reading.swap_xy != present.swap_xy:
        words += (" with " if words else "") + "x and y exchanged"
    if reading.units != present.units:
        words += (" in " if words else "") + ("pixels" if reading.units == "pixels" else "fractions of the frame")
    if reading.network != present.network and reading.network is not None:
        words = (words.removesuffix(" of the frame") + ", in " if words else "") + reading.network.words
    return words


def _examine_classes(
    sample: Sequence[ObjectBatch],
    frame_indices: Sequence[np.ndarray],
    evidence: LabelEvidence,
    reading: BoxReading,
    classes: ClassJoin,
    report: ImportReport,
) -> None:
    """Look whether predictions found by class id lie on labels of their class."""
    for batch, index in zip(sample, frame_indices, strict=True):  # in their order, which is that of new classes
        classes.resolve(batch.class_ref[index >= 0], batch.class_ref_is)
    if not classes.rests_on_ids or not len(evidence):
        return
    covering = evidence.covering(reading)
    covered = covering >= 0
    references = evidence.predictions.class_ref[covering[covered]]
    label_class, predicted_class = evidence.label_class[covered], classes.resolve(references, "id")
    texts = [str(value) for value in references]
    explained = explain_ids(
        label_class, predicted_class, texts, classes.source_ids, classes.numbering, classes.seen_ids
    )
    if explained is not None:
        own = float(np.mean(label_class == predicted_class))
        example = (
            f"{100 * own:.0f} % of {len(label_class)} labels are covered by their own class as it stands, "
            f"{100 * explained.share:.0f} % if ids are {explained.words}"
        )
        correction = classes.told_too(explained.correction)
        note(report, "class_ids_shifted", count=len(set(texts)), examples=[example], correction=correction)
        return
    found = disagreements(label_class, predicted_class)
    if found:
        names = classes.names
        examples = [
            f"{covering} of {covered} labels of {names[label]!r} are covered by {names[predicted]!r}"
            for label, predicted, covering, covered in found
        ]
        tokens = dict(zip(predicted_class.tolist(), texts, strict=True))
        pairs = {names[label]: tokens[predicted] for label, predicted, _, _ in found}
        note(report, "classes_disagree", count=len(found), examples=examples, detail=_class_map_text(pairs))


def _class_map_text(found: Mapping[str, str]) -> str:
    """The class map that the evidence speaks for, in a sentence."""
    shown = ", ".join(f"{json.dumps(name)}: {json.dumps(token)}" for name, token in list(found.items())[:5])
    return f"Say which is which with --class-map: a JSON file with {{{shown}{', ...' if len(found) > 5 else ''}}}."
