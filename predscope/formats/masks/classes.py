"""Names of the classes in mask images, from a list that stands beside them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from predscope.errors import InputError
from predscope.formats.content import read_text

_FILES: Final = (
    *("class_names.txt", "classes.txt", "labels.txt", "class_map.json", "classes.json", "ontology_label_map.json"),
    *("label_map.json", "labelmap.txt"),
)
_LEVELS_ABOVE: Final = 2
_MAX_VALUE: Final = (1 << 16) - 1
_BACKGROUND: Final = re.compile(r"_*(background|bg|unlabel+ed|void)_*", re.IGNORECASE)
_IGNORE: Final = re.compile(r"_+ignore_*", re.IGNORECASE)
_VOID: Final = re.compile(r"_*(void|ignored?|border|boundary|unlabel+ed|don'?t[ _]?care)_*", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(\d+)[\s:,;=]+(\S.*)")
_NAMED: Final = re.compile(r"(\S.*?)[\s:,;=]+(\d+)")


def is_background(name: str) -> bool:
    """Whether a pixel value of this name is what lies behind all objects."""
    return _BACKGROUND.fullmatch(name.strip()) is not None and not is_void(name)


def is_void(name: str) -> bool:
    """Whether nothing is said of pixels of a value of this name."""
    return _VOID.fullmatch(name.strip()) is not None


def find_class_names(source: Path) -> tuple[dict[int, str], Path] | None:
    """Names by pixel value, and the file they come from: inside the folder of masks, or up to two folders above."""
    folder = (source if source.is_dir() else source.parent).absolute()
    for level in [folder, *folder.parents][: _LEVELS_ABOVE + 1]:
        for file_name in _FILES:
            path = level / file_name
            if not path.is_file():
                continue
            try:
                names = read_class_names(path)
            except InputError:
                continue
            if names:
                return names, path
    return None


def read_class_names(path: Path) -> dict[int, str]:
    """Names by pixel value; {} where the file has none.

    Lists with one name a line start at pixel value 0 if the first one is the background, at -1 if it is an
    ``__ignore__`` before the background, else at 1: 0 is always the background. JSON may be a list of names, a list of
    objects with id and name, or an object of names and values, either way round.
    """
    text = read_text(path)
    if path.suffix.lower() == ".json":
        try:
            return _from_json(json.loads(text))
        except (ValueError, RecursionError):
            return {}
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for pattern, value_at, name_at in ((_NUMBERED, 1, 2), (_NAMED, 2, 1)):
        pairs = [pattern.fullmatch(line) for line in lines]
        if lines and all(pairs):
            return _in_range({int(pair[value_at]): pair[name_at].strip() for pair in pairs if pair})
    return _from_names(lines)


def _from_names(names: list[str]) -> dict[int, str]:
    start = 1
    if names and _BACKGROUND.fullmatch(names[0]):
        start = 0
    elif len(names) > 1 and _IGNORE.fullmatch(names[0]) and _BACKGROUND.fullmatch(names[1]):
        start = -1
    return _in_range(dict(enumerate(names, start)))


def _from_json(data: Any) -> dict[int, str]:
    if isinstance(data, list):
        if all(isinstance(entry, str) for entry in data):
            return _from_names(data)
        pairs = [(entry.get("id"), entry.get("name")) for entry in data if isinstance(entry, dict)]
        return _in_range({value: name for value, name in pairs if type(value) is int and isinstance(name, str)})
    if not isinstance(data, dict):
        return {}
    by_value = {int(key): value for key, value in data.items() if key.isdecimal() and isinstance(value, str)}
    by_name = {value: key for key, value in data.items() if type(value) is int}
    return _in_range(by_name or by_value)


def _in_range(names: dict[int, str]) -> dict[int, str]:
    return {value: name for value, name in names.items() if 0 <= value <= _MAX_VALUE}
