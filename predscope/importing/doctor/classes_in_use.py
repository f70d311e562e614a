"""Classes that are listed or predicted, and that no label has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from predscope.importing.classes.joined import JoinedClass
from predscope.importing.findings import note
from predscope.project import ObjectSet
from predscope.report import ImportReport
from predscope.schema import DeclaredClass


def remark_on_unlabelled(joined: Sequence[JoinedClass], labels: ObjectSet, report: ImportReport) -> None:
    """Say which classes of the project are predicted although no label has them."""
    labelled = set(np.unique(labels.table(["class_id"])["class_id"].to_numpy()).tolist())
    counts: Counter[str] = Counter()
    for entry in joined:
        if entry.class_id not in labelled and not entry.is_new:
            counts[entry.class_name] += entry.count
    if counts and labelled:
        examples = [f"{name}: {count:,} predictions" for name, count in counts.most_common(5)]
        note(report, "classes_without_labels", count=len(counts), examples=examples)


def remark_on_unused(joined: Sequence[JoinedClass], declared: Sequence[DeclaredClass], report: ImportReport) -> None:
    """Say which classes the labels list and do not use."""
    used = {entry.class_name for entry in joined} | {entry.name for entry in joined}
    unused = [entry.name for entry in declared if entry.name not in used]
    if unused and joined:
        note(report, "classes_unused", count=len(unused), examples=[*unused[:5]])
