"""Versions of sets: looked over, brought back, deleted; sets renamed.

Each change becomes visible in one step, by the replacement of the manifest, and a kill at any moment leaves the project
before it or after it. Files of what was deleted go after that step. Numbers of versions are never given twice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from predscope.errors import InputError, ProjectError
from predscope.project.durable import sync_file, sync_folder, writing_into
from predscope.project.manifest import ROLES, Manifest, SetVersion, check_set_name, now, set_folder
from predscope.project.project import Project
from predscope.project.publishing import change_sets, make_folders
from predscope.project.staging import StagingArea
from predscope.project.version_names import version_name
from predscope.schema import Role

_PART: Final = "version"
"""Folder in a staging area where links to the files of a version are made."""


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """One version of one set of a project.

    Attributes:
        role, name: of the set.
        version: what the manifest says of it.
        count: how many versions the set has.
        is_newest: whether it is the one that counts where nothing else is asked for.
        byte_count: size of its files.
    """

    role: Role
    name: str
    version: SetVersion
    count: int
    is_newest: bool
    byte_count: int

    @property
    def opened_name(self) -> str:
        """The name under which it is looked at: that of the set, or ``model_a@1``."""
        return self.name if self.is_newest else version_name(self.name, self.version.version)


def list_versions(project: Project) -> list[VersionEntry]:
    """All versions of all sets: labels first, sets in their order, the newest version first."""
    entries = []
    for role in ROLES:
        for name in project.published.set_names(role):
            versions = project.versions(role, name)
            for version in reversed(versions):
                folder = set_folder(project.path, role, name, version.version)
                entries.append(
                    VersionEntry(role, name, version, len(versions), version is versions[-1], _byte_count(folder))
                )
    return entries


def restore_version(project: Project, role: Role, name: str, version: int) -> Project:
    """Make an old version the newest again, as a new version of its own; all versions stay.

    Returns:
        The project at the revision that this made.

    Raises:
        InputError: there is no such version, or it is the newest.
        ProjectError: the project cannot be written. It stays as it was.
    """
    versions = project.versions(role, name)
    old = _version_of(versions, role, name, version)
    if old is versions[-1]:
        raise InputError(f"version {version} of {role} {name!r} is the newest already.")
    area = StagingArea(project.path)
    try:
        with writing_into(project.path):
            _link_files(set_folder(project.path, role, name, version), area.folder / _PART)

        def edit(manifest: Manifest) -> Manifest:
            number = manifest.next_version(role, name)
            _put(project.path, area.folder / _PART, set_folder(project.path, role, name, number))
            restored = replace(old, version=number, created=now(), restored_from=version)
            return manifest.with_version(role, name, restored)

        return Project(project.path, change_sets(project.path, edit))
    finally:
        area.close()


def delete_version(project: Project, role: Role, name: str, version: int) -> Project:
    """Delete a version for good; with its only version, the set goes.

    Frames and classes that came with it stay.

    Returns:
        The project at the revision that this made.

    Raises:
        InputError: there is no such version.
        ProjectError: the project cannot be written. It stays as it was.
    """

    def edit(manifest: Manifest) -> Manifest:
        versions = manifest.sets[role].get(name, ())
        gone = _version_of(versions, role, name, version)
        return _with_versions(manifest, role, name, tuple(entry for entry in versions if entry is not gone))

    return Project(project.path, change_sets(project.path, edit))


def delete_set(project: Project, role: Role, name: str) -> Project:
    """Delete a set with all its versions for good; see ``delete_version``.

    Raises:
        InputError: there is no such set.
        ProjectError: the project cannot be written. It stays as it was.
    """

    def edit(manifest: Manifest) -> Manifest:
        _versions_of(manifest, role, name)
        return _with_versions(manifest, role, name, ())

    return Project(project.path, change_sets(project.path, edit))


def rename_set(project: Project, role: Role, name: str, new_name: str) -> Project:
    """Give a set another name; its versions keep their numbers, unless sets of that name had them before.

    What was joined to it goes with it. Views that people have saved keep the old name; see ``saved.rename_in_views``.

    Returns:
        The project at the revision that this made.

    Raises:
        InputError: there is no such set, the new name cannot be used, or another set has it.
        ProjectError: the project cannot be written. It stays as it was.
    """
    new_name = check_set_name(new_name)
    area = StagingArea(project.path)
    try:
        _versions_of(project.manifest, role, name)
        with writing_into(project.path):
            for version in project.versions(role, name):
                _link_files(set_folder(project.path, role, name, version.version), area.folder / str(version.version))

        def edit(manifest: Manifest) -> Manifest:
            versions = _versions_of(manifest, role, name)
            if versions != tuple(project.versions(role, name)):
                raise ProjectError(f"{project.path}: {role} {name!r} changed meanwhile. Try again.")
            if new_name in manifest.sets[role]:
                raise InputError(f"there are {role} named {new_name!r} already.", fix="Choose another name.")
            shift = manifest.next_version(role, new_name) - 1
            for version in versions:
                target = set_folder(project.path, role, new_name, version.version + shift)
                _put(project.path, area.folder / str(version.version), target)
            renamed = tuple(_shifted(version, shift) for version in versions)
            of_role = {
                new_name if key == name else key: renamed if key == name else kept
                for key, kept in manifest.sets[role].items()
            }
            settings = {
                key: _renamed_setting(value, role, name, new_name, shift) for key, value in manifest.settings.items()
            }
            return replace(_remembering(manifest, role, name), sets={**manifest.sets, role: of_role}, settings=settings)

        return Project(project.path, change_sets(project.path, edit))
    finally:
        area.close()


def _shifted(version: SetVersion, shift: int) -> SetVersion:
    origin = None if version.restored_from is None else version.restored_from + shift
    return replace(version, version=version.version + shift, restored_from=origin)


def _renamed_setting(value: Any, role: Role, name: str, new_name: str, shift: int) -> Any:
    """A setting that speaks of a set, such as of columns joined to it, with the set's new name."""
    if not isinstance(value, dict) or value.get("set_name") != name or f"{value.get('on')}s" != role:
        return value
    version = value.get("version")
    return {**value, "set_name": new_name, "version": version + shift if isinstance(version, int) else version}


def _with_versions(manifest: Manifest, role: Role, name: str, versions: tuple[SetVersion, ...]) -> Manifest:
    """The manifest with these versions of a set; without any, the set is gone."""
    of_role = {**manifest.sets[role], name: versions}
    if not versions:
        del of_role[name]
    return replace(_remembering(manifest, role, name), sets={**manifest.sets, role: of_role})


def _remembering(manifest: Manifest, role: Role, name: str) -> Manifest:
    """The manifest that knows which numbers a set has had, whatever becomes of its versions."""
    last = {**manifest.last_versions[role], name: manifest.next_version(role, name) - 1}
    return replace(manifest, last_versions={**manifest.last_versions, role: last})


def _versions_of(manifest: Manifest, role: Role, name: str) -> tuple[SetVersion, ...]:
    versions = manifest.sets[role].get(name, ())
    if not versions:
        names = ", ".join(manifest.sets[role]) or "none"
        raise InputError(f"there are no {role} named {name!r}; there are: {names}.")
    return versions


def _version_of(versions: tuple[SetVersion, ...] | list[SetVersion], role: Role, name: str, number: int) -> SetVersion:
    for version in versions:
        if version.version == number:
            return version
    there = ", ".join(str(version.version) for version in versions) or "none"
    raise InputError(f"{role} {name!r} have no version {number}; there are: {there}.")


def _link_files(source: Path, target: Path) -> None:
    """The files of a folder in a new folder: links to them, or copies where the file system has no links."""
    target.mkdir()
    link: Callable[[Path, Path], Any] = os.link
    for path in sorted(source.iterdir()):
        try:
            link(path, target / path.name)
        except FileNotFoundError:
            raise
        except OSError:
            link = _copy
            _copy(path, target / path.name)
    sync_folder(target)


def _copy(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    sync_file(target)


def _put(project: Path, folder: Path, target: Path) -> None:
    """Move a folder that is whole to where only the next manifest speaks of it."""
    make_folders(target.parent, project)
    folder.rename(target)
    sync_folder(target.parent)


def _byte_count(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:  # deleted just now
        return 0
