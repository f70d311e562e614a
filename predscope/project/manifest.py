"""``predscope.json``: what a project consists of. The one file whose replacement publishes an import."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.errors import InputError, ProjectError
from predscope.project.durable import replace_whole
from predscope.schema import ObjectClass, Role
from predscope.short_words import utf8_text

MANIFEST_NAME: Final = "predscope.json"
LOCK_NAME: Final = "predscope.lock"
FORMAT_VERSION: Final = 1
ROLES: Final[tuple[Role, ...]] = ("labels", "predictions")
DEFAULT_SETTINGS: Final = {"confidence": 0.1, "iou": 0.5}

MAX_NAME_LENGTH: Final = 200
_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}(?<!\.)")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class SetVersion:
    """One import of a label or prediction set; never changes.

    Attributes:
        version: from 1, one more at each import of the same name.
        created: time of publishing, ISO 8601, UTC.
        source: the file or folder it was read from.
        format: name of the reader.
        rows, imported, repaired, rejected: objects, as in the import report.
        frames: frames of the project when it was published.
        restored_from: the version that this one repeats; None: it was read from ``source``.
    """

    version: int
    created: str
    source: str
    format: str
    rows: int
    imported: int
    repaired: int
    rejected: int
    frames: int
    restored_from: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in SetVersion.__slots__}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> SetVersion:
        needed = {name: record[name] for name in cls.__slots__ if name != "restored_from"}
        return cls(**needed, restored_from=record.get("restored_from"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of ``predscope.json``.

    Attributes:
        name: the project's name, for people.
        created: ISO 8601, UTC.
        revision: changes at every publish: a counter and random digits.
        images_root: the images folder, relative to the project where they lie close together, else absolute; or None.
        settings: the operating point ("confidence", "iou") and other defaults of the project.
        frames_version: number of the frames file; 0 for a project without frames.
        frame_count: rows in it.
        classes: by class id.
        class_source_ids: every id that label files have given to a class, to its class id; the newest import wins.
        sets: versions by role and name, oldest first.
        last_versions: the highest version number by role and name, of sets of which something was deleted: numbers
            are never given twice, as what was derived from a version is kept under its number.
    """

    name: str
    created: str
    revision: str
    images_root: str | None = None
    settings: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    frames_version: int = 0
    frame_count: int = 0
    classes: tuple[ObjectClass, ...] = ()
    class_source_ids: dict[str, int] = field(default_factory=dict)
    sets: dict[Role, dict[str, tuple[SetVersion, ...]]] = field(default_factory=lambda: {role: {} for role in ROLES})
    last_versions: dict[Role, dict[str, int]] = field(default_factory=lambda: {role: {} for role in ROLES})

    @classmethod
    def new(cls, name: str) -> Manifest:
        return cls(name=name, created=now(), revision=_next_revision("0-"))

    def changed(self, **changes: Any) -> Manifest:
        """A copy with other values and the next revision."""
        return replace(self, revision=_next_revision(self.revision), **changes)

    def with_version(self, role: Role, name: str, version: SetVersion) -> Manifest:
        """A copy with one more version of a set; the revision stays."""
        of_role = {**self.sets[role], name: (*self.sets[role].get(name, ()), version)}
        return replace(self, sets={**self.sets, role: of_role})

    def next_version(self, role: Role, name: str) -> int:
        """The number of the next version of a set: one that none of its versions has ever had."""
        return 1 + max(
            self.last_versions[role].get(name, 0), *(one.version for one in self.sets[role].get(name, ())), 0
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "created": self.created,
            "revision": self.revision,
            "images_root": self.images_root,
            "settings": self.settings,
            "frames": {"version": self.frames_version, "count": self.frame_count},
            "classes": [object_class.to_json() for object_class in self.classes],
            "class_source_ids": self.class_source_ids,
            "sets": {
                role: {name: [version.to_json() for version in versions] for name, versions in of_role.items()}
                for role, of_role in self.sets.items()
            },
            "last_versions": self.last_versions,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Manifest:
        return cls(
            name=str(record["name"]),
            created=str(record["created"]),
            revision=str(record["revision"]),
            images_root=record["images_root"],
            settings={**DEFAULT_SETTINGS, **record["settings"]},
            frames_version=int(record["frames"]["version"]),
            frame_count=int(record["frames"]["count"]),
            classes=tuple(ObjectClass.from_json(entry) for entry in record["classes"]),
            class_source_ids={str(key): int(value) for key, value in record["class_source_ids"].items()},
            sets={
                role: {
                    str(name): tuple(SetVersion.from_json(version) for version in versions)
                    for name, versions in record["sets"].get(role, {}).items()
                }
                for role in ROLES
            },
            last_versions={
                role: {str(name): int(last) for name, last in record.get("last_versions", {}).get(role, {}).items()}
                for role in ROLES
            },
        )

    def save(self, project: Path) -> None:
        """Publish: the one step after which readers see the new state. The caller holds the project's lock."""
        replace_whole(project / MANIFEST_NAME, orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2))


def read_manifest(project: Path) -> Manifest:
    """Read ``predscope.json`` of a project folder; needs no lock.

    Raises:
        ProjectError: missing, damaged, or written by a newer version of the program.
    """
    path = project / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectError(
            f"{project}: this is not a Predscope project (it has no {MANIFEST_NAME}). "
            "Make one with: predscope init PROJECT --images DIR"
        ) from None
    except OSError as error:
        raise ProjectError(f"{path}: the project cannot be read ({error.strerror}). Check its permissions.") from None
    damaged = (
        f"{path}: the file is damaged ({{}}). Put back a copy of it, or make the project anew with predscope init and "
        "import again; the imported versions lie unharmed in the data folder beside it."
    )
    try:
        record = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProjectError(damaged.format(f"not JSON: {error}")) from None
    found = record.get("format_version") if isinstance(record, dict) else None
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise ProjectError(
            f"{path}: the project was made by a newer Predscope (project format {found}; this version reads up to "
            f"{FORMAT_VERSION}). Update with: pip install --upgrade predscope"
        )
    if found != FORMAT_VERSION:
        raise ProjectError(damaged.format(f"format_version must be {FORMAT_VERSION}, got {found!r}"))
    try:
        return Manifest.from_json(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProjectError(damaged.format(f"{type(error).__name__}: {error}")) from None


def check_set_name(name: str) -> str:
    """The name of a set, without white space around it.

    Raises:
        InputError: empty, too long, or with characters that cannot be shown.
    """
    cleaned = name.strip()
    if not cleaned or len(cleaned) > MAX_NAME_LENGTH or not cleaned.isprintable():
        raise InputError(
            f"the name of a set must be 1 to {MAX_NAME_LENGTH} printable characters, got {name[:40]!r}.",
            fix="Choose another with --name.",
        )
    return cleaned


def folder_name(name: str) -> str:
    """A name for a folder that is safe on every file system, and different for different names, whatever their case."""
    if _PLAIN_NAME.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_")[:40] or "set"
    return f"{readable}~{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"


def set_folder(project: Path, role: Role, name: str, version: int) -> Path:
    """Where a version of a set lies."""
    return project / "data" / role / folder_name(name) / str(version)


def frames_file(project: Path, version: int) -> Path:
    """Where a version of the frames lies."""
    return project / "data" / "frames" / f"{version}.parquet"


def portable_images_root(project: Path, images: Path) -> str:
    """The images folder as the manifest keeps it: relative, unless the two share nothing but the file system's root.

    Raises:
        InputError: its name is not UTF-8, which is what the manifest is written in.
    """
    images = images.resolve()
    if utf8_text(str(images)) != str(images):
        raise InputError("the name of the images folder is not UTF-8.", where=images, fix="Rename the folder.")
    try:
        shared = os.path.commonpath([project, images])
        is_close = Path(shared) != Path(Path(shared).anchor)
    except ValueError:  # different drives
        is_close = False
    return Path(os.path.relpath(images, project)).as_posix() if is_close else images.as_posix()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _next_revision(revision: str) -> str:
    counter = revision.partition("-")[0]
    return f"{int(counter) + 1 if counter.isdecimal() else 1}-{secrets.token_hex(4)}"
