"""Embeddings, custom metrics and metadata of inferences, joined to the project as metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from predscope.compat.aquarium.frame_plan import FrameLookup
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.values import place_of
from predscope.errors import InputError
from predscope.metrics.metadata import frame_metadata
from predscope.metrics.metric import MAX_NAME_LENGTH
from predscope.metrics.registry import is_builtin
from predscope.metrics.sources import (
    EMBEDDING_COLUMN,
    KEY_COLUMN,
    JoinedOn,
    Key,
    Source,
    project_sources,
    publish_source,
    source_table,
)
from predscope.project import Project

Vectors = dict[str, np.ndarray]
_FRAME_EMBEDDINGS: Final = "frame embeddings of "


def check_dimensions(frames: Sequence[LabeledFrame] | Sequence[InferencesFrame]) -> None:
    """Refuse embeddings of different lengths before anything is imported.

    Raises:
        InputError: a frame, or a label, has another length than those before it.
    """
    frame_length: int | None = None
    crop_length: int | None = None
    for frame in frames:
        if frame.embedding is not None:
            frame_length = _same_length(frame.embedding, frame_length, place_of(frame.frame_id))
        for crop in frame.label_set.crop_embeddings:
            crop_length = _same_length(crop["embedding"], crop_length, place_of(frame.frame_id, crop["uuid"]))


def join_label_measures(
    project: Project, frames: Sequence[LabeledFrame], set_name: str, origin: str, *, keeps_earlier: bool
) -> Project:
    """Embeddings of labelled frames and of their labels; ``keeps_earlier``: beside those of earlier uploads."""
    lookup = FrameLookup.of_project(project)
    joining = _Joining(project, _FRAME_EMBEDDINGS + origin, keeps_earlier)
    joining.vectors(_frame_vectors(frames, lookup), "frame", None)
    joining = _Joining(joining.project, f"crop embeddings of {origin}", keeps_earlier)
    joining.vectors(_crop_vectors(frame.label_set for frame in frames), "label", set_name)
    return joining.project


def join_inference_measures(
    project: Project, frames: Sequence[InferencesFrame], set_name: str, notes: list[str], *, keeps_earlier: bool
) -> Project:
    """Embeddings, custom metrics and metadata of inferences; ``notes`` gets a word about what is not used."""
    lookup = FrameLookup.of_project(project)
    joining = _Joining(project, set_name, keeps_earlier)
    vectors = _frame_vectors(frames, lookup)
    labelled = [source for source in project_sources(project) if _is_of_labelled_frames(source)]
    if vectors and labelled:
        notes.append(f"The frame embeddings of inferences {set_name!r} are not used: those of the labelled frames are.")
    else:
        joining.vectors(vectors, "frame", None)
    joining.vectors(_crop_vectors(frame.label_set for frame in frames), "prediction", set_name)
    given: dict[str, dict[str, Any]] = {}
    for frame in frames:
        metrics = {name: value for name, value in frame.custom_metrics.items() if not isinstance(value, list)}
        for name, value in (frame.attributes() | metrics).items():
            for key in lookup.keys(frame.frame_id):
                given.setdefault(name, {})[key] = value
    for name, values in given.items():
        joining.column(name, values)
    return joining.project


def _same_length(vector: np.ndarray, length: int | None, where: str) -> int:
    if length is not None and len(vector) != length:
        raise InputError(
            f"embeddings must all have the same length; this one has {len(vector)}, those before it {length}.",
            where=where,
        )
    return len(vector)


def _frame_vectors(frames: Sequence[LabeledFrame] | Sequence[InferencesFrame], lookup: FrameLookup) -> Vectors:
    return {
        key: frame.embedding for frame in frames if frame.embedding is not None for key in lookup.keys(frame.frame_id)
    }


def _crop_vectors(sets: Iterable[LabelSet]) -> Vectors:
    return {crop["uuid"]: crop["embedding"] for labels in sets for crop in labels.crop_embeddings}


def _is_of_labelled_frames(source: Source) -> bool:
    return source.is_embedding and source.on == "frame" and source.origin.startswith(_FRAME_EMBEDDINGS)


class _Joining:
    """Values of one origin on their way into a project.

    Attributes:
        project: the newest revision.
    """

    def __init__(self, project: Project, origin: str, keeps_earlier: bool) -> None:
        self.project = project
        self._origin = origin
        self._keeps_earlier = keeps_earlier

    def vectors(self, vectors: Vectors, on: JoinedOn, set_name: str | None) -> None:
        """Embeddings by frame id or label id."""
        if not vectors:
            return
        length = len(next(iter(vectors.values())))
        kept: Vectors = {}
        earlier = self._earlier(on, set_name, ())
        if earlier is not None:
            column = earlier[EMBEDDING_COLUMN].combine_chunks()
            if column.type.list_size == length:
                stacked = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, length)
                kept = dict(zip(earlier[KEY_COLUMN].to_pylist(), stacked, strict=True))
        kept |= vectors
        numbers = np.concatenate(list(kept.values())).astype(np.float32)
        column = pa.FixedSizeListArray.from_arrays(pa.array(numbers), length)
        self._publish(list(kept), column, EMBEDDING_COLUMN, on, set_name, ())

    def column(self, name: str, values: Mapping[str, Any]) -> None:
        """One value a frame; a name that something else has becomes ``NAME (ORIGIN)``."""
        metric = self._metric_name(name)
        earlier = self._earlier("frame", None, (metric,))
        kept = (
            {}
            if earlier is None
            else dict(zip(earlier[KEY_COLUMN].to_pylist(), earlier[metric].to_pylist(), strict=True))
        )
        kept |= values
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in kept.values()):
            column = pa.array([float(value) for value in kept.values()], pa.float64())
        else:
            column = pa.array([None if value is None else _text(value) for value in kept.values()], pa.string())
        self._publish(list(kept), column, metric, "frame", None, (metric,))

    def _earlier(self, on: JoinedOn, set_name: str | None, columns: tuple[str, ...]) -> pa.Table | None:
        """What an earlier upload has joined in this place, where it is to stay."""
        if not self._keeps_earlier:
            return None
        wanted = (on, set_name, columns, self._origin)
        found = [
            source
            for source in project_sources(self.project)
            if (source.on, source.set_name, source.columns, source.origin) == wanted
        ]
        return source_table(self.project, found[-1]) if found else None

    def _metric_name(self, name: str) -> str:
        plain = re.sub(r"\s+", " ", name).strip()[:MAX_NAME_LENGTH] or "metric"
        others = (source for source in project_sources(self.project) if source.origin != self._origin)
        taken = {column for source in others for column in source.columns} | set(frame_metadata(self.project))
        if is_builtin(plain) or plain in taken:
            return f"{plain[: MAX_NAME_LENGTH // 2]} ({self._origin})"[:MAX_NAME_LENGTH]
        return plain

    def _publish(
        self, keys: list[str], column: pa.Array, name: str, on: JoinedOn, set_name: str | None, columns: tuple[str, ...]
    ) -> None:
        key: Key = "frame_id" if on == "frame" else "source_id"
        table = pa.table([pa.array(keys, pa.string()), column], [KEY_COLUMN, name])
        self.project, _ = publish_source(
            self.project, table, on=on, set_name=set_name, key=key, version=None, columns=columns, origin=self._origin
        )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
