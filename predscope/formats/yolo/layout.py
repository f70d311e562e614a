"""Where the parts of a YOLO data set stand: label files, class names, images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import yaml

from predscope.errors import FileParsingError, InputError
from predscope.formats.content import read_text
from predscope.formats.folders import frame_names, place_below, sample_files, walk_files
from predscope.media import IMAGE_SUFFIXES
from predscope.schema import DeclaredClass

LABEL_SUFFIXES: Final = frozenset({".txt"})
YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})
_LABEL_FOLDERS: Final = ("labels", "obj_train_data")
"""Folders that say nothing of a frame: as Ultralytics and Darknet name them."""
_NAME_LISTS: Final = ("classes.txt", "obj.names", "class_names.txt", "names.txt")
_NOT_LABELS: Final = re.compile(
    r"(readme.*|licen[cs]e.*|source|notes?|classes|class_names|names|requirements|train|val|valid|test|trainval)\.txt",
    re.IGNORECASE,
)
_SPLITS: Final = ("train", "val", "valid", "test")
_MAX_YAML_DEPTH: Final = 50
_MAX_YAML_BYTES: Final = 4 << 20
_MOST_YAML_FILES: Final = 20
_LEVELS_ABOVE: Final = 3
_LEVELS_TO_IMAGES: Final = 2
"""How far above a ``data.yaml`` in a folder of its own the images may lie."""


@dataclass(frozen=True, slots=True)
class YoloDescription:
    """What ``data.yaml`` (or a list of names) says of a data set.

    Attributes:
        path: the file it was read from.
        classes: names by index; ``source_id`` is the index.
        keypoint_shape: number of keypoints and values for each (2 or 3), for pose data sets.
        label_folders: folders of the splits that it names, where they exist.
    """

    path: Path
    classes: list[DeclaredClass]
    keypoint_shape: tuple[int, int] | None = None
    label_folders: tuple[Path, ...] = ()


def find_label_files(source: Path, description: YoloDescription | None) -> list[Path]:
    """The label files of a data set: of the splits it names, else of its ``labels`` folders, else all ``.txt``."""
    if source.is_file() and source.suffix.lower() in LABEL_SUFFIXES:
        return [source]
    root = source if source.is_dir() else source.parent
    if description is not None and description.path.parent == root and description.label_folders:
        found = {path for folder in description.label_folders for path in _label_files(folder)}
        return sorted(found)
    files = list(_label_files(root))
    inside = [path for path in files if "labels" in place_below(path, root).split("/")[:-1]]
    return inside or files


def _label_files(folder: Path) -> Iterator[Path]:
    return (path for path in walk_files(folder, LABEL_SUFFIXES) if not _NOT_LABELS.fullmatch(path.name))


def find_description(source: Path) -> YoloDescription | None:
    """The ``data.yaml`` or list of names that belongs to an input: itself, inside it, beside it, or above it.

    Raises:
        FileParsingError: a ``data.yaml`` that was given itself cannot be used.
    """
    if source.is_file() and source.suffix.lower() in YAML_SUFFIXES:
        return read_description(source)
    folder = (source if source.is_dir() else source.parent).absolute()
    for level in [folder, *folder.parents][: _LEVELS_ABOVE + 1]:
        for path in _description_files(level, any_yaml=level in (folder, folder.parent)):
            try:
                return read_description(path)
            except InputError:
                continue
    return None


def find_description_below(folder: Path) -> YoloDescription | None:
    """The one ``data.yaml`` in a folder below, if it leads to labels of this data set (``configs/data.yaml``)."""
    found = []
    for path in sample_files(folder, YAML_SUFFIXES, _MOST_YAML_FILES):
        try:
            description = read_description(path)
        except InputError:
            continue
        if any(labels.is_relative_to(folder.absolute()) for labels in description.label_folders):
            found.append(description)
    return found[0] if len(found) == 1 else None


def _description_files(folder: Path, *, any_yaml: bool) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if _may_describe(path) and path.is_file())
    except OSError:
        return []
    descriptions = [path for path in files if path.suffix.lower() in YAML_SUFFIXES]
    usual = [path for path in descriptions if path.stem.lower() in ("data", "dataset")]
    others = [path for path in descriptions if any_yaml and path not in usual]
    lists = [path for path in files if path.suffix.lower() not in YAML_SUFFIXES]
    return [*usual, *others, *lists]


def _may_describe(path: Path) -> bool:
    return path.suffix.lower() in (*YAML_SUFFIXES, ".names") or path.name.lower() in _NAME_LISTS


def read_description(path: Path) -> YoloDescription:
    """Read ``data.yaml``, or a list of class names with one name a line.

    Raises:
        FileParsingError: no names in it.
    """
    if path.suffix.lower() not in YAML_SUFFIXES:
        names = [line.strip() for line in read_text(path).splitlines()]
        while names and not names[-1]:
            names.pop()
        if not names:
            raise FileParsingError("has no class names in it.", where=path)
        return YoloDescription(path, _classes(dict(enumerate(names))))
    data = _read_yaml(path)
    listed = data.get("names")
    if isinstance(listed, list):
        named = dict(enumerate(listed))
    elif isinstance(listed, dict):
        named = {int(key): name for key, name in listed.items() if isinstance(key, str) and key.strip().isdecimal()}
    else:
        named = {}
    if not named:
        raise FileParsingError(
            "has no class names: expected `names:` with a list, or with index: name pairs.", where=path
        )
    return YoloDescription(path, _classes(named), _keypoint_shape(data.get("kpt_shape")), _split_folders(path, data))


def _read_yaml(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MAX_YAML_BYTES:
        raise FileParsingError("is too large for a data.yaml.", where=path)
    text = read_text(path)
    if max(accumulate((sign in "[{") - (sign in "]}") for sign in text if sign in "[]{}"), default=0) > _MAX_YAML_DEPTH:
        raise FileParsingError("is nested too deeply for a data.yaml.", where=path)  # reading it would take very long
    try:
        # BaseLoader builds only text, lists and dicts, so that a class named `no` stays `no`.
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = " ".join(str(error).split())[:200]
        raise FileParsingError(f"is not valid YAML: {problem}.", where=path) from None
    if not isinstance(data, dict):
        raise FileParsingError("is not a data.yaml: expected `names:` and the folders of the images.", where=path)
    return data


def _classes(named: dict[int, Any]) -> list[DeclaredClass]:
    return [
        DeclaredClass(name if isinstance(name, str) and name else f"class_{index}", str(index))
        for index, name in sorted(named.items())
    ]


def _keypoint_shape(value: Any) -> tuple[int, int] | None:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) and v.strip().isdecimal() for v in value):
        count, values = int(value[0]), int(value[1])
        if 0 < count < 10_000 and values in (2, 3):
            return count, values
    return None


def _split_folders(path: Path, data: dict[str, Any]) -> tuple[Path, ...]:
    """Folders of labels beside the images of each split. Paths written on another machine are tried from here."""
    here = path.absolute().parent
    prefix = data.get("path")
    bases = [here / prefix, here.parent / prefix] if isinstance(prefix, str) else []
    bases += [here, *list(here.parents)[:_LEVELS_TO_IMAGES]]
    folders: list[Path] = []
    for split in _SPLITS:
        value = data.get(split)
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, str) or not entry:
                continue
            within = entry.replace("\\", "/")
            while within.startswith("../"):
                within = within[3:]
            tries = [base / text for text in (entry, within) for base in bases]
            folders_tried = [swap_folder(images, "images", "labels") for images in tries]
            found = next((labels for labels in folders_tried if labels.is_dir()), None)
            if found is not None and found not in folders:
                folders.append(found)
    return tuple(folders)


def swap_folder(folder: Path, old: str, new: str) -> Path:
    """The folder with its last part named ``old`` renamed to ``new``."""
    parts = list(folder.parts)
    for position in range(len(parts) - 1, -1, -1):
        if parts[position] == old:
            return Path(*parts[:position], new, *parts[position + 1 :])
    return folder


def name_frames(files: list[Path], root: Path, images: list[Path | None]) -> list[str]:
    """Names of the frames: the image with its folders up to the split where it was found, else the label file's stem.

    The folders tell frames of equal names in several splits apart, also where labels of one split alone are given.
    """
    return [
        name if image is None else _below_data_set(image, name.rpartition("/")[0])
        for name, image in zip(frame_names(files, root, container=_LABEL_FOLDERS), images, strict=True)
    ]


def _below_data_set(image: Path, folder: str) -> str:
    """``images/test/a.jpg`` or ``test/images/a.jpg``; the name in ``folder`` where there is no ``images`` folder."""
    parts = image.parts
    if "images" not in parts[:-1]:
        return f"{folder}/{image.name}" if folder else image.name
    position = len(parts) - 2 - parts[:-1][::-1].index("images")
    start = position - 1 if position == len(parts) - 2 and position > 1 else position
    return "/".join(parts[start:])


class ImageFinder:
    """Finds the image that a label file is about: in the ``images`` folder beside ``labels``, or beside the file."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, Path]] = {}

    def find(self, label_file: Path) -> Path | None:
        folder = label_file.parent
        images = self._folders.get(folder)
        if images is None:
            images = self._folders[folder] = self._images_in(swap_folder(folder.absolute(), "labels", "images"))
        return images.get(label_file.stem)

    def _images_in(self, folder: Path) -> dict[str, Path]:
        try:
            return {path.stem: path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES}
        except OSError:
            return {}
