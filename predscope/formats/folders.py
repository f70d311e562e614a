"""Walking folders of label files, and the frame names that follow from where a file stands."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from predscope.reading_progress import pulse

SAMPLE_FILES: Final = 64
"""How many files of a folder are looked at to judge it."""


def walk_files(root: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    """Files below a folder by their endings (lower case), sorted; hidden ones are left out.

    Links to folders are followed, each folder is visited once. A file is its own walk.
    """
    if root.is_file():
        yield root
        return
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        pulse()
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122 - much faster
                pulse()
                yield Path(folder, name)


def sample_files(root: Path, suffixes: frozenset[str], count: int = SAMPLE_FILES) -> list[Path]:
    """The first few files of ``walk_files``."""
    return list(islice(walk_files(root, suffixes), count))


def frame_names(
    files: Sequence[Path], root: Path, *, container: str | Sequence[str] | None = None, keep_suffix: bool = False
) -> list[str]:
    """Names of the frames that files of one frame each belong to, "/" separated.

    The file's path below ``root`` without its ending, so that frames keep their folders: ``clips/a/000004``. Of a
    format whose own folders are not known (no ``container``), the file's stem where stems are unique.

    Args:
        container: name or names of folders that say nothing of the frame (``labels``), left out of paths.
        keep_suffix: keep the ending of the file.
    """
    names = [path.name if keep_suffix else path.stem for path in files]
    if container is None and max(Counter(names).values(), default=0) <= 1:
        return names
    left_out = {container} if isinstance(container, str) else set(container or ())
    folders = [place_below(path, root).split("/")[:-1] for path in files]
    return [
        "/".join([*(part for part in parts if part not in left_out), name])
        for parts, name in zip(folders, names, strict=True)
    ]


def place_below(path: Path, root: Path) -> str:
    """The path below ``root``, "/" separated; the file's name where it is not below."""
    text, prefix = os.fspath(path), os.path.join(os.fspath(root), "")  # noqa: PTH118 - much faster, called for each file
    if prefix == os.path.join(os.curdir, ""):  # noqa: PTH118
        prefix = ""
    if not text.startswith(prefix):
        return path.name
    return text[len(prefix) :].replace(os.sep, "/")
