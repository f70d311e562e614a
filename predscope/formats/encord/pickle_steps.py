"""The instructions of a pickle that are not numbers or texts: containers, the memo, names, and what would be calls.

They are those of CPython's ``pickletools.py``. Whatever they would import or call is looked up by the caller; what they
would add to, or set a state of, must be one of the machine's own lists, dictionaries and objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from predscope.formats.encord.pickle_memo import ALWAYS_KEPT, numbers_asked_for
from predscope.formats.encord.pickle_objects import Builder, Instance, Name
from predscope.formats.encord.pickle_values import Cursor, PickleError
from predscope.reading_progress import tell_bytes

MAX_CONTAINERS: Final = 20_000_000
"""Lists, dictionaries, tuples and objects that are made before entries are handed over."""
MAX_DEPTH: Final = 1_000
OBJECTS_A_WORD: Final = 1_000
"""After which it is said how far it is."""
_MEMO_GAP: Final = 16


class Steps(Cursor):
    """The stack and the memo, and what the instructions do with them.

    Args:
        data: the bytes of the pickle, or a memory map of them.
        find: for the module and name of a class or function what is to be called in its place; None: refused.
    """

    def __init__(self, data: Any, find: Callable[[str, str], Builder | None]) -> None:
        super().__init__(data)
        self._find = find
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._kept = numbers_asked_for(data)
        self._memo: dict[int, Any] = {}
        self._next_number = 0
        self._names: dict[tuple[str, str], Name] = {}
        self._made = 0
        self._room = OBJECTS_A_WORD
        self._outermost: list[Any] | None = None

    def _count(self, position: int) -> None:
        """Go on for as many objects as have been made since the last time."""
        self._made += OBJECTS_A_WORD
        self._room = OBJECTS_A_WORD
        if self._made > MAX_CONTAINERS:
            raise PickleError(f"it holds more than {MAX_CONTAINERS:,} objects")
        tell_bytes(position, len(self._view), "Reading the pickle")

    def _push_new(self, value: Any) -> None:
        self._room -= 1
        if self._room < 0:
            self._count(self.position)
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
        self._push_list([])

    def empty_set(self) -> None:
        self._push_new([])

    def list_since_mark(self) -> None:
        self._push_list(self._since_mark())

    def _push_list(self, value: list[Any]) -> None:
        if self._outermost is None and not self._stack and not self._below:
            self._outermost = value
        self._push_new(value)

    def tuple_since_mark(self) -> None:
        self._push_new(tuple(self._since_mark()))

    def dict_since_mark(self) -> None:
        items = self._since_mark()
        self._push_new({})
        self._set_items(self._stack[-1], items)

    def tuple_1(self) -> None:
        self._tuple(1)

    def tuple_2(self) -> None:
        self._tuple(2)

    def tuple_3(self) -> None:
        self._tuple(3)

    def _tuple(self, size: int) -> None:
        items = tuple(self._stack[-size:])
        if len(items) != size:
            raise PickleError(f"it is damaged at byte {self.position:,}")
        del self._stack[-size:]
        self._push_new(items)

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
        self._set_items(self._stack[-1], [key, value])

    def _set_items(self, target: Any, items: list[Any]) -> None:
        if type(target) is not dict or len(items) % 2:
            raise PickleError(f"something is set in what is no dictionary, at byte {self.position:,}")
        keys = items[::2]
        for key in keys:
            # Hashing whatever is nested deeply can end the process.
            if type(key) is not str and not isinstance(key, str | int | float | None):
                raise PickleError(f"it has a dictionary with keys of the kind {type(key).__name__}")
        target.update(zip(keys, items[1::2], strict=True))

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

    def put_1(self) -> None:
        self._put(self.u1())

    def put_4(self) -> None:
        self._put(self.u4())

    def put_text(self) -> None:
        self._put(self.decimal())

    def _put(self, number: int) -> None:
        if not 0 <= number <= self._next_number + _MEMO_GAP:
            raise PickleError(f"it keeps an object under the number {number:,}, after {self._next_number:,} others")
        self._next_number = max(self._next_number, number + 1)
        if number < ALWAYS_KEPT or number in self._kept:
            self._memo[number] = self._stack[-1]

    def get_4(self) -> None:
        self._stack.append(self._memo[self.u4()])

    def get_text(self) -> None:
        self._stack.append(self._memo[self.decimal()])

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
                raise PickleError(f"it refers to {shown(f'{module}.{name}')}, which is not allowed; nothing was run")
            known = self._names[module, name] = Name(f"{module}.{name}", build)
        return known

    def call(self) -> None:
        arguments, called = self._stack.pop(), self._stack.pop()
        self._stack.append(self._called(called, arguments))

    def call_with_names(self) -> None:
        names, arguments, called = self._stack.pop(), self._stack.pop(), self._stack.pop()
        if names:
            raise PickleError(f"it makes an object from named arguments, at byte {self.position:,}")
        self._stack.append(self._called(called, arguments))

    def _called(self, called: Any, arguments: Any) -> Any:
        if not isinstance(called, Name) or type(arguments) is not tuple:
            raise PickleError(f"it calls what is no class, at byte {self.position:,}")
        self._room -= 1
        if self._room < 0:
            self._count(self.position)
        return called.build(arguments)

    def set_state(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(target, Instance):
            raise PickleError(f"it gives a state to a {type(target).__name__}, at byte {self.position:,}")
        target.state = state


def shown(name: str) -> str:
    """A name from a file, for a message: nothing in it but what can be printed, and not too much of it."""
    text = "".join(character if character.isprintable() else "?" for character in name[:200])
    return text + ("..." if len(name) > 200 else "")


_BY_CODE: Final[dict[bytes, Callable[[Steps], None]]] = {
    b"(": Steps.mark,
    b"]": Steps.empty_list,
    b"\x8f": Steps.empty_set,
    b"l": Steps.list_since_mark,
    b"\x91": Steps.list_since_mark,
    b"t": Steps.tuple_since_mark,
    b"d": Steps.dict_since_mark,
    b"\x85": Steps.tuple_1,
    b"\x86": Steps.tuple_2,
    b"\x87": Steps.tuple_3,
    b"a": Steps.append,
    b"e": Steps.append_since_mark,
    b"\x90": Steps.append_since_mark,
    b"s": Steps.set_item,
    b"0": Steps.pop,
    b"1": Steps.pop_mark,
    b"2": Steps.duplicate,
    b"q": Steps.put_1,
    b"r": Steps.put_4,
    b"p": Steps.put_text,
    b"j": Steps.get_4,
    b"g": Steps.get_text,
    b"\x80": Steps.protocol,
    b"\x95": Steps.frame,
    b"c": Steps.name_of_lines,
    b"\x93": Steps.name_of_stack,
    b"R": Steps.call,
    b"\x92": Steps.call_with_names,
    b"b": Steps.set_state,
}
"""Not among them: persistent ids (P, Q), the extension registry, buffers outside the file, and the instructions of
Python 2 (i, o, S, T, U). Those of ``PickleMachine`` are there."""
STEPS: Final = [_BY_CODE.get(bytes([code])) for code in range(256)]
