"""``project_meta.yaml``: the file beside the data that says which Encord project they are."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Final

import yaml

from predscope.errors import InputError
from predscope.project import Project
from predscope.project.durable import replace_whole

META_NAME: Final = "project_meta.yaml"
_NAMESPACE: Final = uuid.UUID("0b7c4bb0-8f1e-5f0c-8f57-3f0f6a3f9d42")
_OWN_MARK: Final = "predscope_project"
_HEADER: Final = "# Read by scripts for Encord Active. There is no key: ssh_key_path names this file itself.\n"


def read_project_meta(folder: Path) -> dict[str, Any]:
    """What ``project_meta.yaml`` in a folder says; {} where there is none. No key that it names is read.

    Raises:
        InputError: it is there and cannot be read.
    """
    path = folder / META_NAME
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"cannot be read ({reason}).", where=path, fix="Mend it, or remove it.") from None
    if not isinstance(found, dict):
        raise InputError("must hold names and values (project_hash: ...).", where=path, fix="Mend it, or remove it.")
    return found


def hash_of_project(project: Project, meta: dict[str, Any] | None = None) -> str:
    """The project_hash: that of ``project_meta.yaml``, or one made from the project, the same every time."""
    found = (read_project_meta(project.path) if meta is None else meta).get("project_hash")
    made = uuid.uuid5(_NAMESPACE, f"{project.manifest.created}/{project.name}")
    return str(made) if found is None else str(found)


def write_project_meta(project: Project | Path | str) -> Path:
    """Write a ``project_meta.yaml`` into a project, for scripts that begin with reading it.

    Such scripts read a private key from ``ssh_key_path`` and give it to ``EncordUserClient``. No key is needed here, so
    the path is that of the file itself, which also says where the project is. A file that was there before is left as
    it is, unless this function wrote it. Call it again when the folder has moved.

    Args:
        project: a project, or its folder.

    Returns:
        Where the file is.
    """
    opened = project if isinstance(project, Project) else Project.find(project)
    path = opened.path / META_NAME
    meta = read_project_meta(opened.path)
    if meta and _OWN_MARK not in meta:
        return path
    content = {
        "project_title": opened.name,
        "project_description": "",
        "project_hash": hash_of_project(opened, meta),
        "ssh_key_path": str(path),
        _OWN_MARK: str(opened.path),
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    replace_whole(path, (_HEADER + text).encode())
    return path


def project_named_in(text: str) -> Path | None:
    """The project folder in the content of a ``project_meta.yaml`` that ``write_project_meta`` wrote; else None."""
    if _OWN_MARK not in text:
        return None
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    folder = found.get(_OWN_MARK) if isinstance(found, dict) else None
    return Path(folder) if isinstance(folder, str) else None
