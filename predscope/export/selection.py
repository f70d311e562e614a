"""Which frames and objects an export writes, and their rows, a few frames at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predscope.errors import InputError
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.query import FrameQuery
from predscope.exploration.saved_views import OF_OBJECTS
from predscope.exploration.selection import select_frames
from predscope.export.frames import ExportFrame, frames_of
from predscope.importing.frames.names import NameIndex
from predscope.project import ObjectSet, Project
from predscope.project.saved import SavedView, saved_views
from predscope.project.version_names import OpenedVersion
from predscope.schema import ObjectClass, Role

OutcomeName = Literal["tp", "fp", "fn"]
OUTCOMES: Final[tuple[OutcomeName, ...]] = ("tp", "fp", "fn")

_CHUNK_ROWS: Final = 10_000
_CHUNK_FRAMES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a set is exported; everything that is None restricts nothing.

    Attributes:
        classes: names of classes.
        min_confidence: of predictions, 0..1.
        frames: frame ids or file names.
        view: name of a saved view of the project, whose frames or objects are meant.
        outcome: what became of the objects at the project's operating point: "tp" and "fp" of predictions (of labels,
            "tp" are those that were found), "fn" the labels that were missed.
        against: the set of the other role that outcomes compare with; None: the project's first.
    """

    classes: Sequence[str] | None = None
    min_confidence: float | None = None
    frames: Sequence[str] | None = None
    view: str | None = None
    outcome: OutcomeName | None = None
    against: str | None = None


class ExportSelection:
    """The frames and objects of one set that an export writes.

    Args:
        project: the project.
        objects: the set.
        frame_mask: bool (frames,): frames that the output speaks of, with or without objects; None: all.
        row_mask: bool (objects,): the objects; None: all.
        class_ids: ids of the classes whose objects are written; None: of all.
        min_confidence: lowest confidence; None: any.
    """

    def __init__(
        self,
        project: Project,
        objects: ObjectSet,
        *,
        frame_mask: np.ndarray | None = None,
        row_mask: np.ndarray | None = None,
        class_ids: frozenset[int] | None = None,
        min_confidence: float | None = None,
    ) -> None:
        self.project = project
        self.objects = objects
        self.class_ids = class_ids
        self._row_mask = row_mask
        self._min_confidence = min_confidence
        frames = np.ones(len(project.frames_table), bool) if frame_mask is None else frame_mask
        self.frame_indices = np.flatnonzero(frames)

    @property
    def role(self) -> Role:
        return self.objects.role

    @property
    def has_chosen_objects(self) -> bool:
        """Are single objects chosen, by what became of them or by a view, rather than frames and classes?"""
        return self._row_mask is not None

    @cached_property
    def classes(self) -> list[ObjectClass]:
        """The classes that are written, by class id."""
        return [one for one in self.project.classes if self.class_ids is None or one.class_id in self.class_ids]

    def frames(self) -> Iterator[ExportFrame]:
        """All frames, in the order of the project."""
        return frames_of(self.project, self.frame_indices)

    def chunks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The objects, those of whole frames at a time, with the column ``row`` in front; sorted by frame."""
        needed = {*columns, "frame_index", "class_id", *(() if self._min_confidence is None else ("confidence",))}
        for frames in self._frame_groups():
            table = self.objects.of_frames(frames, sorted(needed))
            kept = self._kept(table)
            yield table if kept is None else table.filter(pa.array(kept))

    def rows_by_frame(self, columns: Sequence[str]) -> Iterator[tuple[ExportFrame, list[dict[str, Any]]]]:
        """Each frame with its objects as dicts of these columns."""
        frames = self.frames()
        for group, table in zip(self._frame_groups(), self.chunks(columns), strict=True):
            by_frame: dict[int, list[dict[str, Any]]] = {int(index): [] for index in group}
            for row in table.to_pylist():
                by_frame[row["frame_index"]].append(row)
            for index in group:
                yield next(frames), by_frame[int(index)]

    def geometries(self) -> dict[str, int]:
        """How many objects there are of each geometry."""
        counts: dict[str, int] = {}
        for table in self.chunks(["geometry"]):
            for entry in pc.value_counts(table["geometry"]).to_pylist():
                counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
        return counts

    def used_class_ids(self) -> set[int]:
        """Ids of the classes of which there is an object."""
        return {one for table in self.chunks([]) for one in table["class_id"].unique().to_pylist()}

    def filled_columns(self, columns: Sequence[str]) -> set[str]:
        """Those of the columns that say something of any of the objects."""
        filled: set[str] = set()
        for name in columns:  # one after the other: shapes are large, and most have none
            if any(table[name].null_count < len(table) for table in self.chunks([name])):
                filled.add(name)
        return filled

    def count(self) -> int:
        """How many objects there are."""
        if self._row_mask is None and self.class_ids is None and self._min_confidence is None:
            return int(np.diff(self.objects.offsets)[self.frame_indices].sum())
        return sum(len(table) for table in self.chunks([]))

    def _frame_groups(self) -> Iterator[np.ndarray]:
        """Frames whose objects are read together."""
        offsets = self.objects.offsets
        counts = offsets[self.frame_indices + 1] - offsets[self.frame_indices]
        start, rows = 0, 0
        for place, count in enumerate(counts.tolist()):
            if place > start and (rows + count > _CHUNK_ROWS or place - start >= _CHUNK_FRAMES):
                yield self.frame_indices[start:place]
                start, rows = place, 0
            rows += count
        if start < len(self.frame_indices):
            yield self.frame_indices[start:]

    def _kept(self, table: pa.Table) -> np.ndarray | None:
        kept = np.ones(len(table), bool)
        if self._row_mask is not None:
            kept &= self._row_mask[table["row"].to_numpy()]
        if self.class_ids is not None:
            kept &= np.isin(table["class_id"].to_numpy(), list(self.class_ids))
        if self._min_confidence is not None:
            kept &= table["confidence"].to_numpy() >= self._min_confidence
        return None if kept.all() else kept


def select(
    project: Project, role: Role, name: str | None = None, version: int | None = None, filters: Filters | None = None
) -> ExportSelection:
    """What of a set the filters leave.

    Args:
        name: of the set; None: the project's first.
        version: number of one of its versions; None: the newest.

    With the outcome "fn" of predictions, what is selected are the labels that they missed.

    Raises:
        InputError: a filter names something that the project does not have.
        ProjectError: there is no such set or version.
    """
    filters = filters or Filters()
    objects = project.objects(role, name, version)
    if filters.min_confidence is not None:
        _check_confidence(filters.min_confidence, role)
    class_ids = _class_ids(project, filters.classes)
    frame_mask = _frame_mask(project, filters.frames)
    row_mask: np.ndarray | None = None
    view_project, set_name = _with_version(project, objects)
    queries: list[ObjectQuery] = []
    if filters.view is not None:
        query = _view_query(view_project, _find_view(project, filters.view))
        if isinstance(query, ObjectQuery):
            queries.append(query)
        else:
            frame_mask &= _mask_of(select_frames(view_project, query).indices, len(frame_mask))
    if filters.outcome is not None:
        queries.append(_outcome_query(view_project, role, set_name, filters))
    for query in queries:
        found = select_objects(view_project, query)
        if filters.outcome == "fn" and role == "predictions":
            objects = view_project.objects("labels", query.frames.label_set)
        chosen = _mask_of(_rows_of(found, objects.role), objects.count)
        row_mask = chosen if row_mask is None or len(row_mask) != len(chosen) else row_mask & chosen
    if row_mask is not None:  # only frames that have such an object
        counts = np.add.reduceat(np.append(row_mask, False), np.minimum(objects.offsets[:-1], len(row_mask)))
        frame_mask &= (np.diff(objects.offsets) > 0) & (counts > 0)
    min_confidence = filters.min_confidence if objects.role == "predictions" else None
    return ExportSelection(
        project,
        objects,
        frame_mask=frame_mask,
        row_mask=row_mask,
        class_ids=class_ids,
        min_confidence=min_confidence,
    )


def read_frame_list(path: Path) -> list[str]:
    """Frame ids or file names, one a line.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"the list of frames cannot be read ({error}).", where=path) from None
    return [line.strip() for line in lines if line.strip()]


def _check_confidence(value: float, role: Role) -> None:
    if role == "labels":
        raise InputError("labels have no confidence.", where="--min-confidence", fix="Leave it out.")
    if not 0 <= value <= 1:
        raise InputError(f"must be from 0 to 1, got {value:g}.", where="--min-confidence")


def _class_ids(project: Project, names: Sequence[str] | None) -> frozenset[int] | None:
    if names is None:
        return None
    known = {one.name: one.class_id for one in project.classes}
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = ", ".join(list(known)[:10])
        raise InputError(f"the project has no class {', '.join(unknown[:5])}; it has {listed}.", where="--classes")
    return frozenset(known[name] for name in names)


def _frame_mask(project: Project, names: Sequence[str] | None) -> np.ndarray:
    count = len(project.frames_table)
    if names is None:
        return np.ones(count, bool)
    by_name = NameIndex(project.frames_table["file_name"].to_pylist())
    found = {name: project.frame_index(name) for name in names}
    for name, index in found.items():
        if index is None and (match := by_name.find(name).index) >= 0:
            found[name] = match
    unknown = [name for name, index in found.items() if index is None]
    if unknown:
        shown = ", ".join(unknown[:5])
        raise InputError(
            f"the project has no frame {shown} ({len(unknown):,} of {len(found):,}).",
            where="--frames",
            fix="Give ids or file names of frames, or a file with one a line.",
        )
    return _mask_of(np.array([index for index in found.values() if index is not None], np.int64), count)


def _mask_of(positions: np.ndarray, count: int) -> np.ndarray:
    mask = np.zeros(count, bool)
    mask[positions] = True
    return mask


def _with_version(project: Project, objects: ObjectSet) -> tuple[Project, str]:
    """A view of the project in which that version of the set can be asked for by a name, and the name."""
    versions = project.versions(objects.role, objects.name)
    if not versions or versions[-1].version == objects.version:
        return project, objects.name
    opened = OpenedVersion(objects.role, objects.name, objects.version)
    return project.with_versions([opened]), opened.name


def _find_view(project: Project, name: str) -> SavedView:
    views = saved_views(project)
    wanted = " ".join(name.split()).casefold()
    found = next((view for view in views if view.name.casefold() == wanted), None)
    if found is None:
        listed = ", ".join(repr(view.name) for view in views[:5]) or "none"
        raise InputError(f"the project has no saved view {name!r}; it has {listed}.", where="--view")
    return found


def _view_query(project: Project, view: SavedView) -> ObjectQuery | FrameQuery:
    """The question of a saved view.

    Raises:
        InputError: it asks for what the project does not have (any more): more would be exported than is meant.
    """
    query: ObjectQuery | FrameQuery | None = None
    ignored: tuple[str, ...] = ()
    if view.page == OF_OBJECTS:
        query = ObjectQuery.from_params(view.params, project)
        if query is not None:
            ignored = (*query.frames.ignored, *query.ignored)
    if query is None:
        query = FrameQuery.from_params(view.params, project)
        ignored = query.ignored
    if ignored:
        raise InputError(
            f"the saved view {view.name!r} asks for {', '.join(ignored)}, which is not in this project (any more).",
            where="--view",
        )
    return query


def _outcome_query(project: Project, role: Role, name: str, filters: Filters) -> ObjectQuery:
    other: Role = "predictions" if role == "labels" else "labels"
    sets = project.set_names(other)
    against = filters.against if filters.against is not None else next(iter(sets), None)
    if against is None or against not in sets:
        shown = "no" if against is None else f"no {against!r} among its"
        raise InputError(f"the project has {shown} {other} to compare with.", where="--outcome")
    if role == "labels" and filters.outcome == "fp":
        raise InputError(
            "false positives are predictions.", where="--outcome", fix="Export --predictions NAME --outcome fp."
        )
    frames = FrameQuery.of(project).with_(label_set=name if role == "labels" else against)
    if filters.min_confidence is not None:
        frames = frames.with_(confidence=filters.min_confidence)
    query = ObjectQuery.of(project, frames)
    if query is None:
        raise InputError("the project needs labels and predictions for that.", where="--outcome")
    prediction_set = name if role == "predictions" else against
    return query.with_(prediction_set=prediction_set, outcomes=(str(filters.outcome),))


def _rows_of(found: ObjectSelection, role: Role) -> np.ndarray:
    """Rows of the set of that role that are among the objects found."""
    rows = found.prediction_row if role == "predictions" else found.label_row
    return rows[rows >= 0]
