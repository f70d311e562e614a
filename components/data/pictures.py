"""Small pictures of frames side by side, in groups with a title; each a link to its frame.

A browser component: the links are real, so that they open in a new tab too; a plain click stays in the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from components import urls
from components.browser_code import browser_component
from components.data.doors import Door
from components.doors import door_source
from components.drawing import read_sources
from predscope.payload import frame_record
from predscope.project import Project

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Picture:
    """One frame; ``words`` stand below it, ``door`` is where a click leads."""

    frame_index: int
    words: str
    door: Door


@dataclass(frozen=True)
class PictureGroup:
    """Frames that belong together.

    Attributes:
        title: "" for none.
        pictures: those that are shown.
        more: said after them: "and 12 more".
        more_door: what these words open; None: nothing.
    """

    title: str
    pictures: Sequence[Picture]
    more: str = ""
    more_door: Door | None = None


def picture_groups(project: Project, groups: Sequence[PictureGroup], *, key: str, height: int = 128) -> None:
    """Show the groups, one below the other.

    Args:
        key: of the component.
        height: of the pictures, pixels.
    """
    indices = [picture.frame_index for group in groups for picture in group.pictures]
    rows = project.frames.iloc[indices].to_dict("records")
    frames = {int(row["frame_index"]): row for row in rows}

    def record(picture: Picture) -> dict[str, Any]:
        row = frames[picture.frame_index]
        frame = frame_record(row, urls.image_url, urls.thumbnail_url)
        width, height = row["width"], row["height"]
        ratio = 4 / 3 if pd.isna(width) or pd.isna(height) or not height else float(width) / float(height)
        return {
            "href": picture.door.href,
            "frame": frame["frame"],
            "file_name": frame["file_name"],
            "thumb": frame["thumb"],
            "ratio": round(min(max(ratio, 0.5), 2.5), 3),
            "words": picture.words,
        }

    data = {
        "height": height,
        "groups": [
            {
                "title": group.title,
                "pictures": [record(picture) for picture in group.pictures],
                "more": group.more,
                "more_href": None if group.more_door is None else group.more_door.href,
            }
            for group in groups
        ],
    }
    _component()(key=key, data=data)


@cache
def _component() -> Any:
    return browser_component(
        "predscope_pictures",
        html="<div class='pictures'></div>\n<!-- filled by pictures.js -->",
        style=read_sources(_FOLDER, ("pictures.css",)),
        script=door_source() + read_sources(_FOLDER, ("pictures.js",)),
    )
