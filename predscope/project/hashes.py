"""Stable hashes of classes and frames, by which programs that keep no files of ours name them.

A class has a *featureNodeHash* of eight characters and a frame a *data_hash* in the form of a UUID, as in the data sets
of Encord (https://docs.encord.com). Data sets that come from there keep the hashes they have; to all others they are
given: made from names, so that they are the same after every import and on every machine. They say nothing and protect
nothing.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from predscope.schema import ObjectClass

UNKNOWN: Final = -1
AMBIGUOUS: Final = -2

_NAMESPACE: Final = uuid.UUID("6f1c0c1e-7d0e-5e0b-9a53-6c2f1d1f5b7e")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHABET: Final = _LETTERS + "0123456789"
_LENGTH: Final = 8
_GIVEN_CLASS_HASH: Final = re.compile(r"(?=.{8}$)(?!\d+$)[A-Za-z0-9][A-Za-z0-9+/]+={0,2}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"_(\d{1,9})(?=\.|#|$)")
_PLACE_IN_VIDEO: Final = re.compile(r"#(\d{1,9})$")

CLASSIFICATION_NAME: Final = "Class"
"""The question to which the classes of whole frames are the answers."""


@dataclass(frozen=True, slots=True)
class ClassificationHashes:
    """By what a class of whole frames is named: the question, its one attribute, and the class as an option of it."""

    feature_hash: str
    attribute_hash: str
    option_hash: str

    def to_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("feature_hash", "attribute_hash", "option_hash")}


def class_hash(entry: ObjectClass) -> str:
    """The hash of a class: eight characters; what the labels give it, where its id there is such a hash.

    Within a project, ``class_hashes`` also keeps them apart from each other.
    """
    return given_class_hash(entry) or text_hash(entry.name)


def given_class_hash(entry: ObjectClass) -> str | None:
    """The hash that the labels give a class; None: its id there is a number, its name, or none at all."""
    source_id = entry.source_id
    if source_id is None or source_id == entry.name or not _GIVEN_CLASS_HASH.fullmatch(source_id):
        return None
    return source_id


def text_hash(text: str, *, salt: int = 0) -> str:
    """Eight letters and digits made from a text; the first one is a letter, so that none looks like a number."""
    number = int.from_bytes(hashlib.blake2b(f"{salt}:{text}".encode(), digest_size=16).digest(), "big")
    number, first = divmod(number, len(_LETTERS))
    characters = [_LETTERS[first]]
    while len(characters) < _LENGTH:
        number, position = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[position])
    return "".join(characters)


def class_hashes(classes: Sequence[ObjectClass]) -> list[str]:
    """The hash of each class of a project, by class id: no two alike, and none that is the name of another class.

    Classes are only ever appended, so that a hash stays when others come.
    """
    taken = {entry.name for entry in classes}
    hashes: list[str] = []
    for entry in classes:
        candidates = _class_candidates(entry)
        chosen = next(text for text in candidates if text not in taken)
        taken.add(chosen)
        hashes.append(chosen)
    return hashes


def classes_by_hash(classes: Sequence[ObjectClass]) -> dict[str, int]:
    """Hash to class id: those of ``class_hashes``, and those made from names, which a class keeps when labels give it
    another."""
    found = {text_hash(entry.name): entry.class_id for entry in reversed(classes)}
    return found | {text: entry.class_id for text, entry in zip(class_hashes(classes), classes, strict=True)}


def classification_hashes(option_hash: str) -> ClassificationHashes:
    """How a class of whole frames is named, from its class hash."""
    question = text_hash(f"classification/{CLASSIFICATION_NAME}")
    return ClassificationHashes(question, text_hash(f"attribute/{CLASSIFICATION_NAME}"), option_hash)


def frame_hash(frame: Mapping[str, Any]) -> str:
    """The data_hash of a frame, in the form of a UUID.

    All frames of a video share that of the video, in which ``sequence_index`` tells them apart. A file that is named by
    a UUID, or begins with one (``UUID__front.png``), has that one.

    Args:
        frame: the columns ``frame_id``, ``file_name``, ``sequence`` and ``sequence_index``, by name.
    """
    return _named_by(frame["frame_id"], frame["file_name"], frame["sequence"], frame["sequence_index"])[0]


def is_video_frame(file_name: str, sequence: str | None, sequence_index: int | None) -> bool:
    """Whether a frame is one of a video file; the images of a folder are frames of their own, in sequence or not."""
    return bool(sequence) and file_name == f"{sequence}#{sequence_index}"


def split_frame_reference(text: str) -> tuple[str, int | None] | None:
    """The data_hash and the number of the frame in a reference; None where it holds no data_hash.

    ``UUID``, ``UUID#12`` (a frame of a video), ``UUID_12.png`` (a frame taken out of one), ``UUID__anything.txt``.
    """
    name = text.replace("\\", "/").rpartition("/")[2]
    found = _UUID.match(name)
    if found is None:
        return None
    rest = name[found.end() :]
    if rest and rest[0] not in "_.#":
        return None
    number = _PLACE_IN_VIDEO.search(rest) or _NUMBERED.match(rest)
    if number is None and rest.startswith("_") and not rest.startswith("__"):
        return None
    return found[0].lower(), None if number is None else int(number[1])


class FrameHashes:
    """The data_hashes of all frames of a project, and the way back.

    Attributes:
        data_hashes: by frame index.
        numbers: by frame index: the number of the frame in what its data_hash names; 0 for still images.
    """

    def __init__(
        self,
        frame_ids: Sequence[str],
        file_names: Sequence[str],
        sequences: Sequence[str | None],
        sequence_indices: Sequence[int | None],
    ) -> None:
        named = [_named_by(*row) for row in zip(frame_ids, file_names, sequences, sequence_indices, strict=True)]
        self.data_hashes = [text for text, _, _ in named]
        self.numbers = [number for _, number, _ in named]
        self._is_numbered = [is_numbered for _, _, is_numbered in named]
        self._frames: dict[str, dict[int, int]] = {}
        for index, (text, number, _) in enumerate(named):
            numbered = self._frames.setdefault(text.lower(), {})
            numbered[number] = AMBIGUOUS if number in numbered else index
        self._tell_apart(frame_ids)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """(data_hash, number) of each frame, by index."""
        return iter(zip(self.data_hashes, self.numbers, strict=True))

    def find(self, data_hash: str, number: int | None = None) -> int:
        """Frame index; ``UNKNOWN``, or ``AMBIGUOUS`` where a video is named without the number of a frame."""
        numbered = self._frames.get(data_hash.lower())
        if numbered is None:
            return UNKNOWN
        if number is None:
            return next(iter(numbered.values())) if len(numbered) == 1 else AMBIGUOUS
        return numbered.get(number, UNKNOWN)

    def find_still(self, data_hash: str) -> int:
        """Frame index of the one image of that data_hash; ``UNKNOWN`` where its images are numbered, as in a video."""
        numbered = self._frames.get(data_hash.lower(), {})
        index = next(iter(numbered.values()), UNKNOWN) if len(numbered) == 1 else UNKNOWN
        return UNKNOWN if index < 0 or self._is_numbered[index] else index

    def _tell_apart(self, frame_ids: Sequence[str]) -> None:
        """Still images that begin with the same UUID get hashes of their own; the shared one names none of them."""
        for index, (text, number) in enumerate(zip(self.data_hashes, self.numbers, strict=True)):
            if self._frames[text.lower()][number] == AMBIGUOUS:
                self.data_hashes[index], self.numbers[index] = _made_hash(frame_ids[index]), 0
                self._frames.setdefault(self.data_hashes[index], {})[0] = index


def _class_candidates(entry: ObjectClass) -> Iterator[str]:
    given = given_class_hash(entry)
    if given is not None:
        yield given
    salt = 0
    while True:
        yield text_hash(entry.name, salt=salt)
        salt += 1


def _named_by(frame_id: str, file_name: str, sequence: str | None, sequence_index: int | None) -> tuple[str, int, bool]:
    """The data_hash of a frame, its number there, and whether it is one of several that are told apart by it."""
    if sequence is not None and is_video_frame(file_name, sequence, sequence_index):
        return _given_hash(sequence) or _made_hash(sequence), int(sequence_index or 0), True
    given = _given_hash(file_name)
    if given is None:
        return _made_hash(frame_id), 0, False
    reference = split_frame_reference(file_name)
    number = None if reference is None else reference[1]
    return given, number or 0, number is not None


def _given_hash(file_name: str) -> str | None:
    """The UUID with which a file name begins, as it is spelled."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    found = _UUID.match(name)
    return found[0] if found is not None and split_frame_reference(name) is not None else None


def _made_hash(text: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, text))
