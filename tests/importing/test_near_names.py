"""Suggestions for names of classes: by spelling alone, and only where one name is clearly meant."""

from __future__ import annotations

import pytest

from predscope.importing.classes.near_names import near_name

CLASSES = ["car", "person", "bicycle", "motorcycle", "traffic light", "stop sign", "bus", "truck"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Car", "car"),
        ("cars", "car"),
        ("People", "person"),
        ("persn", "person"),
        ("bicyle", "bicycle"),
        ("trafficLight", "traffic light"),
        ("traffic_light_red", "traffic light"),
        ("stop-sign", "stop sign"),
        (" Truck ", "truck"),
        ("vehicle/truck", "truck"),
        ("person_sitting", "person"),
    ],
)
def test_the_class_that_is_likely_meant(name: str, expected: str) -> None:
    assert near_name(name, CLASSES) == expected


@pytest.mark.parametrize("name", ["van", "bu", "cat", "carrot", "automobile", "lorry", "", "7", "class 3"])
def test_nothing_is_suggested_for_another_word(name: str) -> None:
    assert near_name(name, CLASSES) is None


def test_nothing_is_suggested_where_two_are_as_likely() -> None:
    assert near_name("lights", ["light", "Light"]) is None
    assert near_name("red car", ["red", "car"]) is None
    assert near_name("abcde1", ["abcde2", "abcde3"]) is None
    assert near_name("traffic light pole", ["traffic light", "light"]) == "traffic light", "the longer name says more"


def test_the_name_itself_is_no_suggestion() -> None:
    assert near_name("car", ["car"]) is None
    assert near_name("car", []) is None
