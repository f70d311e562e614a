"""A facet's number is what choosing it gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.facets import MAX_ATTRIBUTE_VALUES

queries = st.builds(
    FrameQuery,
    prediction_sets=st.sampled_from([(), ("model_a",)]),
    confidence=st.sampled_from([0.0, 0.5, 0.9]),
    label_classes=st.sampled_from([(), ("car",), ("person", "dog")]),
    predicted_classes=st.sampled_from([(), ("person",)]),
    text=st.sampled_from(["", "night"]),
    label_count=st.sampled_from([None, (2, 6)]),
    image=st.sampled_from(["", "ok"]),
    has=st.sampled_from(["", "no_predictions"]),
    attributes=st.sampled_from([(), (("weather", "rain"),), (("camera", "1"), ("camera", "2"))]),
)


@settings(max_examples=40, deadline=None)
@given(query=queries)
def test_each_number_is_what_choosing_gives(project: Any, query: FrameQuery) -> None:
    facets = select_frames(project, query).facets()
    for facet in facets.label_classes:
        alone = select_frames(project, query.with_(label_classes=(facet.name,)))
        assert facet.frames == len(alone)
        assert facet.chosen == (facet.name in query.label_classes)
    for facet in facets.predicted_classes:
        assert facet.frames == len(select_frames(project, query.with_(predicted_classes=(facet.name,))))
    for key, values in facets.attributes.items():
        others = tuple(pair for pair in query.attributes if pair[0] != key)
        for value in values:
            alone = select_frames(project, query.with_(attributes=(*others, (key, value.value))))
            assert value.frames == len(alone)
    for value in facets.image:
        assert value.frames == len(select_frames(project, query.with_(image=value.value)))
    for value in facets.has:
        assert value.frames == len(select_frames(project, query.with_(has=value.value)))


@settings(max_examples=20, deadline=None)
@given(query=queries)
def test_histograms_add_up(project: Any, query: FrameQuery) -> None:
    selection = select_frames(project, query)
    facets = selection.facets()
    assert sum(facets.label_count.counts) == len(select_frames(project, query.with_(label_count=None)))
    assert sum(facets.prediction_count.counts) == len(selection)
    if query.confidence == 0.0:
        shown = sum(count.shown for count in selection.counters.predictions.values())
        assert sum(facets.confidence.counts) == shown
    assert len(facets.confidence.edges) == len(facets.confidence.counts) + 1


def test_objects_are_counted_in_the_frames_that_choosing_leaves(project: Any) -> None:
    facets = select_frames(project, FrameQuery(text="night")).facets()
    for facet in facets.label_classes:
        frames = set(select_frames(project, FrameQuery(text="night", label_classes=(facet.name,))).indices.tolist())
        rows = project.objects("labels", "labels").rows
        assert facet.objects == sum(row["class_id"] == facet.class_id and row["frame_index"] in frames for row in rows)
        assert facet.total == sum(row["class_id"] == facet.class_id for row in rows)


def test_only_keys_with_few_values_are_facets(project: Any) -> None:
    facets = select_frames(project, FrameQuery()).facets()
    assert set(facets.attributes) == {"weather", "camera"}
    assert [value.value for value in facets.attributes["camera"]] == ["0", "1", "2", "3"]


def test_a_chosen_value_stays_on_offer_however_many_there_are(random_project_maker: Any) -> None:
    project = random_project_maker(n_frames=2 * MAX_ATTRIBUTE_VALUES)
    facets = select_frames(project, FrameQuery(attributes=(("note", "n7"),))).facets()
    assert [(value.value, value.frames, value.chosen) for value in facets.attributes["note"]] == [("n7", 1, True)]


@pytest.mark.parametrize(("highest", "bins", "width"), [(0, 1, 1), (5, 6, 1), (23, 24, 1), (24, 13, 2), (100, 21, 5)])
def test_count_bins_are_whole_numbers_wide(project_maker: Any, highest: int, bins: int, width: int) -> None:
    rows = [{"frame_index": 0, "class_id": 0, "x": 0.0, "y": 0.0, "w": 1.0, "h": 1.0}] * highest
    histogram = select_frames(project_maker([{}, {}], {("labels", "labels"): rows}), FrameQuery()).facets().label_count
    assert len(histogram.counts) == bins
    assert histogram.edges[1] - histogram.edges[0] == width
    assert histogram.edges[-1] > highest
    assert sum(histogram.counts) == 2


def test_the_video_of_a_frame_is_a_facet(project_maker: Any) -> None:
    project = project_maker([{"sequence": "a"}, {"sequence": "b"}, {"sequence": "b"}, {}], {})
    values = select_frames(project, FrameQuery()).facets().attributes["sequence"]
    assert [(value.value, value.frames) for value in values] == [("a", 1), ("b", 2)]
    assert select_frames(project, FrameQuery(attributes=(("sequence", "b"),))).indices.tolist() == [1, 2]
