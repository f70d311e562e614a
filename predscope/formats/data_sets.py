"""Folders that are whole data sets: which of what they hold is the input.

A folder is often given whole: images, one file of annotations somewhere below it, a read-me. Or it holds the same
objects several times, in several formats; reading them all would double every object, so that must be asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from predscope.errors import InputError
from predscope.formats.base import Detection, Reader, Role
from predscope.formats.folders import place_below
from predscope.reading_progress import pulse
from predscope.report import ImportReport, Severity

_DATA_SUFFIXES: Final = frozenset(
    {".json", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".yml", ".parquet", ".png", ".npy", ".jsonl", ".pkl", ".zip"}
)
_ONE_IS_ENOUGH: Final = frozenset({".png", ".npy"})
_NO_DATA: Final = frozenset({"__macosx", "node_modules", "jpegimages", "__pycache__"})
_COMPANIONS: Final = ("SegmentationClass", "SegmentationObject", "ImageSets")
"""Folders of a Pascal VOC data set beside its Annotations: the same objects again, as pixels."""
_SAME_OBJECTS: Final = ({"cityscapes", "instance_masks"}, {"cityscapes", "masks"})
"""Readers of which one is clearly the better for a folder: Cityscapes' polygons, and the masks made of them."""
_MASK_FOLDER: Final = re.compile(r"mask|seg|label|annot|instance|truth|\bgt", re.IGNORECASE)
_CERTAIN: Final = 0.5
"""Below this score, a reader takes a folder only for want of anything better."""
_ENOUGH_ALIKE: Final = 4
_MAX_DEPTH: Final = 5
_MAX_FOLDERS: Final = 400
_MAX_FILES: Final = 50
_MAX_SHOWN: Final = 8


class Detect(Protocol):
    """The readers that fit a file or folder, the likeliest first; only those named, where names are given."""

    def __call__(self, source: Path, only: Collection[str] | None = None) -> list[tuple[Reader, Detection]]: ...


@dataclass(frozen=True, slots=True)
class FoundInput:
    """An input inside a folder.

    Attributes:
        path: the file, or the folder of its files.
        reader: that reads it.
        detection: what was seen.
    """

    path: Path
    reader: Reader
    detection: Detection


def find_inputs(source: Path, detect: Detect) -> list[FoundInput]:
    """Everything inside a folder that a reader could open.

    Args:
        detect: the readers that fit a file or folder, those of a usable score alone.
    """
    found: list[FoundInput] = []
    judged: dict[tuple[int, frozenset[str]], list[set[str]]] = {}
    for folder, files in _folders_with_data(source):
        likeness = len(folder.parts), frozenset(_suffix(path.name) for path in files)
        earlier = judged.setdefault(likeness, [])
        if len(earlier) >= _ENOUGH_ALIKE and all(names == earlier[0] for names in earlier):
            continue  # one more of many folders alike: the frames of another video, another city
        inside = _inputs_in(folder, files, detect)
        if all(entry.path == folder for entry in inside):
            earlier.append({entry.reader.name for entry in inside})
        found += inside
    return found


def _lies_in(entry: FoundInput, other: FoundInput) -> bool:
    """Whether an input is read along with another one, whose folder it lies in."""
    return entry.reader.name == other.reader.name and other.path in entry.path.parents


def _outermost(found: list[FoundInput]) -> list[FoundInput]:
    """Without inputs that are parts of another one, unless they hold the other of labels and predictions."""

    def is_part(entry: FoundInput, other: FoundInput) -> bool:
        says_nothing = entry.detection.score < _CERTAIN
        return _lies_in(entry, other) and (says_nothing or entry.detection.role == other.detection.role)

    return [entry for entry in found if not any(is_part(entry, other) for other in found)]


def _of_role(found: list[FoundInput], role: Role) -> list[FoundInput]:
    """Those of the role asked for, where there is any such."""
    return [entry for entry in found if entry.detection.role == role] or found


def _folders_with_data(source: Path) -> Iterable[tuple[Path, list[Path]]]:
    seen: set[str] = set()
    base = len(source.parts)
    for folder, folders, files in os.walk(source, followlinks=True):
        pulse()
        real = os.path.realpath(folder)
        if real in seen or len(seen) >= _MAX_FOLDERS:
            folders.clear()
            continue
        seen.add(real)
        is_deep = len(Path(folder).parts) - base >= _MAX_DEPTH
        folders[:] = [] if is_deep else sorted(n for n in folders if n[0] != "." and n.lower() not in _NO_DATA)
        data = [Path(folder, name) for name in sorted(files) if name[0] != "." and _suffix(name) in _DATA_SUFFIXES]
        if data:
            yield Path(folder), data


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - much faster, called for each file


def _inputs_in(folder: Path, files: list[Path], detect: Detect) -> list[FoundInput]:
    """The inputs among the files of one folder: the folder itself, where a reader takes its files together."""
    found: dict[tuple[Path, str], FoundInput] = {}
    of_folder: dict[str, tuple[Reader, Detection]] = {}
    asked: set[str] = set()
    for suffix in sorted({_suffix(path.name) for path in files}):
        alike = [path for path in files if _suffix(path.name) == suffix]
        names = {reader.name for path in _samples(alike, suffix) for reader, _ in detect(path)[:1]}
        if names - asked:  # a reader that knows none of the files does not take them together
            of_folder |= {reader.name: (reader, seen) for reader, seen in detect(folder, names - asked)}
            asked |= names
        for name in sorted(names & of_folder.keys()):
            found[folder, name] = FoundInput(folder, *of_folder[name])
        singles = names - of_folder.keys()
        for path in alike[:_MAX_FILES] if singles else ():
            found.update({(path, reader.name): FoundInput(path, reader, seen) for reader, seen in detect(path)[:1]})
    return [entry for entry in found.values() if entry.path == folder or entry.reader.name not in of_folder]


def _samples(files: list[Path], suffix: str) -> list[Path]:
    """A few files that tell what the others of their ending are: the first, the last, the largest."""
    if suffix in _ONE_IS_ENOUGH:
        return files[:1]
    try:
        largest = max(files[:1000], key=lambda path: path.stat().st_size)
    except OSError:
        largest = files[0]
    return list(dict.fromkeys([files[0], files[-1], largest]))


def choose_input(
    source: Path, role: Role, fitting: list[tuple[Reader, Detection]], detect: Detect
) -> FoundInput | None:
    """What to open of a folder; None: the folder itself, or nothing was found in it.

    Args:
        fitting: the readers that fit the folder as a whole, the likeliest first.
        detect: the readers that fit a file or folder, those of a usable score alone, the likeliest first; never raises.

    Raises:
        InputError: it holds several inputs, and nothing tells which is meant.
    """
    everything = _outermost(find_inputs(source, detect))
    found = _of_role(everything, role)
    others = [entry for entry in everything if entry.detection.role != role and entry.detection.score >= _CERTAIN]
    is_mixed = bool(others) and found != everything
    if is_mixed and any(_lies_in(entry, other) for entry in found for other in others):
        raise several_inputs(source, everything)
    if fitting and fitting[0][1].score >= _CERTAIN:
        best = fitting[0][0]
        rivals = [entry for entry in found if _is_rival(entry, best, source)]
        mixes_roles = is_mixed and any(entry.reader.name == best.name for entry in others)
        if not rivals and not mixes_roles:
            return None
        if is_mixed and len(found) == 1:
            return found[0]
        mine = [entry for entry in found if entry.reader.name == best.name]
        if mine:  # else each file is, by itself, rather of another format, or of the other role
            raise several_inputs(source, [*mine, *rivals])
    if len(found) > 1:
        raise several_inputs(source, found)
    return found[0] if found else None


def choose_of_format(source: Path, role: Role, reader: Reader, detect: Detect) -> FoundInput | None:
    """The one file inside a folder that a reader of single files is meant to read; None: there is none.

    Raises:
        InputError: there are several.
    """
    of_format = [entry for entry in find_inputs(source, detect) if entry.reader.name == reader.name]
    found = _of_role(of_format, role)
    if len(found) > 1:
        raise several_inputs(source, found)
    return found[0] if found and found[0].path != source else None


def _is_rival(entry: FoundInput, best: Reader, source: Path) -> bool:
    """Whether an input holds, as far as one can tell, the same objects as those that the best reader takes."""
    name = entry.reader.name
    if name == best.name or entry.detection.score < _CERTAIN:
        return False
    folders = place_below(entry.path, source).split("/") if entry.path != source else []
    if {best.name, name} in _SAME_OBJECTS:
        return False
    if best.name in ("voc", "masks") and any(folder.startswith(_COMPANIONS) for folder in folders):
        return False
    if name in ("masks", "instance_masks"):  # flat pictures look like masks: the name must say that they are
        return any(_MASK_FOLDER.search(folder) for folder in folders)
    return True


class SeveralInputsError(InputError):
    """A folder of which nothing tells what in it is meant.

    Attributes:
        inputs: what there is to choose from.
    """

    inputs: tuple[FoundInput, ...] = ()


def several_inputs(source: Path, found: list[FoundInput]) -> SeveralInputsError:
    """The refusal to choose between several inputs, with what there is."""
    roles = sorted({entry.detection.role for entry in found})
    shown = [
        f"{_place(entry.path, source)} ({entry.reader.name}{f', {entry.detection.role}' if len(roles) > 1 else ''})"
        for entry in found[:_MAX_SHOWN]
    ]
    more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
    error = SeveralInputsError(
        f"holds several inputs: {', '.join(shown)}{more}. Reading them all could import the same objects twice.",
        where=source,
        fix="Give the one that you mean, by its own path. For more of them, import each under a name of its own: "
        f"predscope import {roles[0]} PATH --name NAME",
    )
    error.inputs = tuple(found)
    return error


def note_choice(entry: FoundInput, source: Path, report: ImportReport) -> None:
    """Say which input of a folder was opened."""
    report.note(
        "input_within_folder",
        Severity.INFO,
        "The folder holds one input that can be read; it was opened.",
        examples=[f"{_place(entry.path, source)}: {entry.detection.reason}"],
    )


def _place(path: Path, source: Path) -> str:
    return place_below(path, source) if path != source else "the folder itself"
