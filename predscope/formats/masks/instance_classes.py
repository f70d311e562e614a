"""How the numbers in masks of instances tell the class of each instance."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from predscope.errors import InputError
from predscope.formats.content import read_text
from predscope.formats.folders import walk_files
from predscope.formats.json_files.values import UnusableShape, as_object, as_text, as_whole, scalars
from predscope.formats.masks.classes import find_class_names
from predscope.formats.masks.files import UnusableMask, read_mask
from predscope.formats.masks.instance_files import IDS_PER_CLASS
from predscope.formats.shape_rows import read_confidence
from predscope.schema import DeclaredClass

CITYSCAPES_CLASSES: Final = (
    *("unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "road"),
    *("sidewalk", "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel", "pole"),
    *("polegroup", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider", "car", "truck"),
    *("bus", "caravan", "trailer", "train", "motorcycle", "bicycle"),
)
"""Names of label ids (https://github.com/mcordts/cityscapesScripts, ``helpers/labels.py``)."""
_CITYSCAPES_VOID: Final = 4
_CITYSCAPES_FIRST_THING: Final = 24
_CITYSCAPES_IGNORED: Final = frozenset({4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30})
_CLASS_KEYS: Final = ("class", "class_name", "category", "category_name", "label", "name", "category_id", "class_id")
_SCORE_KEYS: Final = ("confidence", "score")
_LIST_KEYS: Final = ("objects", "instances", "segments_info", "annotations", "segments")
_SHARED_FILES: Final = ("instances.json", "instance_classes.json", "meta.json")
_LEVELS_ABOVE: Final = 2
VOID: Final = 255
UNNAMED: Final = "object"


@dataclass(slots=True)
class Instance:
    """What is known of an instance besides its pixels."""

    class_name: str
    confidence: float = math.nan
    is_crowd: bool = False
    track_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class ClassSource(Protocol):
    """Tells the class of the instances of a file."""

    classes: list[DeclaredClass] | None

    def without(self) -> tuple[int, ...]:
        """Numbers of pixels that are no instances."""

    def describe(self, path: Path, numbers: np.ndarray, values: list[int]) -> list[Instance | UnusableShape]:
        """What each of these numbers is, or why its class is not known.

        Raises:
            UnusableMask: the file cannot be used at all.
        """


class PairedClasses:
    """A mask of classes for each mask of instances, as Pascal VOC has them: the class of most of its pixels."""

    def __init__(self, source: Path) -> None:
        found = find_class_names(source)
        self._names = {} if found is None else found[0]
        self.classes = [DeclaredClass(name, str(value)) for value, name in sorted(self._names.items()) if value] or None

    def without(self) -> tuple[int, ...]:
        return (-1, 0, VOID)

    def describe(self, path: Path, numbers: np.ndarray, values: list[int]) -> list[Instance | UnusableShape]:
        pair = _class_mask(path)
        if pair is None:
            raise UnusableMask(f"there is no mask of classes for it in {path.parent.name.replace('Object', 'Class')}")
        classes = read_mask(pair).astype(np.int64)
        if classes.shape != numbers.shape:
            raise UnusableMask(f"its mask of classes is of another size: {classes.shape}, not {numbers.shape}")
        is_class = (classes > 0) & (classes != VOID)
        pairs, counts = np.unique(np.stack([numbers[is_class], classes[is_class]]), axis=1, return_counts=True)
        found: list[Instance | UnusableShape] = []
        for value in values:
            of_value = pairs[0] == value
            if not of_value.any():
                detail = f"instance {value} has no pixel of a class"
                found.append(UnusableShape("class_missing", "Objects name no class.", detail))
                continue
            best = int(pairs[1][of_value][np.argmax(counts[of_value])])
            found.append(Instance(self._names.get(best, f"class {best}")))
        return found


def _class_mask(path: Path) -> Path | None:
    folder = path.parent.with_name(path.parent.name.replace("Object", "Class", 1))
    for suffix in (path.suffix, ".png", ".npy"):
        candidate = folder / f"{path.stem}{suffix}"
        if candidate.is_file() and candidate != path:
            return candidate
    return None


class NumberedClasses:
    """Class * 1000 + instance; a number below 1000 is a class without instances (of a thing: a group)."""

    def __init__(self, source: Path, *, cityscapes: bool) -> None:
        self._cityscapes = cityscapes
        if cityscapes:
            self._names = dict(enumerate(CITYSCAPES_CLASSES))
        else:
            found = find_class_names(source)
            self._names = _category_names(source) if found is None else found[0]
        ignored = _CITYSCAPES_IGNORED if cityscapes else frozenset()
        first = _CITYSCAPES_VOID if cityscapes else 1
        self.classes = [
            DeclaredClass(name, str(value), is_ignored=True if value in ignored else None)
            for value, name in sorted(self._names.items())
            if value >= first
        ] or None

    def without(self) -> tuple[int, ...]:
        return tuple(range(-1, _CITYSCAPES_VOID)) if self._cityscapes else (-1, 0)

    def describe(self, path: Path, numbers: np.ndarray, values: list[int]) -> list[Instance | UnusableShape]:
        found: list[Instance | UnusableShape] = []
        for value in values:
            index = value // IDS_PER_CLASS if value >= IDS_PER_CLASS else value
            is_group = value < IDS_PER_CLASS and self._cityscapes and index >= _CITYSCAPES_FIRST_THING
            name = self._names.get(index, f"class {index}")
            attributes = {"isthing": False} if value < IDS_PER_CLASS and not is_group else {}
            found.append(Instance(name, is_crowd=is_group, attributes=attributes))
        return found


def _category_names(source: Path) -> dict[int, str]:
    """Names from a list of COCO categories that lies above the masks."""
    folder = (source if source.is_dir() else source.parent).absolute()
    for level in (folder, *list(folder.parents)[:_LEVELS_ABOVE]):
        for path in sorted(level.glob("*categories*.json")):
            records = _load(path)
            entries = records if isinstance(records, list) else as_object(records).get("categories")
            pairs = [(as_whole(as_object(e).get("id")), as_text(as_object(e).get("name"))) for e in entries or ()]
            names = {value: name for value, name in pairs if value is not None and name is not None}
            if names:
                return names
    return {}


class ListedClasses:
    """JSON beside the masks: a file of the same name for each mask, or one for all; or the ``meta.json`` of videos.

    A file says of each number what it is: ``{"1": "car"}``, ``{"1": {"class": "car", "score": 0.9}}`` or
    ``[{"id": 1, "class": "car"}]``. One for all has such a value for each name of a mask. ``meta.json`` (YouTube-VOS,
    https://youtube-vos.org) has ``videos``, with ``objects`` and their ``category``.
    """

    classes: list[DeclaredClass] | None = None

    def __init__(self, source: Path) -> None:
        self._shared = _find_shared(source)

    @property
    def is_of_videos(self) -> bool:
        return isinstance(self._shared.get("videos"), dict)

    def without(self) -> tuple[int, ...]:
        return (-1, 0)

    def describe(self, path: Path, numbers: np.ndarray, values: list[int]) -> list[Instance | UnusableShape]:
        known = self._known(path)
        video = path.parent.name
        found: list[Instance | UnusableShape] = []
        for value in values:
            record = known.get(value)
            if record is None and not known:
                record = UNNAMED
            try:
                instance = _instance_of(record, value)
            except UnusableShape as reason:
                found.append(reason)
                continue
            if self.is_of_videos:
                instance.track_id = f"{video}/{value}"
            found.append(instance)
        return found

    def _known(self, path: Path) -> dict[int, Any]:
        if self.is_of_videos:
            video = as_object(as_object(self._shared["videos"]).get(path.parent.name))
            return _by_number(as_object(video.get("objects")))
        own = read_sidecar(path)
        if own:
            return own
        for name in (path.name, path.stem):
            if name in self._shared:
                return _by_number(self._shared[name])
        return {}


def read_sidecar(path: Path) -> dict[int, Any]:
    """What the JSON file of the same name says of each number; {} where there is none that says anything."""
    sidecar = path.with_suffix(".json")
    known = _by_number(_load(sidecar)) if sidecar.is_file() else {}
    return known if any(_class_of(record) is not None for record in known.values()) else {}


def _instance_of(record: Any, value: int) -> Instance:
    name = _class_of(record)
    if name is None:
        raise UnusableShape(
            "class_missing", "Objects name no class.", f"instance {value} is not among those that are listed"
        )
    if not isinstance(record, dict):
        return Instance(name)
    score = next((record[key] for key in _SCORE_KEYS if record.get(key) is not None), None)
    attributes = scalars(record, without=frozenset({"id", *_CLASS_KEYS, *_SCORE_KEYS, "frames"}))
    return Instance(name, read_confidence(score), record.get("iscrowd") in (1, True), attributes=attributes)


def _class_of(record: Any) -> str | None:
    if isinstance(record, dict):
        return next((text for key in _CLASS_KEYS if (text := as_text(record.get(key)))), None)
    return as_text(record)


def _by_number(content: Any) -> dict[int, Any]:
    if isinstance(content, dict):
        for key in _LIST_KEYS:
            if isinstance(content.get(key), list):
                return _by_number(content[key])
        return {
            int(key): value for key, value in content.items() if key.isascii() and key.isdecimal() and len(key) < 10
        }
    if isinstance(content, list):
        pairs = [(as_whole(as_object(entry).get("id")), entry) for entry in content]
        return {value: entry for value, entry in pairs if value is not None}
    return {}


def _find_shared(source: Path) -> dict[str, Any]:
    """The JSON file that speaks of all masks: in their folder, in one above, or below the input."""
    folder = (source if source.is_dir() else source.parent).absolute()
    for level in (folder, *list(folder.parents)[:_LEVELS_ABOVE]):
        for name in _SHARED_FILES:
            content = _load(level / name) if (level / name).is_file() else None
            if isinstance(content, dict) and (name != "meta.json" or isinstance(content.get("videos"), dict)):
                return content
    return {}


def _load(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (InputError, ValueError, RecursionError):
        return None


def is_below_annotations(source: Path, files: list[Path]) -> bool:
    """Whether masks lie in a folder for each video below ``Annotations``, beside ``JPEGImages``, as DAVIS has them."""
    for path in files:
        parents = list(path.absolute().parents)[1:4]
        above = next((folder for folder in parents if folder.name == "Annotations"), None)
        if above is None or not (above.parent / "JPEGImages").is_dir():
            return False
    has_xml = source.is_dir() and next(walk_files(source, frozenset({".xml"})), None) is not None
    return bool(files) and not has_xml
