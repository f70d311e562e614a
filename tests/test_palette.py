"""Colours: well separated, stable, valid."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from predscope.palette import CLASS_COLORS, OUTCOME_COLORS, class_color, prediction_set_color, to_bgr, to_hex


def test_there_are_at_least_twenty_class_colours_and_no_two_are_close() -> None:
    assert len(CLASS_COLORS) >= 20
    for first, second in itertools.combinations(CLASS_COLORS, 2):
        distance = np.linalg.norm(np.subtract(to_bgr(first), to_bgr(second)))
        assert distance > 28, f"{first} and {second} are hard to tell apart"


@pytest.mark.parametrize("class_id", [0, 23, 24, 25, 79, 1229])
def test_every_class_has_a_valid_colour_that_depends_on_its_id_alone(class_id: int) -> None:
    assert re.fullmatch(r"#[0-9A-F]{6}", class_color(class_id))
    assert class_color(class_id) == class_color(class_id)


def test_generated_colours_differ() -> None:
    generated = [class_color(class_id) for class_id in range(24, 124)]
    assert len(set(generated)) > 95


def test_prediction_sets_have_the_two_model_colours_first() -> None:
    assert [prediction_set_color(position) for position in (0, 1)] == ["#0072B2", "#E69F00"]
    assert prediction_set_color(9) == prediction_set_color(0)


def test_conversions() -> None:
    assert to_bgr("#0072B2") == (0xB2, 0x72, 0x00)
    assert to_hex((1.0, 0.0, 0.5)) == "#FF0080"
    assert OUTCOME_COLORS["tp"] == "#009E73"
