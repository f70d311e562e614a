"""A folder of Parquet parts: each is written whole under a name that sorts by time, and never changes."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

SUFFIX: Final = ".parquet"
COMPACT_ABOVE: Final = 8
"""Parts that are left as they are; of more, one is made."""
READ_ATTEMPTS: Final = 5
"""Somebody else may merge the parts between listing and reading them."""


def list_parts(folder: Path) -> tuple[str, ...]:
    """Names of the parts, oldest first: they change with every change of what the folder holds."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return ()
    return tuple(sorted(name for name in names if name.endswith(SUFFIX) and not name.startswith(".")))


def write_part(folder: Path, table: pa.Table, *, use_dictionary: bool = True) -> None:
    """Add a part; readers see all of it or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(3)}{SUFFIX}"
    temporary = folder / f".{name}.part"
    pq.write_table(table, temporary, compression="zstd", compression_level=1, use_dictionary=use_dictionary)
    temporary.replace(folder / name)


def remove_parts(folder: Path, parts: Iterable[str]) -> None:
    """Remove parts whose content is in a later one; readers that have listed them list again."""
    for part in parts:
        (folder / part).unlink(missing_ok=True)


def sweep_unfinished(folder: Path) -> None:
    """Remove what writers that were killed have left behind. To be called by the only writer."""
    for path in folder.glob(f".*{SUFFIX}.part") if folder.is_dir() else ():
        path.unlink(missing_ok=True)
