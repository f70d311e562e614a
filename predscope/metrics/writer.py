"""Results on their way to disk, a second's worth at a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import numpy as np

from predscope.metrics.image_index import ImageRecord
from predscope.metrics.measuring import Measured
from predscope.metrics.store import Store
from predscope.metrics.workspace import Workspace

_WRITE_SECONDS: Final = 1.0
"""So much work is lost at most when a run is killed."""


class Writer:
    """Collects results, and writes them: values first, then what the index says of the images.

    Attributes:
        records: for the index; to be added to.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._measured: dict[tuple[Path, tuple[str, ...]], list[Measured]] = {}
        self.records: list[ImageRecord] = []
        self._written = time.monotonic()

    def add(self, store: Store, found: Measured) -> None:
        """Take values for a store, and write if it is time."""
        if len(found.keys) and found.columns:
            self._measured.setdefault((store.folder, tuple(found.columns)), []).append(found)
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all that there is."""
        for (folder, names), found in self._measured.items():
            keys = np.concatenate([part.keys for part in found])
            columns = {name: np.concatenate([part.columns[name] for part in found]) for name in names}
            Store(folder).append(keys, columns)
        self._measured.clear()
        if self.records:
            self._workspace.images.append(self.records)
            self.records = []
        self._written = time.monotonic()
