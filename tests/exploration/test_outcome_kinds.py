"""Frames by what became of their objects: counted one by one, filtered, sorted and told on tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from predscope.evaluation.match_table import Outcome, Reason
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.kind_counts import KindCounts, OutcomeCodes
from predscope.exploration.outcome_kinds import KIND_WORDS, OUTCOME_WORDS
from predscope.exploration.outcomes import match_table
from predscope.exploration.tiles import query_layers, tile_records

POINT = {"confidence": 0.3, "iou": 0.4}


def one_by_one(project: Any, prediction_set: str) -> dict[str, np.ndarray]:
    """Objects of each kind by frame, counted from the table's rows."""
    table = match_table(project, prediction_set, **POINT)
    counts = {kind: np.zeros(len(project.frames), int) for kind in KIND_WORDS}
    names = dict(zip([Outcome(1), Outcome(2), Outcome(3), Outcome(4)], OUTCOME_WORDS, strict=True))
    for frame, outcome, reason in zip(table.predictions.frame, table.outcome, table.reason, strict=True):
        if outcome != Outcome.LEFT_OUT:
            counts[names[Outcome(outcome)]][frame] += 1
        if reason != Reason.NONE:
            counts[Reason(reason).name.lower()][frame] += 1
    for frame, outcome in zip(table.labels.frame, table.label_outcome, strict=True):
        counts["fn"][frame] += outcome == Outcome.FALSE_NEGATIVE
    return counts


def test_kinds_are_counted_by_frame(project: Any) -> None:
    expected = one_by_one(project, "model_b")
    found = KindCounts.of(match_table(project, "model_b", **POINT), len(project.frames))
    for kind in KIND_WORDS:
        assert found[kind].tolist() == expected[kind].tolist(), kind
    assert sum(expected["fp"]) == sum(sum(expected[reason]) for reason in list(KIND_WORDS)[4:])


def test_a_kind_selects_the_frames_that_have_it_and_any_of_several_suffices(project: Any) -> None:
    expected = one_by_one(project, "model_b")
    query = FrameQuery(prediction_sets=("model_b",), **POINT)
    facets = {facet.value: facet.frames for facet in select_frames(project, query).facets().kinds}
    for kind in KIND_WORDS:
        chosen = select_frames(project, query.with_(kinds=(kind,)))
        assert chosen.indices.tolist() == np.flatnonzero(expected[kind]).tolist()
        assert facets[kind] == len(chosen)
    both = select_frames(project, query.with_(kinds=("localisation", "background")))
    assert both.indices.tolist() == np.flatnonzero(expected["localisation"] + expected["background"]).tolist()
    assert {facet.value: facet.frames for facet in both.facets().kinds} == facets, "counted without themselves"


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_rates_of_frames_are_sorted_and_said(project: Any, name: str) -> None:
    counts = one_by_one(project, "model_b")
    tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
    part, whole = {"precision": (tp, tp + fp), "recall": (tp, tp + fn), "f1": (2 * tp, 2 * tp + fp + fn)}[name]
    selection = select_frames(project, FrameQuery(prediction_sets=("model_b",), sort=name, **POINT))
    rates = [part[index] / whole[index] for index in selection.indices if whole[index]]
    assert selection.values[: len(rates)].tolist() == rates == sorted(rates)
    assert np.isnan(selection.values[len(rates) :]).all(), "frames without any come last"
    assert selection.value_in_words(0).split(" ")[0].lower() == name


def test_a_badge_says_what_the_tile_draws(project: Any) -> None:
    query = FrameQuery(prediction_sets=("model_a",), **POINT)
    selection, layers = select_frames(project, query), query_layers(project, query)
    tiles = tile_records(project, layers, selection, slice(0, 60), lambda *_: "", lambda *_: "")
    assert {"no errors", ""} & {tile["badge"] for tile in tiles}
    for tile in tiles:
        assert tile["more"] == 0
        codes = [entry[5] >> 2 for entry in tile["objects"]]
        words = [f"{codes.count(3)} missed" if 3 in codes else "", f"{codes.count(2)} false" if 2 in codes else ""]
        assert tile["badge"] == (", ".join(filter(None, words)) or ("no errors" if 1 in codes else ""))


def test_two_models_on_a_tile_have_no_errors_in_common(project: Any) -> None:
    query = FrameQuery(**POINT)
    tiles = tile_records(
        project, query_layers(project, query), select_frames(project, query), slice(0, 60), lambda *_: "", lambda *_: ""
    )
    assert {tile["badge"] for tile in tiles} == {""}
    coded = {entry[1] for tile in tiles for entry in tile["objects"] if entry[5] >> 2}
    assert coded == {0, 1}, "the outcomes of the first model only"


def test_codes_of_rows_that_were_not_compared(project: Any) -> None:
    codes = OutcomeCodes(match_table(project, "model_a", **POINT))
    n_rows = project.objects("predictions", "model_a").count
    assert codes.of_rows("predictions", np.array([n_rows + 5])).tolist() == [0]
    below = np.flatnonzero(codes.table.predictions.confidence < POINT["confidence"])[:1]
    assert codes.of_rows("predictions", codes.table.predictions.row[below]).tolist() == [0]


def test_a_link_with_kinds(project: Any) -> None:
    query = FrameQuery.of(project).with_(kinds=("fp", "duplicate"))
    assert query.to_params()["kind"] == ["fp", "duplicate"]
    again = FrameQuery.from_params({"kind": ["fp", "duplicate", "lost"]}, project)
    assert again == query
    assert again.ignored == ("kind of outcome “lost”",)
    assert query.needs_outcomes
    assert not query.is_unfiltered
