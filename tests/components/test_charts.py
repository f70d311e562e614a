"""Charts: what is drawn, what a click reports, and what a reader is told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from components.charts.confusion_matrix import cell_in_words, choose_order, confusion_matrix_chart
from components.charts.curves import CurveLine, precision_recall_chart
from components.charts.reliability import reliability_chart
from components.charts.style import mix, plain

NAMES = ["cat", "dog", "<b>cow</b>", "unseen", "background"]
COUNTS = pd.DataFrame(
    [[9, 0, 1, 0, 2], [3, 5, 0, 0, 0], [0, 0, 4, 0, 1], [0, 0, 0, 0, 0], [1, 0, 20, 0, 0]], index=NAMES, columns=NAMES
)


def links(figure) -> dict[tuple[str, str], str]:
    """Hover texts of the clickable marks, by what they report."""
    trace = figure.data[-1]
    return {tuple(cell): text for cell, text in zip(trace.customdata, trace.text, strict=True)}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("by", ["counts", "recall", "precision"])
def test_every_filled_cell_of_the_matrix_is_a_link(by: str, dark: bool) -> None:
    shown = COUNTS if by == "counts" else COUNTS / COUNTS.sum(axis=1 if by == "recall" else 0).max()
    figure = confusion_matrix_chart(COUNTS, shown, by, dark=dark)
    row, column = np.nonzero(COUNTS.to_numpy())
    assert set(links(figure)) == {(NAMES[i], NAMES[j]) for i, j in zip(row, column, strict=True)}
    numbers = figure.data[-2]
    assert len(numbers.text) == len(row)
    json.loads(figure.to_json())


def test_the_numbers_in_the_cells_are_the_counts() -> None:
    figure = confusion_matrix_chart(COUNTS, COUNTS)
    numbers, marks = figure.data[-2], figure.data[-1]
    by_cell = dict(zip(map(tuple, marks.customdata), numbers.text, strict=True))
    assert by_cell[("cat", "cat")] == "9"
    assert by_cell[("background", "<b>cow</b>")] == "20"
    assert list(numbers.x) == list(marks.x)
    assert list(numbers.y) == list(marks.y)


def test_a_single_confusion_stands_out_beside_many_matches() -> None:
    """Each kind of cell has its own scale: one confusion among thousands of matches is drawn in full colour."""
    counts = COUNTS.copy()
    counts.iloc[0, 0] = 10_000
    counts.iloc[1, 0] = 0
    scales = [trace.zmax for trace in confusion_matrix_chart(counts, counts).data if trace.type == "heatmap"]
    assert scales == pytest.approx(np.log1p([10_000, 1, 2, 20]).tolist())


def test_the_background_stands_apart() -> None:
    places = confusion_matrix_chart(COUNTS, COUNTS).layout.xaxis.tickvals
    assert places[-1] - places[-2] > places[1] - places[0]


def test_names_are_text_and_not_markup() -> None:
    figure = confusion_matrix_chart(COUNTS, COUNTS)
    assert "&lt;b&gt;cow&lt;/b&gt;" in figure.layout.xaxis.ticktext
    assert "&lt;b&gt;cow" in links(figure)[("<b>cow</b>", "<b>cow</b>")]
    assert plain("a<b>&c") == "a&lt;b&gt;&amp;c"


def test_cells_say_what_they_count() -> None:
    assert "3</b> labels of dog predicted as cat" in cell_in_words(COUNTS, 1, 0)
    assert "9</b> labels of cat found" in cell_in_words(COUNTS, 0, 0)
    assert "2</b> labels of cat that nothing" in cell_in_words(COUNTS, 0, 4)
    assert "1</b> prediction of cat with no label" in cell_in_words(COUNTS, 4, 0)


def test_orders_of_classes() -> None:
    assert choose_order(COUNTS, "confusions") == [0, 1, 2], "cat 4, dog 3, cow 1; a class without any is left out"
    assert choose_order(COUNTS, "labels") == [0, 1, 2]
    assert choose_order(COUNTS, "name") == [2, 0, 1]


def test_an_empty_matrix_can_be_drawn() -> None:
    nothing = pd.DataFrame([[0, 0], [0, 0]], index=["cat", "background"], columns=["cat", "background"])
    assert choose_order(nothing, "confusions") == []
    json.loads(confusion_matrix_chart(nothing, nothing).to_json())


CURVE = pd.DataFrame(
    {
        "confidence": [0.9, 0.5, 0.1],
        "precision": [1.0, 0.8, 0.5],
        "recall": [0.2, 0.6, 0.7],
        "f1": [0.33, 0.69, 0.58],
    }
)


def test_points_of_a_curve_report_their_confidence() -> None:
    lines = [CurveLine("all classes", "#0072B2", CURVE), CurveLine("<i>cat", "#E69F00", CURVE)]
    figure = precision_recall_chart(lines, (0.6, 0.8), "confidence ≥ .50")
    targets = [trace for trace in figure.data if trace.customdata is not None]
    assert [list(trace.customdata) for trace in targets] == [[0.9, 0.5, 0.1]] * 2
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((-0.015, 1.03),) * 2
    texts = [note.text for note in figure.layout.annotations]
    assert "● confidence ≥ .50" in texts
    assert "<b>&lt;i&gt;cat</b>" in texts


def test_no_operating_point_where_there_is_no_precision() -> None:
    line = [CurveLine("all classes", "#0072B2", CURVE)]
    with_point = precision_recall_chart(line, (0.6, 0.8), "here")
    without = precision_recall_chart(line, (0.0, np.nan), "here")
    assert len(with_point.data) == len(without.data) + 1


@pytest.mark.parametrize(
    ("cell", "frame"),
    [
        (("cat", "dog"), (0.5, 1.5, -0.5, 0.5)),
        (("background", None), (-0.5, 4.8, 3.8, 4.8)),
        ((None, "cat"), (-0.5, 0.5, -0.5, 4.8)),
        (("gone", "cat"), None),
    ],
)
def test_what_is_chosen_is_framed(cell: tuple[str | None, str | None], frame: tuple[float, ...] | None) -> None:
    before = len(confusion_matrix_chart(COUNTS, COUNTS).layout.shapes)
    shapes = confusion_matrix_chart(COUNTS, COUNTS, cell=cell).layout.shapes[before:]
    expected = [] if frame is None else [pytest.approx(frame)]
    assert [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in shapes] == expected


def test_the_reliability_diagram_has_its_intervals_and_counts() -> None:
    bins = pd.DataFrame(
        {
            "low": [0.0, 0.9],
            "high": [0.1, 1.0],
            "count": [10, 40],
            "confidence": [0.05, 0.95],
            "precision": [0.1, 0.9],
            "precision_low": [0.02, 0.77],
            "precision_high": [0.4, 0.96],
        }
    )
    figure = reliability_chart(bins)
    rates, counts, *doors = (trace for trace in figure.data if trace.type == "bar")
    assert list(counts.y) == [10, 40]
    assert list(counts.text) == ["10", "40"]
    assert {door.yaxis for door in doors} == {"y", "y2"}
    for door in json.loads(figure.to_json())["data"][-2:]:
        assert [facts[:3] for facts in door["customdata"]] == [[0.0, 0.1, 10], [0.9, 1.0, 40]], "lists, also in a click"
    assert all(min(door.y) >= 1 for door in doors), "as high as the plot: they can be hit where the bar is small"
    assert list(rates.error_y.array) == pytest.approx([0.3, 0.06])
    assert list(rates.error_y.arrayminus) == pytest.approx([0.08, 0.13])


def test_mixed_colours() -> None:
    assert mix("#000000", "#FFFFFF", 0) == "#000000"
    assert mix("#000000", "#FFFFFF", 1) == "#FFFFFF"
    assert mix("#102030", "#304050", 0.5) == "#203040"
