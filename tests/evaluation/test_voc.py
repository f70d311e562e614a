"""Pascal VOC's average precision against its rules written out one prediction at a time, and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope import InputError
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.voc import VocProtocol
from predscope.schema import ObjectClass
from tests.evaluation.problems import Problem, make_problem, problems


def detection(problem: Problem) -> Detection:
    return Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)


def overlap(own: np.ndarray, label: np.ndarray, extra: float) -> float:
    """Of boxes x, y, w, h that are ``extra`` pixels wider than that; as the development kit reckons with corners."""
    left, top = max(own[0], label[0]), max(own[1], label[1])
    right, bottom = min(own[0] + own[2], label[0] + label[2]), min(own[1] + own[3], label[1] + label[3])
    width, height = right - left + extra, bottom - top + extra
    if width <= 0 or height <= 0:
        return 0.0
    areas = (own[2] + extra) * (own[3] + extra) + (label[2] + extra) * (label[3] + extra)
    return width * height / (areas - width * height)


def devkit(problem: Problem, class_id: int, iou_threshold: float, extra: float, eleven: bool) -> float:
    """``VOCevaldet`` for one class: NaN without labels to be found."""
    labels, predictions = problem.labels, problem.predictions
    to_find = int(((labels.class_id == class_id) & ~labels.is_ignored).sum())
    if not to_find:
        return np.nan
    rows = np.flatnonzero(predictions.class_id == class_id)
    rows = rows[np.argsort(-predictions.confidence[rows], kind="stable")]
    detected, tp, fp = set(), [], []
    for row in rows.tolist():
        best, found = -np.inf, -1
        for label in np.flatnonzero((labels.class_id == class_id) & (labels.frame == predictions.frame[row])).tolist():
            iou = overlap(predictions.box[row], labels.box[label], extra)
            if iou > best:
                best, found = iou, label
        hit = missed = 0
        if best >= iou_threshold:
            if not labels.is_ignored[found]:
                hit, missed = (0, 1) if found in detected else (1, 0)
                detected.add(found)
        else:
            missed = 1
        tp.append(hit)
        fp.append(missed)
    right, wrong = np.cumsum(tp), np.cumsum(fp)
    recall = right / to_find
    with np.errstate(invalid="ignore"):
        precision = right / (right + wrong)
    if eleven:
        reached = [precision[recall >= at] for at in np.linspace(0, 1, 11)]
        return float(np.mean([np.nanmax(part) if (part == part).any() else 0.0 for part in reached]))
    recall = np.concatenate([[0], recall, [1]])
    precision = np.nan_to_num(np.concatenate([[0], precision, [0]]))
    for place in range(len(precision) - 2, -1, -1):
        precision[place] = max(precision[place], precision[place + 1])
    steps = np.flatnonzero(recall[1:] != recall[:-1]) + 1
    return float(((recall[steps] - recall[steps - 1]) * precision[steps]).sum())


@settings(max_examples=120, deadline=None)
@given(problems(ignored=True), st.sampled_from([0.05, 0.3, 0.5, 0.75]), st.booleans(), st.booleans())
def test_equal_to_the_development_kit(problem: Problem, iou_threshold: float, plus_one: bool, eleven: bool) -> None:
    plain = np.zeros(len(problem.labels), bool)  # the kit knows difficult labels, and no crowds
    problem = replace(problem, labels=replace(problem.labels, is_crowd=plain))
    protocol = VocProtocol.ELEVEN_POINTS if eleven else VocProtocol.AREA
    ours = detection(problem).voc(iou_threshold, protocol=protocol, plus_one=plus_one)
    expected = [devkit(problem, entry.class_id, iou_threshold, float(plus_one), eleven) for entry in problem.classes]
    np.testing.assert_allclose(ours.average_precision, expected, rtol=0, atol=1e-12)
    with_labels = [value for value in expected if not np.isnan(value)]
    assert ours.mean == pytest.approx(np.mean(with_labels) if with_labels else np.nan, nan_ok=True)


@pytest.fixture
def by_hand() -> Detection:
    """Two labels to be found and a difficult one; predictions by falling confidence: hit, repeat, on the difficult
    one, nowhere, hit.
    """
    labels = Objects.from_arrays(
        np.array([0, 0, 1]),
        np.zeros(3, int),
        np.array([[0, 0, 10, 10], [12, 0, 10, 10], [0, 0, 10, 10.0]]),
        is_ignored=np.array([False, True, False]),
    )
    boxes = [[0, 0, 10, 10], [0, 1, 10, 10], [12, 0, 10, 10], [50, 50, 10, 10], [0, 0, 10, 9]]
    predictions = Objects.from_arrays(
        np.array([0, 0, 0, 0, 1]),
        np.zeros(5, int),
        np.array(boxes, float),
        confidence=np.array([0.9, 0.8, 0.7, 0.6, 0.5]),
    )
    return Detection(labels, predictions, (ObjectClass(0, "car"), ObjectClass(1, "bus")), frame_count=2)


def test_a_case_by_hand(by_hand: Detection) -> None:
    """Precision 1 at recall 1/2, then 1/2 at recall 1: the area is 3/4; of 11 points six see 1 and five see 1/2."""
    area = by_hand.voc()
    assert area.average_precision[0] == pytest.approx(0.75)
    assert (area.tp[0], area.fp[0], area.label_count[0]) == (2, 2, 2)
    assert area.curves[0].precision.tolist() == [1, 0.5, pytest.approx(1 / 3), 0.5]
    assert area.curves[0].recall.tolist() == [0.5, 0.5, 0.5, 1]
    assert np.isnan(area.average_precision[1])
    assert area.mean == pytest.approx(0.75)
    assert area.to_pandas().loc[0, "AP"] == pytest.approx(0.75)
    eleven = by_hand.voc(protocol=VocProtocol.ELEVEN_POINTS)
    assert eleven.average_precision[0] == pytest.approx((6 * 1 + 5 * 0.5) / 11)


def test_a_taken_label_is_not_given_up_for_the_next() -> None:
    """COCO would give the second prediction the label that it overlaps less; VOC does not."""
    boxes = np.array([[0, 0, 10, 10], [2, 0, 10, 10.0]])
    labels = Objects.from_arrays(np.zeros(2, int), np.zeros(2, int), boxes)
    near = np.array([[0, 0, 10, 10], [0.5, 0, 10, 10.0]])
    predictions = Objects.from_arrays(np.zeros(2, int), np.zeros(2, int), near, confidence=np.array([0.9, 0.8]))
    found = Detection(labels, predictions, (ObjectClass(0, "car"),), frame_count=1)
    assert found.operating_point(0, 0.5).micro.tp == 2
    assert (found.voc().tp[0], found.voc().fp[0]) == (1, 1)


def test_the_far_side_of_the_last_pixel() -> None:
    """Side by side in pixels 0 to 9 and 10 to 19: apart, unless the last pixel belongs to the box."""
    labels = Objects.from_arrays(np.array([0]), np.array([0]), np.array([[0, 0, 9, 9.0]]))
    predictions = Objects.from_arrays(
        np.array([0]), np.array([0]), np.array([[0, 4, 9, 9.0]]), confidence=np.array([0.9])
    )
    found = Detection(labels, predictions, (ObjectClass(0, "car"),), frame_count=1)
    assert found.voc(0.4).mean == 0, "5 of 13 rows"
    assert found.voc(0.4, plus_one=True).mean == 1, "6 of 14 rows"


def test_wrong_arguments_are_explained() -> None:
    problem = make_problem(1)
    with pytest.raises(InputError, match="IoU threshold must be"):
        detection(problem).voc(0)
    masks = Detection(problem.labels, problem.predictions, problem.classes, frame_count=6, iou_type=IouType.ORIENTED)
    with pytest.raises(InputError, match="plain boxes only"):
        masks.voc(plus_one=True)
