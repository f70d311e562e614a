"""A project as scripts for Encord's client see it: its ontology, its data units, its title and hash."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from predscope.compat.encord.project_meta import hash_of_project, read_project_meta
from predscope.errors import InputError
from predscope.ontology import Ontology, data_mapping, read_ontology
from predscope.project import Project


class EncordProject:
    """Stands in for ``encord.Project``; a view of one revision of a project on disk.

    Attributes:
        project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._meta = read_project_meta(project.path)

    def __repr__(self) -> str:
        return f"EncordProject({self.title!r}, {str(self.project.path)!r})"

    @property
    def data_dir(self) -> Path:
        """The project folder."""
        return self.project.path

    @cached_property
    def project_hash(self) -> str:
        return hash_of_project(self.project, self._meta)

    @property
    def title(self) -> str:
        return str(self._meta.get("project_title") or self.project.name)

    @property
    def description(self) -> str:
        return str(self._meta.get("project_description") or "")

    @cached_property
    def ontology(self) -> dict[str, list[dict[str, Any]]]:
        """``objects``: dictionaries with id, name, color, shape and featureNodeHash, in the order of the class ids;
        ``classifications``: questions with attributes and options, each with a featureNodeHash."""
        return self.classes.to_encord()

    @cached_property
    def classes(self) -> Ontology:
        """The same, typed."""
        return read_ontology(self.project)

    @cached_property
    def data_titles(self) -> dict[str, str]:
        """data_hash to file name; a video is one entry."""
        return data_mapping(self.project)

    @property
    def label_rows(self) -> list[dict[str, str]]:
        """One entry an image or video: ``data_hash`` and ``data_title``."""
        return [{"data_hash": data_hash, "data_title": title} for data_hash, title in self.data_titles.items()]


def load_project(data_dir: Path | str | Project | EncordProject) -> EncordProject:
    """The project in, or around, a folder; takes the place of ``EncordUserClient ... get_project(...)``.

    Title and hash come from ``project_meta.yaml`` where there is one. Nothing is written, and no key is read.

    Raises:
        ProjectError: there is no project.
        InputError: ``project_meta.yaml`` cannot be read.
    """
    return EncordProject(open_project(data_dir))


def open_project(given: Any) -> Project:
    """The newest revision of what a script means by a project: a folder, or either kind of project.

    Raises:
        InputError: it is something else.
        ProjectError: there is no project.
    """
    if isinstance(given, EncordProject):
        return Project.open(given.project.path)
    if isinstance(given, Project):
        return Project.open(given.path)
    if isinstance(given, str | Path):
        return Project.find(given)
    raise InputError(
        f"a project or its folder is needed, got {type(given).__name__}.",
        fix="Use project = load_project(data_dir), from predscope.compat.encord.",
    )
