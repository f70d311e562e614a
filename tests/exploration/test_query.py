"""Queries and the links that carry them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.exploration import SORTS, FrameQuery, active_filters, without_filters
from predscope.exploration.query import ABSENCES, IMAGE_STATES, clean_text, parse_range

CLASS_NAMES = ["car", "person", "dog", "traffic light", "Bus"]

count_ranges = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 50), st.none()),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))),
)
subsets = st.lists(st.sampled_from(CLASS_NAMES), unique=True).map(tuple)
queries = st.builds(
    FrameQuery,
    label_set=st.sampled_from([None, "labels"]),
    prediction_sets=st.sampled_from([(), ("model_a",), ("model_b", "model_a")]),
    confidence=st.floats(0, 1).map(lambda value: round(value, 6)),
    label_classes=subsets,
    predicted_classes=subsets,
    text=st.text(max_size=40).map(clean_text),
    label_count=count_ranges,
    prediction_count=count_ranges,
    image=st.sampled_from(["", *IMAGE_STATES]),
    has=st.sampled_from(["", *ABSENCES]),
    attributes=st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), unique=True).map(tuple),
    sort=st.sampled_from(list(SORTS)),
    descending=st.booleans(),
)


@given(query=queries)
def test_a_query_survives_its_link(project: Any, query: FrameQuery) -> None:
    parameters = query.to_params()
    assert FrameQuery.from_params(parameters, project) == query
    through_address = parse_qs(urlencode(parameters, doseq=True), keep_blank_values=True)
    assert FrameQuery.from_params(through_address, project) == query


@given(
    parameters=st.dictionaries(
        st.sampled_from(
            [
                "labels",
                "model",
                "conf",
                "label",
                "pred",
                "q",
                "n_labels",
                "n_preds",
                "image",
                "has",
                "meta",
                "sort",
                "z",
            ]
        ),
        st.one_of(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=3)),
    )
)
def test_rubbish_never_raises_and_what_is_left_is_a_query(project: Any, parameters: dict[str, Any]) -> None:
    query = FrameQuery.from_params(parameters, project)
    assert FrameQuery.from_params(query.to_params(), project) == query
    assert FrameQuery.from_params(query.to_params(), project).ignored == ()


def test_defaults_stay_out_of_the_link(project: Any) -> None:
    assert FrameQuery.of(project).to_params() == {}
    assert FrameQuery.of(project).is_unfiltered


def test_the_link_is_readable() -> None:
    query = FrameQuery(
        confidence=0.5,
        label_classes=("car",),
        predicted_classes=("Bus", "dog"),
        label_count=(2, None),
        prediction_count=(3, 3),
        attributes=(("time of day", "night"),),
        sort="difference",
        descending=True,
    )
    assert query.to_params() == {
        "conf": "0.5",
        "label": ["car"],
        "pred": ["Bus", "dog"],
        "n_labels": "2..",
        "n_preds": "3",
        "meta": ["time of day:night"],
        "sort": "-difference",
    }


def test_the_projects_own_confidence_is_the_default(random_project_maker: Any) -> None:
    project = random_project_maker(n_frames=3, confidence=0.3)
    query = FrameQuery.of(project)
    assert query.confidence == 0.3
    assert query.to_params() == {}
    everything = query.with_(confidence=0.0)
    assert everything.to_params() == {"conf": "0"}
    assert FrameQuery.from_params({"conf": "0"}, project).confidence == 0.0
    assert [active.text for active in active_filters(everything)] == ["any confidence"]


@pytest.mark.parametrize(
    ("name", "value", "noun"),
    [
        ("label", "zebra", "label class “zebra”"),
        ("pred", ["zebra"], "predicted class “zebra”"),
        ("model", "model_z", "prediction set “model_z”"),
        ("labels", "other", "label set “other”"),
        ("conf", "1.5", "confidence “1.5”"),
        ("conf", "nan", "confidence “nan”"),
        ("n_labels", "5..2", "number of labels “5..2”"),
        ("n_preds", "-1", "number of predictions “-1”"),
        ("image", "blurred", "image state “blurred”"),
        ("has", "everything", "filter “everything”"),
        ("sort", "beauty", "sort “beauty”"),
        ("meta", "weather", "metadata filter “weather”"),
    ],
)
def test_what_makes_no_sense_is_named(project: Any, name: str, value: Any, noun: str) -> None:
    query = FrameQuery.from_params({name: value, "q": "night"}, project)
    assert query.ignored == (noun,)
    assert query == FrameQuery(text="night")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2..10", (2, 10)), ("2..", (2, None)), ("..10", (0, 10)), ("4", (4, 4)), ("", None), ("..", None), ("x", None)],
)
def test_ranges(text: str, expected: Any) -> None:
    assert parse_range(text) == expected


@given(query=queries)
def test_removing_every_filter_one_by_one_leaves_none(query: FrameQuery) -> None:
    steps = 0
    while filters := active_filters(query):
        assert len({active.key for active in filters}) == len(filters)
        query = filters[0].without
        steps += 1
        assert steps < 60
    assert query.is_unfiltered
    assert query == without_filters(query)


def test_filters_in_words() -> None:
    query = FrameQuery(
        confidence=0.5,
        label_classes=("motorbike",),
        predicted_classes=("bicycle",),
        text="night",
        label_count=(0, 4),
        prediction_count=(1, 1),
        image="missing",
        has="no_labels",
        attributes=(("weather", "rain"),),
    )
    assert [active.text for active in active_filters(query)] == [
        "“night”",
        "confidence ≥ .50",
        "label: motorbike",
        "prediction: bicycle",
        "at most 4 labels",
        "1 prediction",
        "image missing",
        "no labels",
        "weather: rain",
    ]
