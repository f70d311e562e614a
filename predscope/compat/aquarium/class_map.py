"""The class map of a project: names, ids, colours, roll-up, and what evaluations leave out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from predscope.compat.aquarium.values import identifier, mapping
from predscope.errors import InputError

tableau_colors: Final[list[tuple[int, int, int]]] = [
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189),
    (140, 86, 75), (227, 119, 194), (127, 127, 127), (188, 189, 34), (23, 190, 207),
]  # fmt: skip
"""Tableau's ten colours (red, green, blue), for up to ten classes."""

orig_label_color_list: Final[list[tuple[int, int, int]]] = [
    *tableau_colors,
    (174, 199, 232), (255, 187, 120), (152, 223, 138), (255, 152, 150), (197, 176, 213),
    (196, 156, 148), (247, 182, 210), (199, 199, 199), (219, 219, 141), (158, 218, 229),
]  # fmt: skip
"""Twenty colours: Tableau's ten and their lighter kin, for up to twenty classes."""

MAX_TABLEAU: Final = len(tableau_colors)
MAX_LISTED: Final = len(orig_label_color_list)


class ClassMapEntry:
    """A class, or a finer kind of one.

    Args:
        name: as labels and inferences spell it; upper and lower case differ.
        class_id: its number; the pixel value of semantic masks.
        color: red, green, blue, 0 to 255.
        train_name: the class that the model is trained for: labels of this class count as that one.
        train_id: number of that class.
        category, category_id: the group it belongs to.
        has_instances: whether each label is an object of its own.
        ignore_in_eval: whether evaluations leave it out.
        train_color: colour of inferences.
        keypoint_names: names of its keypoints, in order.
        skeleton: pairs of indices into them, ``[[0, 1], ...]`` or ``[{"start": 0, "end": 1}, ...]``.
    """

    def __init__(
        self,
        *,
        name: str,
        class_id: int,
        color: Sequence[int],
        train_name: str | None = None,
        train_id: int | None = None,
        category: str | None = None,
        category_id: int | None = None,
        has_instances: bool = True,
        ignore_in_eval: bool = False,
        train_color: Sequence[int] | None = None,
        keypoint_names: Sequence[str] | None = None,
        skeleton: Sequence[Any] | None = None,
    ) -> None:
        self.name = identifier(name, "name", "class map")
        where = f"class {self.name!r}"
        self.class_id = whole_number(class_id, "class_id", where)
        self.color = rgb(color, "color", where)
        self.train_name = None if train_name is None else identifier(train_name, "train_name", where)
        self.train_id = None if train_id is None else whole_number(train_id, "train_id", where)
        self.category = None if category is None else identifier(category, "category", where)
        self.category_id = None if category_id is None else whole_number(category_id, "category_id", where)
        self.has_instances = bool(has_instances)
        self.ignore_in_eval = bool(ignore_in_eval)
        self.train_color = None if train_color is None else rgb(train_color, "train_color", where)
        self.keypoint_names = [identifier(entry, "keypoint_names", where) for entry in keypoint_names or ()]
        self.skeleton = [_bone(entry, len(self.keypoint_names), where) for entry in skeleton or ()]

    @property
    def counted_name(self) -> str:
        """The class that it counts as."""
        return self.train_name or self.name

    def to_dict(self) -> dict[str, Any]:
        """As ``Client.get_project`` gives it under ``label_class_map``."""
        return {
            "name": self.name,
            "id": self.class_id,
            "color": list(self.color),
            "train_name": self.train_name,
            "train_id": self.train_id,
            "category": self.category,
            "category_id": self.category_id,
            "has_instances": self.has_instances,
            "ignore_in_eval": self.ignore_in_eval,
            "train_color": None if self.train_color is None else list(self.train_color),
            "keypoint_names": list(self.keypoint_names),
            "skeleton": [list(bone) for bone in self.skeleton],
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> ClassMapEntry:
        record = mapping(record, "an entry of the class map", "class map")
        return cls(class_id=record["id"], **{key: value for key, value in record.items() if key != "id"})

    def __repr__(self) -> str:
        return f"ClassMapEntry(name={self.name!r}, class_id={self.class_id}, color={self.color})"


class ClassMapUpdateEntry:
    """New colours of a class, found by name or number."""

    def __init__(
        self,
        *,
        name: str | None = None,
        class_id: int | None = None,
        color: Sequence[int] | None = None,
        train_color: Sequence[int] | None = None,
    ) -> None:
        if name is None and class_id is None:
            raise InputError("give the name or the class_id of the class.", where="ClassMapUpdateEntry")
        self.name = name
        self.class_id = None if class_id is None else whole_number(class_id, "class_id", "ClassMapUpdateEntry")
        where = f"class {name!r}"
        self.color = None if color is None else rgb(color, "color", where)
        self.train_color = None if train_color is None else rgb(train_color, "train_color", where)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "id": self.class_id, "color": self.color, "train_color": self.train_color}


class LabelClassMap:
    """The classes of a project.

    Args:
        entries: each name and each number once.
    """

    def __init__(self, entries: Iterable[ClassMapEntry] | None = None) -> None:
        self.entries: list[ClassMapEntry] = []
        for entry in entries or ():
            self.add_entry(entry)

    def add_entry(self, entry: ClassMapEntry) -> None:
        """Add a class.

        Raises:
            InputError: there is one of that name or number already.
        """
        if not isinstance(entry, ClassMapEntry):
            raise InputError(f"expected a ClassMapEntry, got {type(entry).__name__}.", where="class map")
        for known in self.entries:
            if known.name == entry.name or known.class_id == entry.class_id:
                raise InputError(
                    f"{entry!r} has the name or number of {known!r}.", where="class map", fix="Give each class its own."
                )
        self.entries.append(entry)

    @classmethod
    def from_classnames(cls, classnames: Iterable[str]) -> LabelClassMap:
        """Classes numbered from 0 in the order given, each with a colour of its own."""
        names = list(classnames)
        return cls(
            ClassMapEntry(name=name, class_id=number, color=color)
            for number, (name, color) in enumerate(zip(names, distinct_colors(len(names)), strict=True))
        )

    def to_dict(self) -> list[dict[str, Any]]:
        return [entry.to_dict() for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)


def distinct_colors(count: int) -> list[tuple[int, int, int]]:
    """Tableau's colours for up to ten classes, a list of twenty for up to twenty, else steps of the turbo scale."""
    if count <= MAX_TABLEAU:
        return tableau_colors[:count]
    if count <= MAX_LISTED:
        return orig_label_color_list[:count]
    import cv2  # most class maps are shorter

    steps = np.linspace(0, 255, count).round().astype(np.uint8)
    scale = cv2.applyColorMap(steps, cv2.COLORMAP_TURBO).reshape(-1, 3).tolist()
    return [(int(red), int(green), int(blue)) for blue, green, red in scale]


def rgb(value: Any, what: str, where: str) -> tuple[int, int, int]:
    """Three whole numbers from 0 to 255.

    Raises:
        InputError: it is something else.
    """
    parts = list(value) if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) else []
    if len(parts) == 3 and all(_is_whole(part) and 0 <= part <= 255 for part in parts):
        return int(parts[0]), int(parts[1]), int(parts[2])
    raise InputError(
        f"{what} must be three whole numbers from 0 to 255 (red, green, blue), got {value!r}.", where=where
    )


def hex_color(color: Sequence[int]) -> str:
    """``#RRGGBB``."""
    return "#{:02X}{:02X}{:02X}".format(*color)


def whole_number(value: Any, what: str, where: str) -> int:
    """A whole number.

    Raises:
        InputError: it is something else.
    """
    if not _is_whole(value):
        raise InputError(f"{what} must be a whole number, got {value!r}.", where=where)
    return int(value)


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | np.integer) or (isinstance(value, float | np.floating) and float(value).is_integer())


def _bone(value: Any, count: int, where: str) -> tuple[int, int]:
    ends = (value.get("start"), value.get("end")) if isinstance(value, dict) else tuple(value)
    if len(ends) != 2 or not all(_is_whole(end) and 0 <= end < count for end in ends):
        raise InputError(f"skeleton must be pairs of indices of keypoint_names, got {value!r}.", where=where)
    return int(ends[0]), int(ends[1])
