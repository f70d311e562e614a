"""Evaluating sets of a project, and files that are in none; what is derived is kept in the project's cache.

Kept tables are named after the content of what they were computed from, so they are never out of date.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from predscope.errors import InputError, ProjectError
from predscope.evaluation.detection import Detection
from predscope.evaluation.ignored_classes import ignored_class_ids
from predscope.evaluation.objects import IouType, columns_for
from predscope.evaluation.pairs import Pairs
from predscope.evaluation.shapes import Sigmas
from predscope.project import ObjectSet, Project
from predscope.report import BOXES_FROM_MASKS, ImportReport
from predscope.schema import ObjectClass

if TYPE_CHECKING:
    from predscope.importing.corrections import Corrections
    from predscope.importing.in_memory import JoinedFiles

NamedSigmas = Sequence[float] | Mapping[str, Sequence[float]]
"""Spread of the annotators at each keypoint, of all classes alike or by class name."""

SIGMAS_SETTING: Final = "keypoint_sigmas"
"""Setting of a project: ``NamedSigmas``."""

_LAYOUT_VERSION: Final = "2"
_PAIR_COLUMNS: Final = ("prediction", "label", "iou", "is_same_class", "is_out")


def evaluate_project(
    project: Project,
    predictions: str | None = None,
    *,
    labels: str | None = None,
    iou_type: IouType = IouType.BBOX,
    sigmas: NamedSigmas | None = None,
) -> Detection:
    """The newest versions of a label set and a prediction set of a project, to be evaluated.

    Args:
        predictions, labels: names of the sets; None: the only one, or of several label sets the first.
        iou_type: by which likeness.
        sigmas: of keypoints; None: those of the project's setting "keypoint_sigmas", else the usual ones.

    Raises:
        ProjectError: there is no such set, or the name is needed to choose one of several.
    """
    label_set = project.objects("labels", labels)
    names = project.set_names("predictions")
    if predictions is None and len(names) > 1:
        raise ProjectError(
            f"{project.path}: there are several prediction sets ({', '.join(names)}). Name one with --predictions."
        )
    return evaluate_sets(project, label_set, project.objects("predictions", predictions), iou_type, sigmas)


def evaluate_sets(
    project: Project,
    labels: ObjectSet,
    predictions: ObjectSet,
    iou_type: IouType = IouType.BBOX,
    sigmas: NamedSigmas | None = None,
) -> Detection:
    """Two sets of a project, to be evaluated; candidate pairs are read from the cache, or put there."""
    by_class = None
    if iou_type is IouType.KEYPOINTS:
        by_class = _by_class(project.settings.get(SIGMAS_SETTING) if sigmas is None else sigmas, project.classes)
    columns = columns_for(iou_type)
    frames = project.frames_table.select(["source_id", "width", "height"])
    found = Detection.from_tables(
        labels.table(columns),
        predictions.table(columns),
        project.classes,
        frames,
        iou_type=iou_type,
        mask_area=_mask_area(predictions.report),
        sigmas=by_class,
    )
    digest = hashlib.blake2b(f"{_LAYOUT_VERSION}\0{iou_type}\0{by_class}".encode(), digest_size=16)
    for objects in (labels, predictions):
        digest.update(hashlib.blake2b(objects.path.read_bytes(), digest_size=16).digest())
    if iou_type in (IouType.SEGM, IouType.BOUNDARY):
        digest.update(np.stack([frames[side].to_numpy().astype(float) for side in ("width", "height")]).tobytes())
    if ignored := ignored_class_ids(project.classes):  # pairs name objects by their place among those that take part
        digest.update(f"without {ignored}".encode())
    path = project.cache_dir / "evaluation" / f"pairs-{digest.hexdigest()}.npz"
    pairs = _read_pairs(path)
    if pairs is None:
        _write_pairs(path, found.pairs)
        return found
    return found.with_pairs(pairs)


def evaluate_files(
    labels: Path,
    predictions: Path,
    *,
    images: Path | None = None,
    class_map: Mapping[Any, Any] | None = None,
    corrections: Corrections | None = None,
    iou_type: IouType = IouType.BBOX,
    sigmas: NamedSigmas | None = None,
) -> tuple[Detection, JoinedFiles]:
    """Two inputs as they stand, in any known format, to be evaluated; nothing is kept.

    ``sigmas`` are those of keypoints; the other arguments are those of ``join_files``.

    Raises:
        InputError: one of them cannot be used, or they do not belong together.
    """
    from predscope.importing.in_memory import join_files  # the app evaluates projects and needs no readers

    files = join_files(
        labels,
        predictions,
        images=images,
        class_map=class_map,
        corrections=corrections,
        with_shapes=iou_type != IouType.BBOX,
    )
    found = Detection.from_tables(
        files.labels,
        files.predictions,
        files.classes,
        files.frames,
        iou_type=iou_type,
        mask_area=_mask_area(files.predictions_report),
        sigmas=_by_class(sigmas, files.classes),
    )
    return found, files


def _by_class(sigmas: NamedSigmas | None, classes: Sequence[ObjectClass]) -> Sigmas | None:
    if not isinstance(sigmas, Mapping):
        return sigmas
    ids = {entry.name: entry.class_id for entry in classes}
    unknown = [name for name in sigmas if name not in ids]
    if unknown:
        raise InputError(
            f"keypoint sigmas are given for {unknown[0]!r}, which is no class here; there are {', '.join(ids)}."
        )
    return {ids[name]: tuple(values) for name, values in sigmas.items()}


def _mask_area(report: ImportReport) -> Literal["mask", "box"]:
    """What the reference measures predicted masks by: their boxes, unless the file has masks only."""
    return "mask" if BOXES_FROM_MASKS in report.problems else "box"


def _read_pairs(path: Path) -> Pairs | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            columns = {name: arrays[name] for name in _PAIR_COLUMNS}
            return Pairs(**columns, lowest_iou=float(arrays["lowest_iou"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # not there, or cut short: it is computed again


def _write_pairs(path: Path, pairs: Pairs) -> None:
    """The cache is a convenience: where it cannot be written, nothing is lost but time."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            columns = {name: getattr(pairs, name) for name in _PAIR_COLUMNS}
            np.savez(file, lowest_iou=np.float64(pairs.lowest_iou), **columns)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
