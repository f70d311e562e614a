"""Questions about objects: links, conditions in words, and tolerance."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import Reason
from predscope.evaluation.tide import ErrorType
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import (
    ERROR_WORDS,
    OBJECT_OUTCOMES,
    REASON_WORDS,
    ObjectQuery,
    active_object_filters,
    kind_in_words,
    parse_confidence_range,
    without_object_filters,
)

AWKWARD = ("car", "a~b", "50%", "per cent%7E", "x & y=z", BACKGROUND)
names = st.sampled_from(AWKWARD)


@pytest.fixture(scope="module")
def awkward(project_maker: Any) -> Any:
    return project_maker(
        [{}],
        {("labels", "labels"): [], ("predictions", "m"): [], ("predictions", "other one"): []},
        classes=AWKWARD[:-1],
    )


@given(
    outcomes=st.lists(st.sampled_from(list(OBJECT_OUTCOMES)), unique=True).map(tuple),
    reasons=st.lists(st.sampled_from(list(REASON_WORDS)), unique=True).map(tuple),
    errors=st.lists(st.sampled_from(list(ERROR_WORDS)), unique=True).map(tuple),
    confused=st.booleans(),
    confidence_range=st.none()
    | st.tuples(st.floats(0, 0.5), st.none() | st.floats(0.5, 1))
    .map(lambda limits: (float(f"{limits[0]:.12g}"), limits[1] and float(f"{limits[1]:.12g}")))
    .filter(lambda limits: limits[0] != limits[1]),
    label_class=st.none() | names,
    predicted_class=st.none() | names,
    klass=st.none() | st.sampled_from(AWKWARD[:-1]),
    by_place=st.booleans(),
    sort=st.sampled_from(["confidence", "iou", "size"]),
    descending=st.booleans(),
    prediction_set=st.sampled_from(["m", "other one"]),
    frames=st.sampled_from(
        [
            FrameQuery(),
            FrameQuery(confidence=0.25, iou=0.75, by="segm"),
            FrameQuery(text="night", missed_count=(2, None)),
        ]
    ),
)
def test_a_link_gives_the_query_again(awkward: Any, **fields: Any) -> None:
    query = ObjectQuery(**fields)
    link = urlencode(query.to_params(), doseq=True)
    again = ObjectQuery.from_params(parse_qs(link), awkward)
    assert again == query
    assert again is not None
    assert again.ignored == ()


def test_reasons_are_those_of_the_evaluation() -> None:
    assert set(REASON_WORDS) == {reason.name.lower() for reason in Reason if reason is not Reason.NONE}


def test_what_makes_no_sense_is_named(awkward: Any) -> None:
    query = ObjectQuery.from_params(
        {
            "set": "gone",
            "outcome": ["fp", "maybe"],
            "reason": "bad luck",
            "tide": ["loc", "ebb"],
            "confused": "yes",
            "score": ".5...3",
            "by": "weight",
            "cell": "car~ship",
            "match": "smell",
            "class": "ship",
            "osort": "-weight",
            "iou": "7",
        },
        awkward,
    )
    assert query is not None
    assert query == ObjectQuery(FrameQuery(), "m", outcomes=("fp",), errors=("loc",))
    assert query.ignored == (
        *(
            "prediction set “gone”",
            "class “ship”",
            "cell “car~ship”",
            "confused “yes”",
            "matching “smell”",
            "confidences “.5...3”",
        ),
        *("sort “-weight”", "outcome “maybe”", "reason “bad luck”", "error “ebb”"),
    )
    assert query.frames.ignored == ("IoU “7”", "comparison “weight”")


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (".3...4", (0.3, 0.4)),
        ("0.3..0.4", (0.3, 0.4)),
        ("..1", (0.0, 1.0)),
        (".95..", (0.95, None)),
        ("1e-05..1", (1e-5, 1.0)),
        *((wrong, None) for wrong in ("", "..", ".3", ".4...3", ".3...3", "a..b", "-1..1", ".3..4.", "nan..1")),
    ],
)
def test_ranges_of_confidence(text: str, limits: Any) -> None:
    assert parse_confidence_range(text) == limits


def test_errors_are_those_of_tide() -> None:
    assert set(ERROR_WORDS) == {kind.name.lower() for kind in ErrorType if kind is not ErrorType.NONE}


def test_without_labels_or_predictions_there_is_no_question(project_maker: Any) -> None:
    assert ObjectQuery.from_params({"set": "m"}, project_maker([{}], {("predictions", "m"): []})) is None
    assert ObjectQuery.of(project_maker([{}], {("labels", "labels"): []})) is None


def test_conditions_in_words_and_without_them() -> None:
    query = ObjectQuery(
        FrameQuery(confidence=0.5, iou=0.75, by="segm"),
        "m",
        outcomes=("fp",),
        reasons=("duplicate",),
        errors=("dupe", "loc"),
        confused=True,
        confidence_range=(0.3, 0.4),
        label_class="motorbike",
        predicted_class="bicycle",
        klass="bicycle",
        sort="iou",
    )
    filters = active_object_filters(query)
    assert [active.text for active in filters] == [
        "false positives",
        "duplicate",
        "error: duplicate",
        "error: localisation",
        "confused pairs only",
        "confidence .30 to .40",
        "label: motorbike × prediction: bicycle",
        "class: bicycle",
        "confidence ≥ .50",
        "IoU ≥ .75",
        "compared by masks",
    ]
    left = query
    for place in range(len(filters)):
        left = active_object_filters(left)[0].without
        assert len(active_object_filters(left)) == len(filters) - place - 1
    assert left == without_object_filters(query) == ObjectQuery(FrameQuery(), "m", sort="iou")


@pytest.mark.parametrize(
    ("fields", "kind", "rest"),
    [
        ({}, "object", ()),
        ({"outcomes": ("fp",)}, "false positive", ()),
        ({"outcomes": ("fn",), "klass": "car"}, "false negative", ("class: car",)),
        ({"outcomes": ("fp", "fn")}, "object", ("false positives", "false negatives")),
        ({"outcomes": ("fp",), "reasons": ("localisation",)}, "false positive (poorly placed)", ()),
        ({"outcomes": ("fp",), "errors": ("loc",)}, "localisation error", ("false positives",)),
        ({"errors": ("miss",)}, "missed label", ()),
        ({"errors": ("cls", "loc")}, "object", ("error: wrong class", "error: localisation")),
        ({"confused": True}, "confused pair", ()),
        ({"outcomes": ("fn",), "confused": True}, "false negative", ("confused pairs only",)),
        ({"confidence_range": (0.9, None)}, "object", ("confidence .90 or more",)),
    ],
)
def test_what_one_of_them_is_called(fields: Any, kind: str, rest: tuple[str, ...]) -> None:
    assert kind_in_words(ObjectQuery(FrameQuery(), "m", **fields)) == (kind, rest)
