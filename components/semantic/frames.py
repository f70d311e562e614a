"""Frames as pairs of pictures, label and prediction painted over the photograph; each a link to the frame.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from components.browser_code import browser_component
from components.doors import door_source
from components.drawing import read_sources
from predscope.exploration.pixel_pictures import PixelPicture

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class FrameCard:
    """One frame.

    Attributes:
        frame: its id.
        href: the address of the frame in the viewer.
        thumb: the address of its photograph; None: it cannot be shown.
        title, words: below the pictures: the file, and what the frame is ranked by.
        picture: the painted pictures.
    """

    frame: str
    href: str
    thumb: str | None
    title: str
    words: str
    picture: PixelPicture


def pixel_frames(cards: Sequence[FrameCard], *, key: str) -> None:
    """Show the frames."""
    records = [
        {
            "frame": card.frame,
            "href": card.href,
            "thumb": card.thumb,
            "title": card.title,
            "words": card.words,
            "label": card.picture.label,
            "prediction": card.picture.prediction,
            "aspect": card.picture.aspect,
        }
        for card in cards
    ]

    _component()(key=key, data={"frames": records})


@cache
def _component() -> Any:
    return browser_component(
        "predscope_pixel_frames",
        html="<div class='pixel-frames' role='list'></div>",
        script=door_source() + read_sources(_FOLDER, ("frames.js",)),
        style=read_sources(_FOLDER, ("frames.css",)),
    )
