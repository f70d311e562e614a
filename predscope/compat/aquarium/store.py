"""Projects on disk: ``HOME/PROJECT/aquarium.json`` and one Predscope project for each data set beside it.

HOME is the current folder, unless the environment variable ``PREDSCOPE_HOME`` names another.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.compat.aquarium.class_map import ClassMapEntry, LabelClassMap
from predscope.errors import InputError, ProjectError
from predscope.project import MANIFEST_NAME, Project
from predscope.project.durable import replace_whole, writing_into
from predscope.project.locking import hold_lock
from predscope.project.manifest import now

HOME_VARIABLE: Final = "PREDSCOPE_HOME"
STATE_NAME: Final = "aquarium.json"
_LOCK_NAME: Final = "aquarium.lock"
_FORMAT_VERSION: Final = 1
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(?<!\.)")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def home_folder() -> Path:
    """Where projects are kept."""
    return Path(os.environ.get(HOME_VARIABLE) or ".").expanduser().absolute()


class ProjectStore:
    """The state of one project; every change is on disk when the call returns.

    Args:
        home: where projects are kept.
        project_id: as the script names it, whatever its characters.
    """

    def __init__(self, home: Path, project_id: str) -> None:
        self.project_id = project_id
        self.folder = home / safe_name(project_id)

    @property
    def exists(self) -> bool:
        return self._path.is_file()

    @property
    def _path(self) -> Path:
        return self.folder / STATE_NAME

    def read(self) -> dict[str, Any]:
        """The state.

        Raises:
            InputError: there is no such project.
            ProjectError: its file is damaged, made by a newer version, or that of another project.
        """
        try:
            record = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            raise InputError(
                f"there is no project {self.project_id!r}.",
                where=self.folder.parent,
                fix=f"Create it with create_project; projects are kept in the current folder, or in {HOME_VARIABLE}.",
            ) from None
        except (OSError, orjson.JSONDecodeError) as error:
            raise ProjectError(f"{self._path}: the file cannot be read ({error}). Put back a copy of it.") from None
        version = record.get("format_version") if isinstance(record, dict) else None
        if version != _FORMAT_VERSION:
            raise ProjectError(
                f"{self._path}: expected format_version {_FORMAT_VERSION}, got {version!r}. It is damaged, or made by "
                "a newer Predscope."
            )
        if record.get("project_id") != self.project_id:
            raise ProjectError(
                f"{self.folder}: the folder holds the project {record.get('project_id')!r}, whose name differs from "
                f"{self.project_id!r} only in case. Choose another name."
            )
        return record

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """The state, to be changed in place; written in one step at the end, not at all when something is raised."""
        with writing_into(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with hold_lock(self.folder / _LOCK_NAME):
                state = self.read() if self.exists else self._new_state()
                yield state
                replace_whole(self._path, orjson.dumps(state, option=orjson.OPT_INDENT_2))

    def class_map(self) -> LabelClassMap:
        """The class map of the project."""
        return LabelClassMap(ClassMapEntry.from_dict(entry) for entry in self.read()["label_class_map"])

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """What is known of a data set.

        Raises:
            InputError: there is no such data set.
        """
        datasets = self.read()["datasets"]
        if dataset_id not in datasets and (self.dataset_folder(dataset_id) / MANIFEST_NAME).is_file():
            return {"created": None, "updated": None, "inferences": {}}  # a script was ended before it wrote this down
        if dataset_id not in datasets:
            known = ", ".join(datasets) or "none"
            raise InputError(
                f"project {self.project_id!r} has no data set {dataset_id!r}; there are: {known}.",
                where=self.folder,
                fix="Create it with create_dataset before its inferences.",
            )
        return datasets[dataset_id]

    def dataset_ids(self) -> list[str]:
        """The data sets, with those that were imported by a script which was ended before it wrote them down."""
        recorded = list(self.read()["datasets"])
        folders = {self.dataset_folder(dataset_id) for dataset_id in recorded}
        names = [
            Project.open(path.parent).name
            for path in sorted(self.folder.glob(f"*/{MANIFEST_NAME}"))
            if path.parent not in folders
        ]
        prefix = self.dataset_title("")
        return recorded + [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def dataset_title(self, dataset_id: str) -> str:
        """The name of the Predscope project of a data set."""
        return f"{self.project_id} / {dataset_id}"

    def dataset_folder(self, dataset_id: str) -> Path:
        """Where the Predscope project of a data set lies, or would lie."""
        return self.folder / safe_name(dataset_id)

    def open_dataset(self, dataset_id: str) -> Project:
        """The Predscope project of a data set."""
        self.dataset(dataset_id)
        return Project.open(self.dataset_folder(dataset_id))

    def has_dataset(self, dataset_id: str) -> bool:
        return self.exists and (self.dataset_folder(dataset_id) / MANIFEST_NAME).is_file()

    def _new_state(self) -> dict[str, Any]:
        return {
            "format_version": _FORMAT_VERSION,
            "project_id": self.project_id,
            "created": now(),
            "label_class_map": [],
            "class_map_is_inferred": False,
            "primary_task": None,
            "metrics_confidence_threshold": 0.1,
            "metrics_iou_threshold": 0.5,
            "datasets": {},
        }


def stored_projects(home: Path) -> list[ProjectStore]:
    """The projects in a folder, by name."""
    found = []
    for path in sorted(home.glob(f"*/{STATE_NAME}")):
        try:
            project_id = orjson.loads(path.read_bytes())["project_id"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(ProjectStore(home, str(project_id)))
    return found


def safe_name(name: str) -> str:
    """A name for a folder: the id itself where any file system can hold it, else one made from it.

    Never one that leads elsewhere: no ``..``, no separator, no drive.
    """
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name) and name.lower() not in ("data", "staging", "cache"):
        return name
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:40] or "unnamed"
    return f"{readable}~{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"
