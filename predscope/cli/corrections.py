"""Flags that say how to take the rows of a file: the fields of ``importing.Corrections``, one flag each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from predscope.importing.corrections import Corrections

_CHOICES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "box_format": (("xywh", "xyxy", "cxcywh"), "boxes are left, top, width, height; two corners; or centre and size"),
    "units": (("pixels", "relative"), "coordinates are pixels, or fractions of the frame"),
    "network_fit": (
        ("stretch", "letterbox", "top-left"),
        "frames were brought to the --network-input by stretching, centred in padding, or into its top-left corner",
    ),
    "class_ids": (
        ("ids", "index", "sorted", "coco80", "coco91"),
        "class ids are those of the labels, positions in the list of classes or in that list sorted by name, numbers "
        "of COCO's 80 classes, or COCO's own ids (1 to 90)",
    ),
    "confidence_scale": (
        ("fraction", "percent", "logit", "unbounded"),
        "confidences are 0 to 1, 0 to 100, logits, or from 0 without an end",
    ),
}
_SWITCHES: Final[dict[str, str]] = {
    "swap_xy": "x and y, width and height, stand in each other's place",
    "rescale": "coordinates or masks were made for frames of another size: scale them",
    "merge_alike_classes": "class names that differ only in case, plural or separators are one class",
    "drop_duplicates": "of objects that are exact copies, import the first only",
}
_NAMES: Final = (*_CHOICES, "class_offset", "network_input", *_SWITCHES)
# Written out here, and compared with ``Corrections`` by a test: importing that takes as long as a short command.


def add_correction_options(parser: argparse.ArgumentParser, *, of: str = "the file") -> None:
    """Add the flags to a command.

    Args:
        of: whose rows they concern, for the help text.
    """
    group = parser.add_argument_group(
        "corrections", f"how to take the rows of {of}; a dry run says which of these it finds likely"
    )
    for name, (choices, text) in _CHOICES.items():
        group.add_argument(_flag(name), choices=choices, help=text)
    group.add_argument(_flag("class_offset"), type=int, default=0, metavar="N", help="added to numeric class ids")
    group.add_argument(
        _flag("network_input"), metavar="WxH", help="coordinates are pixels of a network's input of this size (640x384)"
    )
    for name, text in _SWITCHES.items():
        group.add_argument(_flag(name), action="store_true", help=text)


def read_corrections(arguments: argparse.Namespace) -> Corrections:
    """The corrections that were given."""
    from predscope.importing.corrections import Corrections

    return Corrections(**{name: getattr(arguments, name) for name in _NAMES})


def given_corrections(arguments: argparse.Namespace) -> list[str]:
    """The flags that were given, by name."""
    return [_flag(name) for name in _NAMES if getattr(arguments, name)]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
