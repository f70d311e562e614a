"""Files that were dropped onto the page: kept in a folder of their own until nobody needs them any more."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol


class UploadedFile(Protocol):
    """What ``st.file_uploader`` hands over."""

    @property
    def name(self) -> str: ...
    def getbuffer(self) -> memoryview: ...


class Upload:
    """A temporary folder with uploaded files; it goes with this object, and at the end of the process.

    Attributes:
        path: the file, if it is one, else the folder.
        names: of the files.
    """

    def __init__(self, files: Sequence[UploadedFile]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="predscope-upload-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.names = [_file_name(file.name, position) for position, file in enumerate(files)]
        for file, name in zip(files, self.names, strict=True):
            target = folder / name
            target.write_bytes(file.getbuffer())
        self.path = folder / self.names[0] if len(files) == 1 else folder


def _file_name(given: str, position: int) -> str:
    """The last part of a name, whatever machine it is from: nothing is written outside of the folder."""
    name = PurePosixPath(given.replace("\\", "/").replace("\0", "")).name
    return name if name not in ("", ".", "..") else f"file_{position + 1}"
