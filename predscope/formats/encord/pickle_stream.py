"""Reading Python pickles as data: nothing is imported, and nothing that a pickle names is ever called.

A pickle is a small program for a stack machine (https://peps.python.org/pep-3154/, https://peps.python.org/pep-0574/,
CPython's ``pickletools.py``), and Python's own machine runs whatever it is told to. This one knows the same
instructions, but whatever they would import or call is only looked up in a list of names by the caller; a name that is
not in it is refused on the spot. What it makes is bounded by the size of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from predscope.formats.encord.pickle_values import VALUES, Cursor, PickleError

MAX_FILE_BYTES: Final = 16 * 1024**3
MAX_CONTAINERS: Final = 20_000_000
"""Lists, dictionaries, tuples and objects in one pickle: somewhat more than a million predictions."""
MAX_DEPTH: Final = 1_000
_MEMO_GAP: Final = 16

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

    def set_state(self, state: Any) -> None:
        self.state = state

    def fields(self) -> dict[str, Any]:
        """Its attributes by name, whether it was a plain object or a pydantic model; {} where it has none."""
        state = self.state
        if isinstance(state, tuple) and len(state) == 2:  # attributes, and those in slots
            state = {**(state[0] if isinstance(state[0], dict) else {}), **(state[1] if type(state[1]) is dict else {})}
        if not isinstance(state, dict):
            return {}
        inner = state.get("__dict__", state)
        return inner if isinstance(inner, dict) else {}


def read_pickle(data: Any, find: Callable[[str, str], Builder | None]) -> Any:
    """The object of a pickle, made of plain containers, numbers, texts and what ``find`` gives.

    Sets become lists, and long byte strings views of ``data``.

    Args:
        data: the bytes, or a memory map of them.
        find: for the module and name of a class or function what is to be called in its place; None: refused.

    Raises:
        PickleError: it is damaged or cut short, or refers to something that is refused.
    """
    machine = _Machine(data, find)
    try:
        found = machine.run()
    except PickleError:
        raise
    except (IndexError, struct.error):
        raise PickleError(f"it is cut short or damaged at byte {machine.position:,}") from None
    except (ValueError, TypeError, KeyError, OverflowError, UnicodeError, AttributeError) as error:
        raise PickleError(f"it is damaged at byte {machine.position:,} ({_shown(str(error))})") from None
    if machine.position < len(data):
        raise PickleError(f"it goes on after its end at byte {machine.position:,}; a file holds one pickle")
    return found


def describe_file_size(path: Path) -> str | None:
    """Why a file is too large to be read, in words; None: it is not."""
    size = path.stat().st_size
    if size <= MAX_FILE_BYTES:
        return None
    return f"has {size / 1024**3:.1f} GiB, and pickles of up to {MAX_FILE_BYTES // 1024**3} GiB are read"


class _Machine(Cursor):
    """The stack machine."""

    def __init__(self, data: Any, find: Callable[[str, str], Builder | None]) -> None:
        super().__init__(data)
        self._find = find
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: list[Any] = []
        self._names: dict[tuple[str, str], Name] = {}
        self._containers = 0

    def run(self) -> Any:
        view, length = self._view, len(self._view)
        while self.position < length:
            code = view[self.position]
            self.position += 1
            if (read := VALUES[code]) is not None:
                self._stack.append(read(self))
            elif (step := _STEPS[code]) is not None:
                step(self)
            elif code == _STOP:
                return self._stack.pop()
            else:
                raise PickleError(
                    f"it has the instruction {chr(code)!r} at byte {self.position:,}, which is not allowed"
                )
        raise PickleError(f"it is cut short: it ends at byte {length:,} without the end mark")

    def _count(self) -> None:
        self._containers += 1
        if self._containers > MAX_CONTAINERS:
            raise PickleError(f"it holds more than {MAX_CONTAINERS:,} objects")

    def _push_new(self, value: Any) -> None:
        self._count()
        self._stack.append(value)

    def mark(self) -> None:
        if len(self._below) >= MAX_DEPTH:
            raise PickleError(f"it is nested more than {MAX_DEPTH:,} times")
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    # Containers

    def empty_list(self) -> None:
        self._push_new([])

    def empty_dict(self) -> None:
        self._push_new({})

    def list_since_mark(self) -> None:
        self._push_new(self._since_mark())

    def tuple_since_mark(self) -> None:
        self._push_new(tuple(self._since_mark()))

    def dict_since_mark(self) -> None:
        items = self._since_mark()
        self._push_new({})
        self._set_items(items)

    def tuple_1(self) -> None:
        self._tuple(1)

    def tuple_2(self) -> None:
        self._tuple(2)

    def tuple_3(self) -> None:
        self._tuple(3)

    def _tuple(self, size: int) -> None:
        self._count()
        items = tuple(self._stack[-size:])
        if len(items) != size:
            raise PickleError(f"it is damaged at byte {self.position:,}")
        self._stack[-size:] = [items]

    def append(self) -> None:
        item = self._stack.pop()
        self._list_on_top().append(item)

    def append_since_mark(self) -> None:
        items = self._since_mark()
        self._list_on_top().extend(items)

    def _list_on_top(self) -> list[Any]:
        target = self._stack[-1]
        if type(target) is not list:
            raise PickleError(f"something is added to what is no list, at byte {self.position:,}")
        return target

    def set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_items([key, value])

    def set_items_since_mark(self) -> None:
        self._set_items(self._since_mark())

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise PickleError(f"something is set in what is no dictionary, at byte {self.position:,}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int | float | None):  # hashing whatever is nested deeply can end the process
                raise PickleError(f"it has a dictionary with keys of the kind {type(key).__name__}")
            target[key] = value

    # The stack and the memo

    def pop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def pop_mark(self) -> None:
        self._since_mark()

    def duplicate(self) -> None:
        self._stack.append(self._stack[-1])

    def memoize(self) -> None:
        self._memo.append(self._stack[-1])

    def put_1(self) -> None:
        self._put(self.u1())

    def put_4(self) -> None:
        self._put(self.u4())

    def put_text(self) -> None:
        self._put(self.decimal())

    def _put(self, index: int) -> None:
        missing = index - len(self._memo)
        if not -len(self._memo) <= missing <= _MEMO_GAP:
            raise PickleError(f"it keeps an object under the number {index:,}, after {len(self._memo):,} others")
        self._memo.extend([None] * (missing + 1))
        self._memo[index] = self._stack[-1]

    def get_1(self) -> None:
        self._stack.append(self._memo[self.u1()])

    def get_4(self) -> None:
        self._stack.append(self._memo[self.u4()])

    def get_text(self) -> None:
        index = self.decimal()
        if index < 0:
            raise PickleError("it refers to an object under a negative number")
        self._stack.append(self._memo[index])

    def protocol(self) -> None:
        version = self.u1()
        if version > 5:
            raise PickleError(f"it is of the pickle protocol {version}; 0 to 5 are known")

    def frame(self) -> None:
        size = self.u8()
        if size > len(self._view) - self.position:
            raise PickleError(f"it is cut short: it ends at byte {len(self._view):,}")

    # Names, and what would be calls

    def name_of_lines(self) -> None:
        module, name = self.line().decode("utf-8"), self.line().decode("utf-8")
        self._stack.append(self._named(module, name))

    def name_of_stack(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if type(name) is not str or type(module) is not str:
            raise PickleError(f"it has no name where one is expected, at byte {self.position:,}")
        self._stack.append(self._named(module, name))

    def _named(self, module: str, name: str) -> Name:
        known = self._names.get((module, name))
        if known is None:
            build = self._find(module, name)
            if build is None:
                raise PickleError(f"it refers to {_shown(f'{module}.{name}')}, which is not allowed; nothing was run")
            known = self._names[module, name] = Name(f"{module}.{name}", build)
        return known

    def call(self) -> None:
        arguments, called = self._stack.pop(), self._stack.pop()
        self._call(called, arguments)

    def call_with_names(self) -> None:
        names, arguments, called = self._stack.pop(), self._stack.pop(), self._stack.pop()
        if names:
            raise PickleError(f"it makes an object from named arguments, at byte {self.position:,}")
        self._call(called, arguments)

    def _call(self, called: Any, arguments: Any) -> None:
        if not isinstance(called, Name) or type(arguments) is not tuple:
            raise PickleError(f"it calls what is no class, at byte {self.position:,}")
        self._push_new(called.build(arguments))

    def set_state(self) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if not isinstance(target, Instance):
            raise PickleError(f"it gives a state to a {type(target).__name__}, at byte {self.position:,}")
        target.set_state(state)


def _shown(name: str) -> str:
    """A name from a file, for a message: nothing in it but what can be printed, and not too much of it."""
    text = "".join(character if character.isprintable() else "?" for character in name[:200])
    return text + ("..." if len(name) > 200 else "")


_STOP: Final = ord(".")
_BY_CODE: Final[dict[bytes, Callable[[_Machine], None]]] = {
    b"(": _Machine.mark,
    b"]": _Machine.empty_list,
    b"\x8f": _Machine.empty_list,
    b"}": _Machine.empty_dict,
    b"l": _Machine.list_since_mark,
    b"\x91": _Machine.list_since_mark,
    b"t": _Machine.tuple_since_mark,
    b"d": _Machine.dict_since_mark,
    b"\x85": _Machine.tuple_1,
    b"\x86": _Machine.tuple_2,
    b"\x87": _Machine.tuple_3,
    b"a": _Machine.append,
    b"e": _Machine.append_since_mark,
    b"\x90": _Machine.append_since_mark,
    b"s": _Machine.set_item,
    b"u": _Machine.set_items_since_mark,
    b"0": _Machine.pop,
    b"1": _Machine.pop_mark,
    b"2": _Machine.duplicate,
    b"\x94": _Machine.memoize,
    b"q": _Machine.put_1,
    b"r": _Machine.put_4,
    b"p": _Machine.put_text,
    b"h": _Machine.get_1,
    b"j": _Machine.get_4,
    b"g": _Machine.get_text,
    b"\x80": _Machine.protocol,
    b"\x95": _Machine.frame,
    b"c": _Machine.name_of_lines,
    b"\x93": _Machine.name_of_stack,
    b"R": _Machine.call,
    b"\x81": _Machine.call,
    b"\x92": _Machine.call_with_names,
    b"b": _Machine.set_state,
}
"""Not among them: persistent ids (P, Q), the extension registry, buffers outside the file, and the instructions of
Python 2 (i, o, S, T, U)."""
_STEPS: Final = [_BY_CODE.get(bytes([code])) for code in range(256)]
