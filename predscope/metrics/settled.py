"""Which metrics a run has been through to the end: what has no value then has none to be had, and is not waited for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from predscope.metrics.metric import Metric
from predscope.metrics.workspace import Workspace
from predscope.project import ObjectSet, Project
from predscope.project.durable import replace_whole

_NAME: Final = "settled.json"


@dataclass(frozen=True, slots=True)
class Settled:
    """What runs have come to at one revision of a project.

    Attributes:
        keys: of the metrics that were asked for in runs that came to their end.
        failed: keys of those whose function failed, somewhere at least, or lacked images, when it was last tried.
        versions: old versions of sets that runs of all metrics went through beside the newest, such as ``model_a@1``.
    """

    keys: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()

    def is_through(self, metric: Metric, objects: ObjectSet | None, project: Project) -> bool:
        """Whether a run has come to its end for a metric of the objects of a set, or of frames (None)."""
        if metric.key not in self.keys:
            return False
        opened = {one.name for one in project.opened}
        return objects is None or objects.name not in opened or objects.name in self.versions


def read_settled(workspace: Workspace) -> Settled:
    """Of the revision of the workspace; empty where no run has ended."""
    try:
        record = orjson.loads((workspace.folder / _NAME).read_bytes())
        if record["revision"] != workspace.project.published.revision:
            return Settled()
        return Settled(*(frozenset(record[name]) for name in ("metrics", "failed", "versions")))
    except (OSError, ValueError, TypeError, KeyError):
        return Settled()


def settle(workspace: Workspace, metrics: Iterable[Metric], failed: Iterable[str]) -> None:
    """Remember a run that came to its end. The caller is the only one that measures.

    Args:
        metrics: that it was asked for.
        failed: names of those whose function failed, or lacked images.
    """
    key_of = {metric.name: metric.key for metric in metrics}
    before = read_settled(workspace)
    keys = before.keys | set(key_of.values())
    still_failed = before.failed.difference(key_of.values()) | {key_of[name] for name in failed if name in key_of}
    opened = {one.name for one in workspace.project.opened}
    versions = before.versions | (opened if keys <= set(key_of.values()) else set())
    if (keys, still_failed, versions) != (before.keys, before.failed, before.versions):
        record = {
            "revision": workspace.project.published.revision,
            "metrics": sorted(keys),
            "failed": sorted(still_failed),
            "versions": sorted(versions),
        }
        replace_whole(workspace.folder / _NAME, orjson.dumps(record))
