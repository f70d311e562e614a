"""Values and embeddings from files of the user's: CSV and Parquet columns, NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from predscope.errors import FileParsingError, InputError
from predscope.importing.frames.names import NameIndex
from predscope.importing.references import listed
from predscope.metrics.metric import MAX_NAME_LENGTH
from predscope.metrics.registry import is_builtin
from predscope.metrics.sources import EMBEDDING_COLUMN, KEY_COLUMN, JoinedOn, Key, Source, publish_source
from predscope.project import ObjectSet, Project

FRAME_KEYS: Final = ("frame_id", "frame", "file_name", "filename", "image", "image_path", "path", "name", "id")
OBJECT_KEYS: Final = ("row", "object_id", "source_id", "annotation_id", "id")
_ROW_KEYS: Final = ("row", "object_id")
_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".parquet", ".npy", ".npz")


@dataclass(frozen=True, slots=True)
class JoinResult:
    """What became of a file.

    Attributes:
        project: the new revision.
        source: what was kept.
        rows: rows of the file.
        matched: of them, those whose frame or object the project has.
        of: frames of the project, or objects of the set.
        unmatched: the first few names that were not found.
        dimensions: of embeddings; 0 for columns.
    """

    project: Project
    source: Source
    rows: int
    matched: int
    of: int
    unmatched: tuple[str, ...]
    dimensions: int = 0


def join_values(
    project: Project,
    path: Path,
    *,
    on: JoinedOn,
    set_name: str | None = None,
    key: str | None = None,
    columns: Sequence[str] | Mapping[str, str] | None = None,
) -> JoinResult:
    """Keep columns or embeddings of a file in the project.

    Args:
        path: CSV or Parquet with one row a frame or object; a Parquet column of lists of numbers is an embedding. A
            ``.npy`` array of one row for each frame (in the project's order) or object (by row) is one too, and so is a
            ``.npz`` with arrays "ids" and "embeddings".
        on: what the rows are about.
        set_name: which labels or predictions; None: the only set, or of several label sets the first.
        key: the column that names them; None: by its name, see ``FRAME_KEYS`` and ``OBJECT_KEYS``. Frames go by id,
            file name or stem; objects by row in the newest version of the set, or by the id that their file gives them.
        columns: names to keep, or names in the file to names of metrics; None: all but the key.

    Raises:
        InputError: the file cannot be used, or nothing of it belongs to the project.
        ProjectError: there is no such set.
    """
    if on not in get_args(JoinedOn):
        raise InputError(f"--on must be one of {', '.join(get_args(JoinedOn))}, got {on!r}.")
    path = Path(path)
    objects = None if on == "frame" else _object_set(project, on, set_name)
    if on == "frame" and set_name is not None:
        raise InputError("--set is for labels and predictions; frames belong to no set.", where=path)
    of = len(project.frames_table) if objects is None else objects.count
    table, key = _read(path, key, objects, of)
    keys, kind, unmatched = _resolved(project, table, key, objects)
    is_known = keys.is_valid()
    chosen = _chosen_columns(path, table, key, columns)
    matched = int(pc.sum(is_known).as_py() or 0)
    if not matched:
        what = "a frame" if objects is None else f"an object of {objects.role} {objects.name!r}"
        raise InputError(
            f"none of its {len(table):,} rows names {what} of the project; column {key!r} holds "
            f"{listed([str(name) for name in unmatched], 3)}.",
            where=path,
            fix="Name the right column with --key.",
        )
    kept = pa.table([keys, *(table[name].combine_chunks() for name in chosen)], names=[KEY_COLUMN, *chosen.values()])
    kept = kept.filter(is_known)
    vectors = [name for name in chosen if _is_vector(table.schema.field(name).type)]
    if vectors:
        kept = pa.table([kept[KEY_COLUMN], _embedding(path, kept[chosen[vectors[0]]])], [KEY_COLUMN, EMBEDDING_COLUMN])
    else:
        kept = pa.table(
            [kept[KEY_COLUMN], *(_plain(kept[name]) for name in chosen.values())], [KEY_COLUMN, *chosen.values()]
        )
    newer, source = publish_source(
        project,
        kept,
        on=on,
        set_name=None if objects is None else objects.name,
        key=kind,
        version=objects.version if objects is not None and kind == "row" else None,
        columns=() if vectors else tuple(chosen.values()),
        origin=path.name,
    )
    dimensions = kept.schema.field(EMBEDDING_COLUMN).type.list_size if vectors else 0
    return JoinResult(newer, source, len(table), matched, of, tuple(unmatched[:5]), dimensions)


def _object_set(project: Project, on: str, set_name: str | None) -> ObjectSet:
    role: Any = f"{on}s"
    names = project.set_names(role)
    if set_name is None and role == "predictions" and len(names) > 1:
        raise InputError(f"there are several prediction sets: {', '.join(names)}.", fix="Name one with --set.")
    return project.objects(role, set_name)


def _read(path: Path, key: str | None, objects: ObjectSet | None, of: int) -> tuple[pa.Table, str]:
    """The file as a table, and the name of its key column."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise InputError("there is no such file.", where=path, fix="Check the path.")
    if suffix not in _SUFFIXES:
        raise InputError(f"expected one of {', '.join(_SUFFIXES)}.", where=path, fix="Save it in one of these formats.")
    if suffix in (".npy", ".npz"):
        return _read_arrays(path, objects, of), KEY_COLUMN
    try:
        if suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
        else:
            separator = "\t" if suffix == ".tsv" else ","
            table = pa_csv.read_csv(
                path,
                parse_options=pa_csv.ParseOptions(delimiter=separator),
                convert_options=pa_csv.ConvertOptions(strings_can_be_null=True),
            )
    except (OSError, pa.ArrowException) as error:
        raise FileParsingError(f"it cannot be read ({str(error).splitlines()[0]}).", where=path) from None
    names = table.column_names
    if len(set(names)) < len(names):
        raise FileParsingError("two of its columns have the same name.", where=path, fix="Rename one.")
    if key is None:
        by_lower = {name.lower(): name for name in reversed(names)}
        wanted = FRAME_KEYS if objects is None else OBJECT_KEYS
        key = next((by_lower[name] for name in wanted if name in by_lower), None)
        if key is None:
            raise InputError(
                f"none of its columns ({', '.join(names[:8])}) says which {'frame' if objects is None else 'object'} a "
                f"row is about; looked for {', '.join(wanted)}.",
                where=path,
                fix="Name the column with --key.",
            )
    elif key not in names:
        raise InputError(f"it has no column {key!r}; it has {', '.join(names[:12])}.", where=path)
    return table, key


def _read_arrays(path: Path, objects: ObjectSet | None, of: int) -> pa.Table:
    try:
        loaded = np.load(path, allow_pickle=False)
        if path.suffix.lower() == ".npy":
            vectors, keys = loaded, None
        else:
            with loaded:
                vectors, keys = loaded["embeddings"], loaded["ids"]
    except KeyError:
        raise FileParsingError('expected arrays "ids" and "embeddings".', where=path) from None
    except (OSError, ValueError) as error:
        raise FileParsingError(f"it cannot be read ({error}).", where=path) from None
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu" or not vectors.shape[1]:
        raise FileParsingError(
            f"embeddings must be numbers of shape (n, dimensions), got {vectors.dtype} {vectors.shape}.", where=path
        )
    if keys is None:
        if len(vectors) != of:
            what = "frames of the project" if objects is None else f"objects of {objects.name!r}"
            raise InputError(
                f"expected one row for each of the {of:,} {what}, got {len(vectors):,}.",
                where=path,
                fix='Save a .npz with "ids" beside "embeddings" if some are left out.',
            )
        keys = np.arange(of)
    if len(keys) != len(vectors):
        raise FileParsingError(f'"ids" has {len(keys):,} entries, "embeddings" {len(vectors):,} rows.', where=path)
    flat = pa.array(vectors.astype(np.float32).reshape(-1))
    return pa.table(
        [pa.array(keys), pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])], [KEY_COLUMN, "vectors"]
    )


def _resolved(
    project: Project, table: pa.Table, key: str, objects: ObjectSet | None
) -> tuple[pa.Array, Key, list[str]]:
    """What to keep each row under, null where it names nothing of the project; and the names not found."""
    given = table[key].combine_chunks()
    if objects is None:
        return _resolved_frames(project, given, by_index=key == KEY_COLUMN and pa.types.is_integer(given.type))
    names = [None if value is None else str(value) for value in given.to_pylist()]
    if key.lower() in _ROW_KEYS or key == KEY_COLUMN:
        rows = [_row_number(name, objects.count) for name in names]
        lost = [str(name) for name, row in zip(names, rows, strict=True) if row is None]
        return pa.array(rows, pa.int64()), "row", lost
    known = set(objects.table(["source_id"])["source_id"].to_pylist()) - {None}
    if not known:
        raise InputError(
            f"the objects of {objects.name!r} have no ids of their own to be named by.",
            fix='Name them by their row in a column "row".',
        )
    found = [name if name in known else None for name in names]
    lost = [str(name) for name, match in zip(names, found, strict=True) if match is None]
    return pa.array(found, pa.string()), "source_id", lost


def _resolved_frames(project: Project, given: pa.Array, *, by_index: bool) -> tuple[pa.Array, Key, list[str]]:
    frame_ids = project.frames_table["frame_id"].to_pylist()
    if by_index:
        return pa.array([frame_ids[index] for index in given.to_pylist()]), "frame_id", []
    index = NameIndex(project.frames_table["file_name"].to_pylist())
    source_ids = project.frames_table["source_id"].to_pylist()
    by_source = {name: place for place, name in enumerate(source_ids) if name is not None}
    found: list[str | None] = []
    lost = []
    for value in given.to_pylist():
        name = "" if value is None else str(value)
        place = project.frame_index(name)
        if place is None:
            place = index.find(name).index if name else -1
        if place < 0:
            place = by_source.get(name, -1)
        found.append(frame_ids[place] if place >= 0 else None)
        if place < 0:
            lost.append(name)
    return pa.array(found, pa.string()), "frame_id", lost


def _row_number(name: str | None, count: int) -> int | None:
    """The row in "812", and in the id of an object as the app and its exports spell it, "labels:812"."""
    text = "" if name is None else name.rpartition(":")[2].removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 19 and int(text) < count else None


def _chosen_columns(
    path: Path, table: pa.Table, key: str, columns: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Names in the file -> names of metrics."""
    others = [name for name in table.column_names if name != key]
    if columns is None:
        chosen = {name: name for name in others}
    else:
        chosen = dict(columns) if isinstance(columns, Mapping) else {name: name for name in columns}
    for name, metric_name in chosen.items():
        if name not in others:
            raise InputError(f"it has no column {name!r} to join; it has {', '.join(others[:12])}.", where=path)
        kind = table.schema.field(name).type
        if _is_vector(kind):
            continue
        if not (_is_number(kind) or pa.types.is_boolean(kind) or _is_text(kind) or pa.types.is_null(kind)):
            raise InputError(
                f"column {name!r} holds {kind}; expected numbers, text, yes and no, or lists of numbers.",
                where=path,
                fix="Choose the columns with --column.",
            )
        if is_builtin(metric_name):
            raise InputError(
                f"there is a built-in metric {metric_name!r}.", where=path, fix=f"Rename it: --column {name}=my_{name}"
            )
        if not metric_name.strip() or len(metric_name) > MAX_NAME_LENGTH or not metric_name.isprintable():
            raise InputError(
                f"column {metric_name[:40]!r} cannot be the name of a metric.",
                where=path,
                fix="Rename it: --column A=B",
            )
    if not chosen:
        raise InputError("it has no column beside the key.", where=path)
    vectors = [name for name in chosen if _is_vector(table.schema.field(name).type)]
    if vectors and len(chosen) > 1:
        raise InputError(
            f"column {vectors[0]!r} is an embedding and must be joined by itself.",
            where=path,
            fix=f"Join it with --column {vectors[0]}, and the others in another call.",
        )
    return chosen


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Numbers as float64 or int64, everything else as text."""
    values = column.combine_chunks()
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    if _is_number(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.float64())
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, pa.scalar("yes"), pa.scalar("no"))
    return values.cast(pa.string())


def _embedding(path: Path, column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    lengths = set(pc.unique(pc.list_value_length(values)).to_pylist())
    if len(lengths) != 1 or not (size := lengths.pop()):
        raise FileParsingError("its embeddings are not all of the same length.", where=path)
    numbers = pc.list_flatten(values).cast(pa.float32(), safe=False)
    return pa.FixedSizeListArray.from_arrays(numbers.combine_chunks() if hasattr(numbers, "chunks") else numbers, size)


def _is_vector(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and _is_number(kind.value_type)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
