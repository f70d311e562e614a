"""One hook for the metrics that come with the program and those of users."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from predscope.errors import InputError
from predscope.metrics import metric
from predscope.metrics import registry as registry_module
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.registry import all_metrics, find_metric, is_builtin, load_metric_file

PACKAGE = Path(__file__).resolve().parents[2] / "predscope" / "metrics"


def test_built_in_metrics_are_complete_and_well_described() -> None:
    metrics = list(all_metrics().values())
    assert len(metrics) >= 55
    for entry in metrics:
        assert entry.compute is not None, entry.name
        assert entry.version >= 1, entry.name
        assert entry.definition.endswith("."), entry.name
        assert entry.title[0].isupper(), entry.name
        assert entry.name == entry.name.lower()
        assert is_builtin(entry.name)
    assert len({entry.title for entry in metrics}) == len(metrics)


def test_the_library_does_not_know_the_app() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("streamlit", "components", "pages")], path
            assert not [name for name in names if name.startswith(("predscope.cli", "predscope.exploration"))], path


def test_a_decorated_function_stays_a_function() -> None:
    @metric("double", measured_on="frame", title="Twice", unit="px", higher_is="bad", needs="values", version=4)
    def double(frames: Any) -> Any:
        return frames.width * 2

    assert double(SimpleNamespace(width=3)) == 6
    found = find_metric("double")
    assert (found.title, found.unit, found.higher_is, found.version) == ("Twice", "px", "bad", 4)
    assert not is_builtin("double")


def test_without_a_version_the_text_of_the_function_tells() -> None:
    @metric("m", measured_on="frame")
    def first(image: Any) -> float:
        return 1.0

    version = find_metric("m").version
    metric("m", measured_on="frame")(first)
    assert find_metric("m").version == version

    @metric("m", measured_on="frame")
    def second(image: Any) -> float:
        return 2.0

    assert find_metric("m").version != version


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "brightness"}, "built-in metric"),
        ({"measured_on": "tree"}, "measured_on must be one of 'frame', 'object', 'label', 'prediction', got 'tree'"),
        ({"needs": "luck"}, "needs must be one of"),
        ({"is_categorical": True}, "cannot be computed from pixels"),
        ({"features": ["smell"], "needs": "embeddings"}, "no feature 'smell'; there are thumbnail"),
        ({"range": (2, 1)}, "the range must rise"),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    all_metrics()
    with pytest.raises(InputError, match=message):
        metric(**{"name": "new", "measured_on": "frame", **options})(lambda image: 1.0)


def test_files_of_metrics(tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text("from predscope.metrics import metric\n@metric('g', measured_on='frame')\ndef g(image): return 1\n")
    assert [entry.name for entry in load_metric_file(good)] == ["g"]
    assert find_metric("g").version != 0
    for content, message in (
        ("x = 1\n", "makes no metric known"),
        ("def f(:\n", "SyntaxError"),
        ("a = 1\nraise ValueError('no')\n", r"line 2: the file fails: ValueError: no"),
        ("from predscope.metrics import metric\nmetric('area', measured_on='label')(len)\n", "built-in metric"),
    ):
        bad = tmp_path / "bad.py"
        bad.write_text(content)
        with pytest.raises(InputError, match=message):
            load_metric_file(bad)
    with pytest.raises(InputError, match="no such file"):
        load_metric_file(tmp_path / "gone.py")


def test_packages_offer_metrics_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    all_metrics()
    offered = Metric("offered", "Offered", MeasuredOn.FRAME, needs="pixels", compute=lambda image: 1.0)

    def broken() -> None:
        raise RuntimeError("not today")

    points = [SimpleNamespace(name="one", load=lambda: offered), SimpleNamespace(name="two", load=broken)]
    monkeypatch.setattr(registry_module, "entry_points", lambda group: points if group == "predscope.metrics" else [])
    with pytest.warns(UserWarning, match="The metrics of two could not be loaded: not today"):
        registry_module._load_entry_points()
    assert find_metric("offered") is offered


def test_names_that_are_nearly_right() -> None:
    with pytest.raises(InputError, match=r"no metric 'sharpnes'. Did you mean sharpness"):
        find_metric("sharpnes")
    with pytest.raises(InputError, match="predscope metrics list"):
        find_metric("zzz")
