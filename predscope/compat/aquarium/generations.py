"""Arguments under the names of either generation of the client."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])
_LATER_NAMES: Final = {
    "project_name": "project_id",
    "dataset_name": "dataset_id",
    "unlabeled_dataset_name": "dataset_id",
    "inferences_name": "inferences_id",
    "inference_set_name": "inferences_id",
}


def either_name(method: _Method) -> _Method:
    """Let a method take ``project_name`` for ``project_id``, and so on, as scripts of the later generation write it."""

    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        for later, own in _LATER_NAMES.items():
            if later in named:
                if own in named:
                    raise TypeError(f"{method.__name__}() got both {own!r} and {later!r}")
                named[own] = named.pop(later)
        return method(*arguments, **named)

    return call  # type: ignore[return-value]
