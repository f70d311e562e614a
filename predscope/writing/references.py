"""What a program calls frames and classes, as an import finds them: by id or by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np

from predscope.errors import InputError
from predscope.formats.base import Reference, text_column
from predscope.schema import ObjectClass
from predscope.writing.arrays import as_array, as_scalar


def frame_reference(frame: Any) -> int | str:
    """A frame as an import finds it: an id, or a name.

    Args:
        frame: an id of the labels (int), a frame id, file name, stem or data_hash (str), a path, or a video and the
            number of a frame in it.

    Raises:
        InputError: it is nothing of that.
    """
    if isinstance(frame, str):
        return frame
    if isinstance(frame, tuple) and len(frame) == 2:
        video, number = frame[0], as_scalar(frame[1])
        if isinstance(video, str | PurePath) and isinstance(number, int) and number >= 0:
            return f"{_path_text(video)}#{number}"
    if isinstance(frame, PurePath):
        return _path_text(frame)
    value = as_scalar(frame)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value
    raise InputError(
        f"a frame must be an id, a name, or (video, frame number), got {frame!r}.",
        fix="Give what the labels or the images folder call it: its file name, its stem, or the labels' image id.",
    )


def class_reference(class_: Any) -> int | str:
    """A class as an import finds it: an id, or a name (or hash).

    Raises:
        InputError: it is neither.
    """
    if isinstance(class_, str):
        return class_
    if isinstance(class_, ObjectClass):
        return class_.name
    value = as_scalar(class_)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value
    raise InputError(f"a class must be an id or a name, got {class_!r}.")


def reference_columns(values: Any, convert: Callable[[Any], int | str], what: str) -> tuple[np.ndarray, Reference]:
    """References of many objects: int64 ids, or an object array of names.

    Args:
        values: a list, array or tensor.
        convert: of one.
        what: the argument's name.

    Raises:
        InputError: not one-dimensional, or not references.
    """
    if isinstance(values, list | tuple):
        return references_column([convert(value) for value in values])
    array = as_array(values)
    if array.ndim != 1:
        raise InputError(f"{what} must be one-dimensional, got the shape {array.shape}.")
    if array.dtype.kind in "iu":
        return array.astype(np.int64), "id"
    if array.dtype.kind == "f" and (array == np.trunc(array)).all():
        return array.astype(np.int64), "id"
    return references_column([convert(value) for value in array.tolist()])


def one_reference(value: int | str, count: int) -> tuple[np.ndarray, Reference]:
    """The same reference for all of some objects."""
    if isinstance(value, int):
        return np.full(count, value, np.int64), "id"
    return np.full(count, value, object), "name"


def references_column(values: list[int | str]) -> tuple[np.ndarray, Reference]:
    """References as ``frame_reference`` and ``class_reference`` give them: int64, or an object array of names."""
    if all(isinstance(value, int) for value in values):
        return np.array(values, np.int64), "id"
    return text_column([str(value) for value in values]), "name"


def _path_text(path: str | PurePath) -> str:
    return path if isinstance(path, str) else path.as_posix()
