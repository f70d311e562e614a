"""What pickles name, and the objects that they make: data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Builder = Callable[[tuple[Any, ...]], Any]


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a pickle refers to, and what takes its place when it is called."""

    text: str
    build: Builder


class Instance:
    """An object of a pickle: what it was made from, and the state that was given to it."""

    __slots__ = ("arguments", "name", "state")

    def __init__(self, name: str, arguments: tuple[Any, ...] = ()) -> None:
        self.name = name
        self.arguments = arguments
        self.state: Any = None

    def fields(self) -> dict[str, Any]:
        """Its attributes by name, whether it was a plain object or a pydantic model; {} where it has none."""
        state = self.state
        if isinstance(state, tuple) and len(state) == 2:  # attributes, and those in slots
            state = {**(state[0] if isinstance(state[0], dict) else {}), **(state[1] if type(state[1]) is dict else {})}
        if type(state) is not dict:
            return {}
        inner: Any = state.get("__dict__", state)
        return inner if type(inner) is dict else {}
