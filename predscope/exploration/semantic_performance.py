"""How well a prediction set names the pixels of the frames of a query, and the frames that a number is made of.

Pixels are counted once for two sets, by frame and pair of classes, and the counts kept in the project's cache under the
content of the sets.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, unquote

import numpy as np

from predscope.evaluation.ignored_classes import ignored_class_ids
from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.evaluation.pixels import PixelCells, PixelMaps
from predscope.evaluation.semantic import Semantic, evaluate_semantic
from predscope.exploration.query import FrameQuery, Parameters, chosen_label_set, last_value
from predscope.exploration.selection import select_frames
from predscope.exploration.sorting import rate
from predscope.project import ObjectSet, Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import ObjectClass

NOTHING: Final = "nothing"
"""Names, as a predicted class, pixels that no prediction says anything of."""
PIXEL_PARAMETERS: Final = ("pixels", "pixelclass", "background")

_LAYOUT_VERSION: Final = "2"
_CELL_COLUMNS: Final = ("frame", "label", "predicted", "pixels")

Progress = Callable[[int, int], None]

_counted: Final[RecentlyUsed[Semantic]] = RecentlyUsed(4)
_chosen: Final[RecentlyUsed[Semantic]] = RecentlyUsed(8)


@dataclass(frozen=True, slots=True)
class PixelQuery:
    """Which frames are shown beside the numbers of pixels, and whether the background counts as a class.

    Attributes:
        label_class, predicted_class: a cell of the confusion matrix; ``NOTHING`` for pixels of no prediction.
        klass: the frames that show this class, or of which it is predicted.
        with_background: pixels of no object count as a class.
        ignored: what of the parameters could not be understood, in words; no part of the query itself.
    """

    label_class: str | None = None
    predicted_class: str | None = None
    klass: str | None = None
    with_background: bool = True
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_cell(self) -> bool:
        return self.label_class is not None

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def to_params(self) -> dict[str, str]:
        """Query parameters of a link; ``from_params`` of them gives an equal query."""
        parameters = {}
        if self.label_class is not None:
            parameters["pixels"] = f"{_escaped(self.label_class)}~{_escaped(self.predicted_class or NOTHING)}"
        if self.klass is not None:
            parameters["pixelclass"] = self.klass
        if not self.with_background:
            parameters["background"] = "0"
        return parameters

    @classmethod
    def from_params(cls, parameters: Parameters, class_names: Sequence[str]) -> Self:
        """The query of a link; what names no class is dropped, and named in ``ignored``."""
        known = {*class_names, NOTHING}
        ignored = []
        label, _, predicted = last_value(parameters, "pixels").partition("~")
        label, predicted = unquote(label), unquote(predicted)
        is_cell = label in known and predicted in known
        if (label or predicted) and not is_cell:
            ignored.append(f"pixels “{label}” predicted as “{predicted}”")
        klass = last_value(parameters, "pixelclass")
        if klass and klass not in class_names:
            ignored.append(f"class “{klass}”")
        return cls(
            label_class=label if is_cell else None,
            predicted_class=predicted if is_cell else None,
            klass=klass if klass in class_names and not is_cell else None,
            with_background=last_value(parameters, "background") != "0",
            ignored=tuple(ignored),
        )


@dataclass(frozen=True)
class RankedFrames:
    """The frames that a number of pixels is made of, the worst first.

    Attributes:
        indices: int64 (n,): frame indices.
        values: float64 (n,): what they are ranked by: an IoU, or pixels of a cell.
        words: per frame its value as a tile says it.
    """

    indices: np.ndarray
    values: np.ndarray
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.indices)


def semantic_performance(
    project: Project, query: FrameQuery, prediction_set: str, progress: Progress | None = None
) -> Semantic:
    """Pixels of the frames of a query; kept while these stay the same. Confidences play no part.

    Where no label leaves pixels to the background, there is none.

    Args:
        progress: called with the frames done and all frames, when the pixels are counted for the first time.

    Raises:
        ProjectError: there are no labels, or there is no such set.
    """
    label_set = chosen_label_set(project, query)
    key = (str(project.path), project.revision, label_set, prediction_set)

    def count() -> Semantic:
        sets = project.objects("labels", label_set), project.objects("predictions", prediction_set)
        return _settled(count_pixels(project, *sets, progress))

    whole = _counted.get(key, count)
    if query.is_unfiltered:
        return whole

    def choose() -> Semantic:
        chosen = np.zeros(len(project.frames), bool)
        chosen[select_frames(project, query).indices] = True
        return whole.on_frames(chosen)

    return _chosen.get((*key, query), choose)


def count_pixels(
    project: Project, labels: ObjectSet, predictions: ObjectSet, progress: Progress | None = None
) -> Semantic:
    """Two sets of a project, pixel by pixel; the counts are read from the cache, or put there."""
    sizes = frame_sizes_of(project)
    maps = [pixel_maps_of(objects) for objects in (labels, predictions)]
    path = project.cache_dir / "evaluation" / f"pixels-{_digest(labels, predictions, sizes, project.classes)}.npz"
    found = _read(path, project.classes, has_background=maps[0] is not None)
    if found is None:
        columns = columns_for(IouType.SEGM)
        found = evaluate_semantic(
            Objects.from_table(labels.table(columns)),
            Objects.from_table(predictions.table(columns)),
            project.classes,
            frame_sizes=sizes,
            label_maps=maps[0],
            prediction_maps=maps[1],
            progress=progress,
        )
        _write(path, found)
    return found


def frame_sizes_of(project: Project) -> np.ndarray:
    """float64 (frames, 2): width and height, pixels; NaN where unknown."""
    sides = [project.frames[side].to_numpy(dtype=np.float64, na_value=np.nan) for side in ("width", "height")]
    return np.stack(sides, axis=1)


def pixel_maps_of(objects: ObjectSet) -> PixelMaps | None:
    """The frames of a set that came as class-index masks; None: it did not."""
    return None if objects.pixel_maps is None else PixelMaps.from_table(objects.pixel_maps)


def class_names(found: Semantic) -> list[str]:
    """Names of the classes by id, and of what is no prediction."""
    return [*(entry.name for entry in found.classes), NOTHING]


def rank_frames(found: Semantic, query: PixelQuery) -> RankedFrames:
    """The frames of a number, the worst first; equals in the project's order.

    Of a cell of the confusion matrix: the frames that have such pixels, most pixels first. Of a class: the frames that
    show it, or of which it is predicted, by its IoU there. Else all frames by their own mIoU.
    """
    names = class_names(found)
    if query.is_cell:
        label, predicted = (names.index(name) for name in (query.label_class, query.predicted_class) if name in names)
        pixels = found.frame_pixels(label, predicted)
        order = np.argsort(-pixels, kind="stable")
        order = order[pixels[order] > 0]
        words = tuple(f"{count:,} px" for count in pixels[order].tolist())
        return RankedFrames(found.frames[order], pixels[order].astype(np.float64), words)
    iou = found.frame_iou if query.klass is None else found.frame_class_iou[:, names.index(query.klass)]
    order = np.argsort(iou, kind="stable")
    order = order[np.isfinite(iou[order])]
    title = "mIoU" if query.klass is None else "IoU"
    words = tuple(f"{title} {rate(value)}" for value in iou[order].tolist())
    return RankedFrames(found.frames[order], iou[order], words)


def _settled(found: Semantic) -> Semantic:
    """Without a background that no label knows of."""
    if found.background is None or found.confusion[found.background].any():
        return found
    return found.without_background()


def _digest(labels: ObjectSet, predictions: ObjectSet, sizes: np.ndarray, classes: tuple[ObjectClass, ...]) -> str:
    digest = hashlib.blake2b(_LAYOUT_VERSION.encode(), digest_size=16)
    for objects in (labels, predictions):
        for path in (objects.path, objects.pixel_maps_path):
            digest.update(hashlib.blake2b(path.read_bytes() if path.is_file() else b"", digest_size=16).digest())
    digest.update(sizes.tobytes())
    if ignored := ignored_class_ids(classes):
        digest.update(f"without {ignored}".encode())
    return digest.hexdigest()


def _read(path: Path, classes: tuple[ObjectClass, ...], *, has_background: bool) -> Semantic | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return from_arrays(arrays, classes, has_background=has_background)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # not there, or cut short: it is computed again


def from_arrays(
    arrays: Mapping[str, np.ndarray], classes: tuple[ObjectClass, ...], *, has_background: bool
) -> Semantic | None:
    """What ``_write`` kept; classes that came since stand behind those that were counted."""
    then, now = int(arrays["classes"]), len(classes)
    if then > now:
        return None
    cells = {name: arrays[name] for name in _CELL_COLUMNS}
    for name in ("label", "predicted"):  # background and nothing stand behind the classes
        cells[name] = np.where(cells[name] >= then, cells[name] + now - then, cells[name])
    if has_background:
        classes = (*classes, ObjectClass(now, "background"))
    return Semantic(classes, arrays["frames"], PixelCells(**cells), now if has_background else None)


def _write(path: Path, found: Semantic) -> None:
    """The cache is a convenience: where it cannot be written, nothing is lost but time."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    classes = len(found.classes) - (found.background is not None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            columns = {name: getattr(found.cells, name) for name in _CELL_COLUMNS}
            np.savez_compressed(file, frames=found.frames, classes=np.int64(classes), **columns)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)


def _escaped(name: str) -> str:
    return quote(name, safe=" ").replace("~", "%7E")
