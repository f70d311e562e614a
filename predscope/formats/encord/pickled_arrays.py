"""NumPy arrays and numbers in pickles, as numpy 1 and 2 write them with every protocol, read without numpy's own code.

What numpy does on unpickling is done by hand: a shape, a plain number type and bytes that must fit them. Arrays of
Python objects, and whatever else a pickle could ask of numpy, are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from predscope.formats.encord.pickle_objects import Builder, Instance
from predscope.formats.encord.pickle_values import PickleError

_NUMBER: Final = re.compile(r"b1|[iu][1248]|f[248]")
_TEXT: Final = re.compile(r"U[1-9]\d{0,3}")
_MODULES: Final = ("numpy.core", "numpy._core")
_MAX_DIMENSIONS: Final = 8


class PickledArray(Instance):
    """An array; ``array`` reads it. The state is checked when that is done."""

    __slots__ = ()

    def array(self) -> np.ndarray:
        """A view of the bytes of the pickle, not to be written to.

        Raises:
            PickleError: the shape, the type and the bytes do not fit together.
        """
        state = self.state
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise PickleError("an array has no content")
        shape, kind, is_fortran, raw = state[-4:]
        dtype = _dtype_of(kind, _NUMBER)
        if not isinstance(raw, bytes | memoryview) or not _is_shape(shape):
            raise PickleError("an array has no shape, or no bytes")
        if math.prod(shape) * dtype.itemsize != len(raw):
            raise PickleError(f"an array of {' x '.join(map(str, shape))} {dtype} has {len(raw):,} bytes")
        flat = np.frombuffer(raw, dtype) if len(raw) else np.zeros(0, dtype)
        return flat.reshape(shape, order="F" if is_fortran else "C")


class _PickledType(Instance):
    """A number type; its byte order follows as the state."""

    __slots__ = ()


def array_builder(module: str, name: str) -> Builder | None:
    """What takes the place of the functions and types by which numpy's arrays and numbers are pickled."""
    if module == "numpy" and name in ("ndarray", "dtype"):
        return _refuse_array if name == "ndarray" else _build_type
    for package in _MODULES:
        if module == f"{package}.multiarray":
            return {"_reconstruct": _build_empty, "scalar": _build_scalar}.get(name)
        if module == f"{package}.numeric" and name == "_frombuffer":
            return _build_from_buffer
    return None


def _refuse_array(arguments: tuple[Any, ...]) -> Any:
    raise PickleError("it makes an array in a way in which arrays are not pickled")


def _build_type(arguments: tuple[Any, ...]) -> _PickledType:
    return _PickledType("numpy.dtype", arguments)


def _build_empty(arguments: tuple[Any, ...]) -> PickledArray:
    return PickledArray("numpy.ndarray")


def _build_from_buffer(arguments: tuple[Any, ...]) -> PickledArray:
    if len(arguments) != 4:
        raise PickleError("an array has no content")
    raw, kind, shape, order = arguments
    array = PickledArray("numpy.ndarray")
    array.state = (shape, kind, order == "F", raw)
    return array


def _build_scalar(arguments: tuple[Any, ...]) -> Any:
    """A number or a text of numpy, as Python's own."""
    kind, raw = arguments if len(arguments) == 2 else (None, None)
    dtype = _dtype_of(kind, re.compile(f"{_NUMBER.pattern}|{_TEXT.pattern}"))
    if not isinstance(raw, bytes) or len(raw) != dtype.itemsize:
        raise PickleError(f"a number of the type {dtype} has other bytes")
    return np.frombuffer(raw, dtype)[0].item()


def _dtype_of(kind: Any, allowed: re.Pattern[str]) -> np.dtype:
    """The number type of a pickle; never one of objects, or of several fields."""
    if not isinstance(kind, _PickledType) or not kind.arguments or not isinstance(kind.arguments[0], str):
        raise PickleError("an array has no type of numbers")
    text = kind.arguments[0]
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "|"
    if not allowed.fullmatch(text) or order not in ("<", ">", "=", "|"):
        raise PickleError(f"an array of the type {text[:40]!r} is not allowed: expected numbers")
    return np.dtype((order if order != "|" else "=") + text)


def _is_shape(shape: Any) -> bool:
    if not isinstance(shape, Sequence) or isinstance(shape, str) or len(shape) > _MAX_DIMENSIONS:
        return False
    return all(type(side) is int and 0 <= side < 2**40 for side in shape)
