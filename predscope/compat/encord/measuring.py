"""Metrics of a project, and going through the frames that have predictions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from predscope.compat.encord.project import open_project
from predscope.errors import InputError
from predscope.metrics import MetricsReport
from predscope.metrics import run_metrics as run_all_metrics
from predscope.ontology import frame_hashes


class PredictionIterator:
    """The frames of a project that have predictions, in order, as ``(data unit, image)``.

    A data unit is a dictionary with ``data_hash``, ``frame``, ``data_title``, ``width`` and ``height``; the image is
    its path, or None.

    Args:
        cache_dir: the project, or its folder.
        subset_size: the first so many only.
    """

    def __init__(self, cache_dir: Any, subset_size: int | None = None, **options: Any) -> None:
        self.project = open_project(cache_dir)
        has_predictions = np.zeros(len(self.project.frames_table), bool)
        for name in self.project.set_names("predictions"):
            has_predictions |= np.diff(self.project.objects("predictions", name).offsets) > 0
        self._indices = np.flatnonzero(has_predictions)[:subset_size].tolist()

    def __len__(self) -> int:
        return len(self._indices)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], Path | None]]:
        return self.iterate()

    def iterate(self, desc: str = "") -> Iterator[tuple[dict[str, Any], Path | None]]:
        """The same; ``desc`` is there for scripts that give it."""
        named = list(frame_hashes(self.project))
        columns = ["file_name", "width", "height"]
        rows = self.project.frames_table.select(columns).take(self._indices).to_pylist()
        for index, row in zip(self._indices, rows, strict=True):
            data_hash, number = named[index]
            unit = {"data_hash": data_hash, "frame": number, "data_title": row["file_name"]}
            yield {**unit, "width": row["width"], "height": row["height"]}, self.project.image_file(index)


def run_metrics(data_dir: Any = None, iterator_cls: Any = None, **options: Any) -> MetricsReport:
    """Compute every metric of a project that is not up to date, of images, labels and predictions alike.

    Args:
        data_dir: the project, or its folder.
        iterator_cls: what the original measures, data or predictions; here all of it is measured at once.
        options: those of the original that say where and how to keep results are not needed.

    Raises:
        InputError: ``data_dir`` is missing.
        ProjectError: there is no project there.
    """
    given = options.get("cache_dir") if data_dir is None else data_dir
    if given is None:
        raise InputError("data_dir is needed: the folder of the project.")
    return run_all_metrics(open_project(given))
