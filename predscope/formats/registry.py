"""The registry of readers, and finding the one that fits an input."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from functools import partial
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Final

from predscope.errors import InputError
from predscope.formats.base import Detection, Reader, Reading, Role
from predscope.formats.content import describe_content, read_head, starts_like_json
from predscope.formats.data_sets import FoundInput, choose_input, choose_of_format, note_choice
from predscope.formats.json_files.document import json_damage
from predscope.formats.text_remarks import remark_on_text
from predscope.media.naming import IMAGE_SUFFIXES, VIDEO_SUFFIXES, suffix_of

ENTRY_POINT_GROUP: Final = "predscope.formats"
_MINIMUM_SCORE: Final = 0.3
_CLEAR_LEAD: Final = 0.05
_MOST_LOOKED_AT: Final = 1000

_readers: dict[str, Reader] = {}
_loaded_groups: set[str] = set()


def register(reader: Reader) -> Reader:
    """Make a reader known under its name; a later one of the same name takes its place."""
    _readers[reader.name] = reader
    return reader


def readers() -> dict[str, Reader]:
    """All readers by name: the built-in ones and those that installed packages offer.

    A package offers one by an entry point of the group ``predscope.formats``: a reader, or its class.
    """
    if ENTRY_POINT_GROUP not in _loaded_groups:
        _loaded_groups.add(ENTRY_POINT_GROUP)
        for entry_point in entry_points(group=ENTRY_POINT_GROUP):
            try:
                loaded = entry_point.load()
                register(loaded() if isinstance(loaded, type) else loaded)
            except Exception as error:  # noqa: BLE001, RUF100 - somebody else's code: it must not take the program down
                warnings.warn(f"The format {entry_point.name} could not be loaded: {error}", stacklevel=2)
    return dict(_readers)


def detect(source: Path, role: Role) -> list[tuple[Reader, Detection]]:
    """The readers that an input may be meant for, the likeliest first; of equals, those that see the role asked for.

    Raises:
        InputError: there is no such file or folder, or it cannot be read.
    """
    return _detect(source, role, None)


def _detect(source: Path, role: Role, only: Collection[str] | None) -> list[tuple[Reader, Detection]]:
    head = read_head(source)
    asked = [reader for reader in readers().values() if only is None or reader.name in only]
    found = [(reader, reader.detect(source, head)) for reader in asked]
    fitting = [pair for pair in found if pair[1].score > 0]
    return sorted(fitting, key=lambda pair: (-pair[1].score, pair[1].role != role))


def open_input(source: Path | str, *, format: str = "auto", role: Role) -> Reading:
    """Open labels or predictions.

    Args:
        source: a file or a folder.
        format: name of a reader, or "auto" to look at the content.
        role: what the caller takes it for.

    Raises:
        InputError: no reader, or more than one, fits; nothing of the input can be used. ``FileParsingError`` may also
            come out of the batches, when a file turns out to be damaged further down.
    """
    source = Path(source)
    if format != "auto":
        known = readers()
        if format not in known:
            raise InputError(
                f"there is no format {format!r}: expected one of {', '.join(sorted(known))} or auto.", where="--format"
            )
        return _open_as(known[format], source, role)
    candidates = _usable(source, role)
    if source.is_dir():
        chosen = choose_input(source, role, candidates, partial(_usable_or_none, role=role))
        if chosen is not None:
            return _open_within(chosen, source, role)
    if not candidates:
        raise _nothing_fits(source)
    best, detection = candidates[0]
    rivals = [pair for pair in candidates[1:] if detection.score - pair[1].score < _CLEAR_LEAD]
    if rivals:
        seen = "; ".join(f"{reader.name}: {found.reason}" for reader, found in [candidates[0], *rivals])
        names = " or ".join(f"--format {reader.name}" for reader, _ in [candidates[0], *rivals])
        raise InputError(f"could be of several formats ({seen}).", where=source, fix=f"Choose with {names}.")
    return _read(best, source, role)


def _read(reader: Reader, source: Path, role: Role) -> Reading:
    head = read_head(source)
    reading = reader.read(source, role)
    remark_on_text(source, head, reading.report)
    return reading


def _usable(source: Path, role: Role) -> list[tuple[Reader, Detection]]:
    return [pair for pair in detect(source, role) if pair[1].score >= _MINIMUM_SCORE]


def _usable_or_none(source: Path, only: Collection[str] | None = None, *, role: Role) -> list[tuple[Reader, Detection]]:
    try:
        return [pair for pair in _detect(source, role, only) if pair[1].score >= _MINIMUM_SCORE]
    except InputError:
        return []


def _open_as(reader: Reader, source: Path, role: Role) -> Reading:
    """Open with a given reader; of a folder, the one file in it where the reader reads single files."""
    if source.is_dir() and reader.detect(source, b"").score == 0:
        chosen = choose_of_format(source, role, reader, partial(_usable_or_none, role=role))
        if chosen is not None:
            return _open_within(chosen, source, role)
    return _read(reader, source, role)


def _open_within(chosen: FoundInput, source: Path, role: Role) -> Reading:
    reading = _read(chosen.reader, chosen.path, role)
    note_choice(chosen, source, reading.report)
    return reading


def _nothing_fits(source: Path) -> InputError:
    head = read_head(source)
    if source.is_file() and not head.strip():
        what = "is an empty file." if not head else "is a file of nothing but white space."
        return InputError(what, where=source, fix="Was the program that wrote it stopped early?")
    if (starts_like_json(head) or suffix_of(source.name) == ".json") and (damage := json_damage(source)):
        return damage
    reasons = "; ".join(
        f"{reader.name}: {reason}" for reader in readers().values() if (reason := reader.detect(source, head).reason)
    )
    reasons = f" ({reasons})" if reasons else ""
    looks = _describe_folder(source) if source.is_dir() else describe_content(head)
    names = ", ".join(sorted(readers()))
    fix = f"If you know its format, say so with --format ({names})."
    if suffix_of(source.name) in IMAGE_SUFFIXES | VIDEO_SUFFIXES or (source.is_dir() and _holds_pictures_alone(source)):
        fix = (
            "If these are no masks: put images and videos into the images folder of the project, where the next import "
            "that names them finds them."
        )
    return InputError(f"is of no format that is known: it looks like {looks}{reasons}.", where=source, fix=fix)


def _holds_pictures_alone(source: Path) -> bool:
    """As far as its first files tell."""
    files = (path for path in islice(source.rglob("*"), _MOST_LOOKED_AT) if path.is_file())
    endings = {suffix_of(path.name) for path in files if not path.name.startswith(".")}
    return bool(endings) and endings <= IMAGE_SUFFIXES | VIDEO_SUFFIXES


def _describe_folder(source: Path) -> str:
    """What a folder holds, by the endings of its files."""
    counts: dict[str, int] = {}
    for number, path in enumerate(source.rglob("*")):
        if number >= 10_000:
            break
        if path.is_file():
            ending = path.suffix.lower() or "(no ending)"
            counts[ending] = counts.get(ending, 0) + 1
    if not counts:
        return "a folder without files"
    common = sorted(counts.items(), key=lambda item: -item[1])[:4]
    text = "a folder of " + ", ".join(f"{count:,} {ending}" for ending, count in common)
    files = sorted(path.name for path in source.glob("*.json"))[:5]
    return f"{text}; it has {', '.join(files)}: give the file itself" if files else text
