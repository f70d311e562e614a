"""The original classes as far as pickles show them: pydantic models, or plain objects, in the original's module."""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

MODULE = "encord_active.lib.db.predictions"
NAMES = ("Prediction", "ObjectDetection", "FrameClassification", "BoundingBox")


class _PydanticModel:
    """Its state as pydantic 1 shapes it."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "__dict__": self.__dict__,
            "__fields_set__": set(self.__dict__),
            "__private_attribute_values__": {},
        }


class _PydanticModel2(_PydanticModel):
    """The same for pydantic 2."""

    def __getstate__(self) -> dict[str, Any]:
        return {
            "__dict__": self.__dict__,
            "__pydantic_extra__": None,
            "__pydantic_fields_set__": set(self.__dict__),
            "__pydantic_private__": None,
        }


class _Plain:
    """An object whose state is its attributes."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


KINDS = {"pydantic": _PydanticModel, "pydantic 2": _PydanticModel2, "plain": _Plain}


@contextmanager
def original_classes(kind: str = "pydantic") -> Iterator[SimpleNamespace]:
    """The classes, importable by their original names until the block ends."""
    parents = [MODULE.rsplit(".", depth)[0] for depth in (3, 2, 1)]
    modules = {name: types.ModuleType(name) for name in (*parents, MODULE)}
    home = modules[MODULE]
    for name in NAMES:
        setattr(home, name, type(name, (KINDS[kind],), {"__module__": MODULE}))
    formats = {"BOUNDING_BOX": "bounding-box", "MASK": "mask", "POLYGON": "polygon"}
    home.Format = enum.Enum("Format", formats, type=str, module=MODULE)  # type: ignore[attr-defined]
    sys.modules.update(modules)
    try:
        yield SimpleNamespace(**{name: getattr(home, name) for name in (*NAMES, "Format")})
    finally:
        for name in modules:
            del sys.modules[name]
