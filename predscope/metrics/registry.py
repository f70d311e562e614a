"""The metrics that there are: the built-in ones and those of users, through one and the same hook.

A user writes a function and decorates it::

    from predscope.metrics import metric

    @metric("warmth", title="Warmth", measured_on="frame", range=(-1, 1), definition="Red minus blue, mean.")
    def warmth(image):
        blue, _, red = image.small.reshape(-1, 3).mean(axis=0) / 255
        return red - blue

and gives the file on the command line (``predscope metrics run --file warmth.py``), or has an installed package name
its module in an entry point of the group ``predscope.metrics``.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import threading
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from predscope.errors import InputError
from predscope.metrics.features import FEATURES
from predscope.metrics.metric import HigherIs, MeasuredOn, Metric, Needs
from predscope.schema import Role

ENTRY_POINT_GROUP: Final = "predscope.metrics"
_BUILTIN: Final = "predscope.metrics.builtin"

Function = TypeVar("Function", bound=Callable[..., Any])

_metrics: dict[str, Metric] = {}
_builtin_names: set[str] = set()
_lock: Final = threading.RLock()
_state: Final = {"loaded": False}


def metric(
    name: str,
    *,
    measured_on: MeasuredOn | str,
    title: str = "",
    unit: str = "",
    range: tuple[float, float] | None = None,
    version: int | None = None,
    definition: str = "",
    higher_is: HigherIs = "",
    is_categorical: bool = False,
    is_integer: bool = False,
    needs: Needs = "pixels",
    of_role: Role | None = None,
    features: Sequence[str] = (),
) -> Callable[[Function], Function]:
    """Make a function known as a metric; see ``Metric`` for the arguments that are not named here.

    What the function is given, and gives back:

    - ``pixels``: a ``Pixels``: of a frame, or of the crop of an object; gives one number. NaN: cannot be told.
    - ``objects``: an ``ObjectBlock``: the objects of some whole frames; gives one number an object, or, for a metric
      of frames, one a frame (``of_role`` says of which objects).
    - ``values``: a ``FrameBlock`` or an ``ObjectBlock`` of the whole set, plain columns only; computed when asked for
      and never kept, so it must be quick.
    - ``outcomes``: an ``Outcomes``: what became of objects at an operating point; computed when asked for.
    - ``embeddings``: a ``Features``: vectors of all frames or of all objects of a set; gives one number each.
    - ``sequence``: a ``Tracks``: the objects of a set along the sequences of frames; gives one number an object.

    Args:
        version: to be raised when the function changes, so that kept values are computed again. None: the text of the
            function tells.
        features: names of the features that ``embeddings`` asks for; the first is replaced by the user's own.

    Raises:
        InputError: the description makes no sense, or the name is taken by a built-in metric.
    """

    def decorate(function: Function) -> Function:
        description = Metric(
            name=name,
            title=title or name.replace("_", " ").capitalize(),
            measured_on=MeasuredOn(measured_on) if measured_on in tuple(MeasuredOn) else measured_on,  # type: ignore[arg-type]
            unit=unit,
            range=range,
            version=_version_of(function) if version is None else version,
            definition=definition or inspect.getdoc(function) or "",
            higher_is=higher_is,
            is_categorical=is_categorical,
            is_integer=is_integer,
            needs=needs,
            of_role=of_role,
            features=tuple(features),
            compute=function,
        )
        register(description)
        return function

    return decorate


def register(description: Metric) -> Metric:
    """Make a metric known under its name; a later one of the same name takes its place, unless it is built in.

    Raises:
        InputError: the name is taken by a built-in metric, a categorical metric would have to be kept, or there is no
            such feature.
    """
    if description.is_categorical and description.needs != "values":
        raise InputError(
            "a categorical metric cannot be computed from pixels or objects.",
            where=f"metric {description.name!r}",
            fix="Join its values instead: predscope metrics join FILE.",
        )
    for name in description.features:
        if name not in FEATURES:
            raise InputError(
                f"there is no feature {name!r}; there are {', '.join(FEATURES)}.", where=f"metric {description.name!r}"
            )
    with _lock:
        if description.name in _builtin_names and _state["loaded"]:
            raise InputError(
                "there is a built-in metric of this name.", where=f"metric {description.name!r}", fix="Choose another."
            )
        _metrics[description.name] = description
    return description


def all_metrics() -> dict[str, Metric]:
    """All metrics that can be computed, by name: built-in ones first, in the order of their modules."""
    with _lock:
        if not _state["loaded"]:
            import_module(_BUILTIN)
            _builtin_names.update(_metrics)
            _state["loaded"] = True
            _load_entry_points()
        return dict(_metrics)


def is_builtin(name: str) -> bool:
    """Whether a name is that of a metric that comes with the program."""
    all_metrics()
    return name in _builtin_names


def find_metric(name: str, among: Iterable[str] | None = None) -> Metric:
    """A metric by its name.

    Raises:
        InputError: there is none; names like it are given.
    """
    known = all_metrics()
    if name in known:
        return known[name]
    raise unknown_metric(name, known if among is None else among)


def unknown_metric(name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not that of a metric."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "See: predscope metrics list"
    return InputError(f"there is no metric {name!r}.", fix=hint)


def load_metric_file(path: Path) -> list[Metric]:
    """Run a Python file of the user's, and give back the metrics that it makes known.

    Raises:
        InputError: it cannot be read, it fails, or it makes none known.
    """
    path = Path(path).expanduser().resolve()
    all_metrics()
    if not path.is_file():
        raise InputError("there is no such file.", where=path, fix="Give a Python file with decorated functions.")
    spec = importlib.util.spec_from_file_location(f"predscope_user_metrics_{zlib.crc32(str(path).encode()):x}", path)
    if spec is None or spec.loader is None:
        raise InputError("expected a Python file.", where=path, fix="Its name must end in .py.")
    before = all_metrics()
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that the text of its functions can be looked up
    try:
        spec.loader.exec_module(module)
    except InputError as error:
        raise InputError(f"its metrics cannot be used: {error}", where=path) from None
    except Exception as error:
        line = next((entry.lineno for entry in reversed(traceback.extract_tb(error.__traceback__))), None)
        raise InputError(f"the file fails: {type(error).__name__}: {error}", where=f"{path}, line {line}") from None
    found = [entry for name, entry in all_metrics().items() if before.get(name) is not entry]
    if not found:
        raise InputError(
            "the file makes no metric known.",
            where=path,
            fix="Decorate a function: from predscope.metrics import metric; @metric('name', measured_on='frame')",
        )
    return found


@contextmanager
def restored_registry() -> Iterator[None]:
    """Forget, at the end, the metrics that were made known inside; for tests."""
    before = all_metrics()
    try:
        yield
    finally:
        with _lock:
            _metrics.clear()
            _metrics.update(before)


def _load_entry_points() -> None:
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            loaded = entry_point.load()
            if not isinstance(loaded, ModuleType):  # importing a module was enough
                for description in [loaded] if isinstance(loaded, Metric) else loaded:
                    register(description)
        except Exception as error:  # noqa: BLE001, RUF100 - somebody else's code: it must not take the program down
            warnings.warn(f"The metrics of {entry_point.name} could not be loaded: {error}", stacklevel=2)


def _version_of(function: Callable[..., Any]) -> int:
    """A number that changes with the text of a function."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):  # typed into a console
        text = function.__code__.co_code.hex() if hasattr(function, "__code__") else repr(function)
    return zlib.crc32(text.encode())
