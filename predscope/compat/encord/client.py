"""``EncordUserClient``: finds projects on this machine. Nothing is asked of a server, and keys are not looked at."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

from predscope.compat.encord.project import EncordProject
from predscope.compat.encord.project_meta import META_NAME, hash_of_project, project_named_in
from predscope.errors import InputError, ProjectError
from predscope.project import MANIFEST_NAME, Project

_DATA_DIR: Final = "data_dir"
"""The variable in which scripts keep the project folder."""


class EncordUserClient:
    """Stands in for the client of the platform. Made with ``create_with_ssh_private_key``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @classmethod
    def create_with_ssh_private_key(
        cls, ssh_private_key: str | None = None, password: str | None = None, **options: Any
    ) -> EncordUserClient:
        """A client. A key is neither needed nor kept; all arguments are those of the original.

        Scripts pass the content of the file that ``ssh_key_path`` in ``project_meta.yaml`` names. Where
        ``write_project_meta`` wrote it, that says where the project is.
        """
        return cls(project_named_in(ssh_private_key) if isinstance(ssh_private_key, str) else None)

    create_with_ssh_key = create_with_ssh_private_key

    def get_project(self, project_hash: str) -> EncordProject:
        """The project of that hash: the one that ``project_meta.yaml`` named; else the one in the folder that the
        calling script has in its variable ``data_dir``; else one in, around or right below the current folder.

        Raises:
            InputError: none of them has that hash.
        """
        seen = []
        for folder in _candidates(self._folder, inspect.currentframe()):
            try:
                project = Project.find(folder)
            except ProjectError:
                continue
            found = hash_of_project(project)
            if found == project_hash:
                return EncordProject(project)
            seen.append(f"{project.path} is {found}")
        known = f" ({'; '.join(dict.fromkeys(seen))})" if seen else ""
        raise InputError(
            f"there is no project with the project_hash {project_hash!r} here{known}.",
            fix="Give the folder itself: project = load_project(data_dir), from predscope.compat.encord.",
        )


def _candidates(folder: Path | None, frame: FrameType | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
    caller = None if frame is None else frame.f_back
    if caller is not None:
        given = caller.f_locals.get(_DATA_DIR, caller.f_globals.get(_DATA_DIR))
        if isinstance(given, str | Path):
            yield Path(given)
    here = Path.cwd()
    yield here
    for name in (META_NAME, MANIFEST_NAME):
        yield from (path.parent for path in sorted(here.glob(f"*/{name}")))
