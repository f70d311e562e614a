"""Defining the classes of a project apart from any file: their colours, groups, keypoints, and which are ignored."""

from __future__ import annotations

from collections.abc import Sequence

from predscope.importing.classes.joining import ClassJoin
from predscope.project import Project
from predscope.project.project import apply_change
from predscope.project.publishing import Change
from predscope.report import ImportReport
from predscope.schema import DeclaredClass


def define_classes(project: Project, classes: Sequence[DeclaredClass]) -> Project:
    """Add classes to a project, and change those that it has; returns the new revision.

    Classes are found by name. What is not said of a class stays as it is; no class goes away, and none changes its
    number::

        define_classes(project, [DeclaredClass("rider", color="#FF8800"), DeclaredClass("other", is_ignored=True)])

    Raises:
        ProjectError: the project cannot be written.
    """
    manifest = project.manifest
    join = ClassJoin(manifest.classes, manifest.class_source_ids, classes, "labels", ImportReport())
    return Project(project.path, apply_change(project.path, Change(classes=join.changes())))
