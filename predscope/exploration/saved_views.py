"""Views that are saved under a name: what they are called before anybody says so, and how much they show now."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from predscope.errors import PredscopeError
from predscope.exploration.filters import active_filters
from predscope.exploration.metric_columns import column_of
from predscope.exploration.object_query import ObjectQuery, active_object_filters
from predscope.exploration.object_selection import metric_columns, select_objects
from predscope.exploration.query import FrameQuery
from predscope.exploration.selection import select_frames
from predscope.project import Project
from predscope.project.saved import MAX_NAME_LENGTH, Params, SavedView, save_view, saved_views
from predscope.project.version_names import parse_version_name, version_name
from predscope.recently_used import RecentlyUsed
from predscope.schema import Role

OF_OBJECTS: Final = "Objects"
OF_FRAMES: Final = "Explore"
"""Paths of the pages whose content can be counted."""
_SAID_BY_THE_OUTCOME: Final = ((("fn",), "labels"), (("fp",), "predictions"))
"""Outcomes that only objects of that side have."""
_SETS_OF: Final[dict[Role, tuple[str, ...]]] = {"labels": ("labels",), "predictions": ("model", "set", "with", "line")}
"""Parameters of pages that name sets."""


@dataclass(frozen=True, slots=True)
class SavedCount:
    """How much a saved view shows now.

    Attributes:
        number: objects or frames.
        noun: "objects" or "frames"; "object" or "frame" for one.
        ignored: what it asks for and this project does not have (any more), in words; it then shows more than it did.
    """

    number: int
    noun: str
    ignored: tuple[str, ...] = ()


_counts: Final[RecentlyUsed[int]] = RecentlyUsed(256)


def objects_in_words(project: Project, query: ObjectQuery) -> str:
    """The conditions of a query: "false negatives, class: person, brightness below .25"."""
    said = {"side"} if (query.outcomes, query.side) in _SAID_BY_THE_OUTCOME else set()
    said |= {f"frames:model:{name}" for name in query.frames.prediction_sets}
    texts = [active.text for active in active_object_filters(query, project) if active.key not in said]
    words = ", ".join(texts) or "all objects"
    several = len(project.set_names("predictions")) > 1
    return f"{query.prediction_set}: {words}" if several else words


def frames_in_words(project: Project, query: FrameQuery) -> str:
    """The conditions of a query: "label: car, weather: rain"."""
    return ", ".join(active.text for active in active_filters(query, project)) or "all frames"


def suggested_name(words: str) -> str:
    """A name for what some words describe: as many of the conditions as fit."""
    if len(words) <= MAX_NAME_LENGTH:
        return words
    room = words[: MAX_NAME_LENGTH - 1]
    return f"{room[: room.rindex(', ')] if ', ' in room else room.rstrip()}…"


def at_this_point(params: Params, query: FrameQuery) -> dict[str, str | list[str]]:
    """The parameters with the operating point, which an address leaves out where it is the project's own.

    A saved view stays what it was when the project gets another one.
    """
    point = {"conf": f"{query.confidence:.12g}", "iou": f"{query.iou:.12g}"}
    return {**point, **{name: value if isinstance(value, str) else list(value) for name, value in params.items()}}


def count_saved(project: Project, view: SavedView) -> SavedCount | None:
    """How much a view shows now; None for pages without objects or frames of their own. Kept until something changes.

    Takes as long as opening the view the first time.
    """
    try:
        if view.page == OF_OBJECTS:
            return _count_objects(project, view.params)
        if view.page == OF_FRAMES:
            return _count_frames(project, view.params)
    except PredscopeError:  # nothing to compare (any more)
        return None
    return None


def rename_in_views(project: Project, role: Role, name: str, new_name: str) -> int:
    """Let the views that people have saved speak of a set by its new name; returns how many of them were changed.

    Raises:
        ProjectError: nothing can be changed in this folder.
    """
    changed = 0
    for view in saved_views(project):
        params = {
            key: value if key not in _SETS_OF[role] else _renamed(value, name, new_name)
            for key, value in view.params.items()
        }
        if params != view.params:
            save_view(project, view.name, view.page, params, sentence=view.sentence, replace=True, created=view.created)
            changed += 1
    return changed


def _renamed(value: str | list[str], name: str, new_name: str) -> str | list[str]:
    """Names of the set and of its versions (``model_a@1``), by the set's new name."""
    if isinstance(value, list):
        return [str(_renamed(one, name, new_name)) for one in value]
    version = parse_version_name(value)
    if version is not None and version[0] == name:
        return version_name(new_name, version[1])
    return new_name if value == name else value


def _count_objects(project: Project, params: Mapping[str, str | Sequence[str]]) -> SavedCount | None:
    query = ObjectQuery.from_params(params, project)
    if query is None:
        return None
    ranges = (*query.metric_ranges, *query.frames.metric_ranges)
    columns = [column for one in ranges for column in metric_columns(project, query, one.name)]
    number = _counts.get(_key(project, query, columns), lambda: len(select_objects(project, query)))
    return SavedCount(number, "object" if number == 1 else "objects", (*query.frames.ignored, *query.ignored))


def _count_frames(project: Project, params: Mapping[str, str | Sequence[str]]) -> SavedCount:
    query = FrameQuery.from_params(params, project)
    columns = [column_of(project, one.name, None, None, query) for one in query.metric_ranges]
    number = _counts.get(_key(project, query, columns), lambda: len(select_frames(project, query)))
    return SavedCount(number, "frame" if number == 1 else "frames", query.ignored)


def _key(project: Project, query: ObjectQuery | FrameQuery, columns: Sequence[Hashable]) -> tuple[Hashable, ...]:
    return str(project.path), project.revision, query, *columns  # columns are others once they have been computed
