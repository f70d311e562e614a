"""Questions about objects: links, conditions in words, and tolerance."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import Reason
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import (
    OUTCOME_WORDS,
    REASON_WORDS,
    ObjectQuery,
    active_object_filters,
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
    outcomes=st.lists(st.sampled_from(list(OUTCOME_WORDS)), unique=True).map(tuple),
    reasons=st.lists(st.sampled_from(list(REASON_WORDS)), unique=True).map(tuple),
    label_class=st.none() | names,
    predicted_class=st.none() | names,
    klass=st.none() | st.sampled_from(AWKWARD[:-1]),
    sort=st.sampled_from(["confidence", "iou", "size"]),
    descending=st.booleans(),
    prediction_set=st.sampled_from(["m", "other one"]),
    frames=st.sampled_from(
        [FrameQuery(), FrameQuery(confidence=0.25, iou=0.75), FrameQuery(text="night", missed_count=(2, None))]
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
            "cell": "car~ship",
            "class": "ship",
            "osort": "-weight",
            "iou": "7",
        },
        awkward,
    )
    assert query is not None
    assert query == ObjectQuery(FrameQuery(), "m", outcomes=("fp",))
    assert query.ignored == (
        *("prediction set “gone”", "class “ship”", "cell “car~ship”", "sort “-weight”"),
        *("outcome “maybe”", "reason “bad luck”"),
    )
    assert query.frames.ignored == ("IoU “7”",)


def test_without_labels_or_predictions_there_is_no_question(project_maker: Any) -> None:
    assert ObjectQuery.from_params({"set": "m"}, project_maker([{}], {("predictions", "m"): []})) is None
    assert ObjectQuery.of(project_maker([{}], {("labels", "labels"): []})) is None


def test_conditions_in_words_and_without_them() -> None:
    query = ObjectQuery(
        FrameQuery(confidence=0.5, iou=0.75),
        "m",
        outcomes=("fp",),
        reasons=("duplicate",),
        label_class="motorbike",
        predicted_class="bicycle",
        klass="bicycle",
        sort="iou",
    )
    filters = active_object_filters(query)
    assert [active.text for active in filters] == [
        "false positives",
        "duplicate",
        "label: motorbike × prediction: bicycle",
        "class: bicycle",
        "confidence ≥ .50",
        "IoU ≥ .75",
    ]
    left = query
    for place in range(len(filters)):
        left = active_object_filters(left)[0].without
        assert len(active_object_filters(left)) == len(filters) - place - 1
    assert left == without_object_filters(query) == ObjectQuery(FrameQuery(), "m", sort="iou")
