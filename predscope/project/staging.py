"""Folders in which imports are prepared. Each belongs to a living process; what dead ones left is swept."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final

from predscope.errors import ProjectError
from predscope.project.durable import writing_into
from predscope.project.locking import FileLock, hold_lock
from predscope.project.manifest import LOCK_NAME, MANIFEST_NAME, ROLES, Manifest, folder_name

STAGING_NAME: Final = "staging"
_OWNER_NAME: Final = "owner.lock"
_CHUNKS_NAME: Final = "chunks"


class StagingArea:
    """A folder of one import, kept from sweepers by a lock that ends with this object or its process.

    Attributes:
        folder: where it is.
        is_in_project: it can be published; False: it lies among temporary files.
    """

    def __init__(self, project: Path, *, or_elsewhere: bool = False) -> None:
        """Make the folder in the project.

        Args:
            or_elsewhere: make it among temporary files where the project cannot be written, to be looked at alone.

        Raises:
            ProjectError: it cannot be written.
        """
        self.staged_id = f"{os.getpid()}-{secrets.token_hex(6)}"
        self.is_in_project = True
        try:
            self._make_in(project)
        except ProjectError:
            if not or_elsewhere:
                raise
            self.is_in_project = False
            self.folder = Path(tempfile.mkdtemp(prefix="predscope-"))
            self._owner = FileLock(self.folder / _OWNER_NAME)

    def _make_in(self, project: Path) -> None:
        self.folder = project / STAGING_NAME / self.staged_id
        # Locked, so that no sweeper sees the folder before it is owned.
        with writing_into(project), hold_lock(project / LOCK_NAME):
            self.folder.mkdir(parents=True)
            self._owner = FileLock(self.folder / _OWNER_NAME)
            self._owner.try_acquire()

    @property
    def chunks(self) -> Path:
        """Where objects that are being sorted may lie, see ``ObjectSorter``."""
        return self.folder / _CHUNKS_NAME

    def close(self) -> None:
        """Remove the folder with all that is still in it; may be called again."""
        self._owner.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(project: Path, manifest: Manifest) -> None:
    """Remove what imports that were killed have left behind. The caller holds the project's lock.

    Staging folders of living imports stay. In ``data``, whatever the manifest does not speak of was put there by a
    publisher that died before its last step.
    """
    for folder in _folders(project / STAGING_NAME):
        owner = FileLock(folder / _OWNER_NAME)
        try:
            is_abandoned = owner.try_acquire()
        except OSError:  # it went away by itself
            continue
        if is_abandoned:
            owner.release()
            shutil.rmtree(folder, ignore_errors=True)
    for role in ROLES:
        published = {folder_name(name): versions for name, versions in manifest.sets[role].items()}
        for set_folder in _folders(project / "data" / role):
            known = {str(version.version) for version in published.get(set_folder.name, ())}
            for version_folder in _folders(set_folder):
                if version_folder.name not in known:
                    shutil.rmtree(version_folder, ignore_errors=True)
            if not known:
                shutil.rmtree(set_folder, ignore_errors=True)
    frames = project / "data" / "frames"
    for path in frames.glob("*.parquet") if frames.is_dir() else ():
        if path.stem.isdecimal() and int(path.stem) > manifest.frames_version:
            path.unlink(missing_ok=True)
    for path in project.glob(f"{MANIFEST_NAME}.*.part"):
        path.unlink(missing_ok=True)


def _folders(parent: Path) -> list[Path]:
    return [entry for entry in parent.iterdir() if entry.is_dir()] if parent.is_dir() else []
