"""``predscope versions``: which versions there are; restoring, deleting and renaming."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predscope.cli.terminal import ask_yes_no, can_ask
from predscope.errors import InputError

if TYPE_CHECKING:  # imported when a command runs: it takes longer than most commands
    from predscope.project import Project
    from predscope.project.versions import VersionEntry


def add_versions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    versions = commands.add_parser(
        "versions",
        help="versions of labels and predictions: list, restore, delete; rename a set",
        description="Each import under the same name is a new version; the earlier ones are kept. Without an action, "
        "all versions are listed.",
    )
    versions.set_defaults(command=list_all)
    versions.add_argument("--json", action="store_true", help="print the list as JSON")
    versions.add_argument("--project", type=Path, metavar="P", help="project folder (default: the one around here)")
    actions = versions.add_subparsers(title="what to do with one of them", metavar="ACTION")
    restoring = actions.add_parser("restore", help="make an old version the newest again, as a new version")
    deleting = actions.add_parser("delete", help="delete a version for good, or a set with all of them")
    renaming = actions.add_parser("rename", help="give a set another name")
    for parser, command in ((restoring, restore), (deleting, delete), (renaming, rename)):
        parser.add_argument("role", choices=("labels", "predictions"), metavar="ROLE", help="labels or predictions")
        parser.add_argument("name", metavar="NAME", help="name of the set")
        parser.set_defaults(command=command)
    restoring.add_argument("version", type=int, metavar="N", help="number of the version")
    deleting.add_argument("version", type=int, nargs="?", metavar="N", help="number of the version (default: the set)")
    deleting.add_argument("--yes", action="store_true", help="do not ask")
    renaming.add_argument("new_name", metavar="NEW", help="the new name")
    for parser in (restoring, deleting, renaming):  # it may also stand in front of the action
        parser.add_argument("--project", type=Path, metavar="P", default=argparse.SUPPRESS, help="project folder")


def list_all(arguments: argparse.Namespace) -> int:
    """Print the versions of all sets."""
    from predscope.project.versions import list_versions

    entries = list_versions(_project(arguments))
    if arguments.json:
        json.dump([_record(entry) for entry in entries], sys.stdout, indent=2)
        print()
        return 0
    if not entries:
        print("There are no labels and no predictions yet.")
    for place, entry in enumerate(entries):
        if entry.is_newest:
            print(f"{chr(10) if place else ''}{entry.role} {entry.name!r}")
        print(f"  {_line(entry)}")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Make an old version the newest."""
    from predscope.project.versions import restore_version

    project = restore_version(_project(arguments), arguments.role, arguments.name, arguments.version)
    number = project.versions(arguments.role, arguments.name)[-1].version
    print(
        f"Version {arguments.version} of {arguments.role} {arguments.name!r} is the newest again, as version {number}."
    )
    return 0


def delete(arguments: argparse.Namespace) -> int:
    """Delete a version, or without a number the whole set, once that is confirmed."""
    from predscope.project.versions import delete_set, delete_version

    project = _project(arguments)
    role, name, number = arguments.role, arguments.name, arguments.version
    there = [entry.version for entry in project.versions(role, name)]
    is_whole_set = number is None or there == [number]
    what = f"{role} {name!r}" if is_whole_set else f"version {number} of {role} {name!r}"
    if is_whole_set and len(there) > 1:
        what += f" with all {len(there)} versions"
    if there and (number is None or number in there) and not arguments.yes:
        if not can_ask():
            raise InputError(f"deleting {what} cannot be undone, and nobody is there to confirm it.", fix="Add --yes.")
        if not ask_yes_no(f"Delete {what} for good?"):
            print("Nothing was deleted.")
            return 0
    if number is None:
        delete_set(project, role, name)
    else:
        delete_version(project, role, name, number)
    print(f"Deleted {what}.")
    return 0


def rename(arguments: argparse.Namespace) -> int:
    """Give a set another name, also in the views that were saved."""
    from predscope.exploration.saved_views import rename_in_views
    from predscope.project.versions import rename_set

    project = rename_set(_project(arguments), arguments.role, arguments.name, arguments.new_name)
    new_name = arguments.new_name.strip()
    views = rename_in_views(project, arguments.role, arguments.name, new_name)
    also = f", also in {views:,} saved {'view' if views == 1 else 'views'}" if views else ""
    print(f"{arguments.role} {arguments.name!r} are named {new_name!r} now{also}.")
    return 0


def _project(arguments: argparse.Namespace) -> Project:
    from predscope.project import Project

    return Project.open(arguments.project) if arguments.project else Project.find()


def _line(entry: VersionEntry) -> str:
    version = entry.version
    parts = [f"{version.imported:,} objects"]
    if version.repaired:
        parts.append(f"{version.repaired:,} repaired")
    if version.rejected:
        parts.append(f"{version.rejected:,} rejected")
    origin = f"restored from {version.restored_from}; " if version.restored_from is not None else ""
    number = f"{version.version}{' (newest)' if entry.is_newest else ''}"
    return f"{number:<12}  {version.created}  {', '.join(parts)}  {origin}{version.format}: {version.source}"


def _record(entry: VersionEntry) -> dict[str, Any]:
    return {
        "role": entry.role,
        "name": entry.name,
        **entry.version.to_json(),
        "newest": entry.is_newest,
        "bytes": entry.byte_count,
    }
