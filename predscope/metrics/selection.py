"""Which metrics are computed ahead and kept, and the sets that they are computed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from predscope.metrics.derived import features_needed
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.project import ObjectSet, Project

_KEPT: Final = ("pixels", "objects", "embeddings", "sequence")


@dataclass(frozen=True)
class Selection:
    """Metrics that are computed ahead and kept, out of those asked for."""

    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, metrics: Sequence[Metric]) -> Selection:
        return cls(tuple(metric for metric in metrics if metric.needs in _KEPT and metric.compute is not None))

    def needing(self, needs: str, *, frames: bool) -> list[Metric]:
        """Those of frames, or of objects, that are given one kind of thing."""
        return [
            metric
            for metric in self.metrics
            if metric.needs == needs and (metric.measured_on is MeasuredOn.FRAME) == frames
        ]

    @property
    def is_of_pixels(self) -> bool:
        """Whether images have to be decoded for any of them."""
        return any(
            self.needing("pixels", frames=frames) or self.features("pixels", frames=frames) for frames in (True, False)
        )

    def features(self, needs: str, *, frames: bool) -> list[str]:
        """Names of the features that they ask for, of frames or of objects, computed from one kind of thing."""
        return features_needed(self.needing("embeddings", frames=frames), needs)


def current_sets(project: Project) -> list[ObjectSet]:
    """The newest version of every set, and the versions that the project was opened with."""
    return [project.objects("labels", name) for name in project.set_names("labels")] + [
        project.objects("predictions", name) for name in project.set_names("predictions")
    ]
