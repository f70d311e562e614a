"""``docs/metrics.md`` defines every metric, as the program does."""

from __future__ import annotations

from predscope.metrics.features import FEATURES
from predscope.metrics.metric import Metric
from predscope.metrics.registry import all_metrics, is_builtin
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "metrics.md"


def row_of(metric: Metric) -> str:
    """The row of the page's tables that defines a metric."""
    limits = "" if metric.range is None else f"{metric.range[0]:g} to {metric.range[1]:g}"
    unit = "category" if metric.is_categorical else f"{limits} {metric.unit}".strip()
    higher = f" Higher is {metric.higher_is}." if metric.higher_is else ""
    definition = metric.definition.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.title} | {unit} | {definition}{higher} |"


def test_every_metric_is_defined_on_the_page() -> None:
    lines = set(PAGE.read_text(encoding="utf-8").splitlines())
    expected = [row_of(metric) for name, metric in all_metrics().items() if is_builtin(name)]
    missing = [row for row in expected if row not in lines]
    assert not missing, "put these rows into docs/metrics.md:\n" + "\n".join(missing)
    assert sum(line.startswith("| `") and line.count("|") == 5 for line in lines) == len(expected), "a row too many"


def test_features_are_named_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in FEATURES if f"`{name}`" not in text] == []
