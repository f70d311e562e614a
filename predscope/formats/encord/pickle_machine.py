"""The stack machine that a pickle is a program for, with the instructions and none of the powers of Python's own."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from predscope.formats.encord.pickle_memo import ALWAYS_KEPT
from predscope.formats.encord.pickle_objects import Builder, Instance
from predscope.formats.encord.pickle_steps import MAX_DEPTH, STEPS, Steps, shown
from predscope.formats.encord.pickle_values import FLOAT, VALUES, PickleError

_STOP: Final = ord(".")
_PIECE_BYTES: Final = 1024**2
_LONGEST_HERE: Final = 9
"""Bytes of the longest instruction of ``_run``."""


class PickleMachine(Steps):
    """Runs a pickle.

    Args:
        data, find: see ``Steps``.
        part_size: see ``parts``.

    Attributes:
        found: the object, when ``parts`` has come to its end; of a list that was handed over in parts, the rest.
        is_handed_over_besides: entries were handed over of a list that has turned out to lie in something else.
    """

    def __init__(self, data: Any, find: Callable[[str, str], Builder | None], part_size: int) -> None:
        super().__init__(data, find)
        self.found: Any = None
        self.is_handed_over_besides = False
        self._part_size = part_size

    def parts(self) -> Iterator[list[Any]]:
        """Run it; hands over the entries of the outermost list whenever there are ``part_size`` of them.

        Raises:
            PickleError: it is damaged or cut short, or refers to something that is refused.
        """
        try:
            yield from self._run()
        except PickleError:
            raise
        except (IndexError, struct.error):
            raise PickleError(f"it is cut short or damaged at byte {self.position:,}") from None
        except (ValueError, TypeError, KeyError, OverflowError, UnicodeError, AttributeError) as error:
            raise PickleError(f"it is damaged at byte {self.position:,} ({shown(str(error))})") from None
        if self.position < len(self._view):
            raise PickleError(f"it goes on after its end at byte {self.position:,}; a file holds one pickle")

    def _run(self) -> Iterator[list[Any]]:
        """The instructions of which pickled objects mostly consist are carried out right here, on variables and on a
        piece of the file in memory, which is several times as fast; all others have methods."""
        data, length, part_size, memo, kept = self._view, len(self._view), self._part_size, self._memo, self._kept
        below, read_float, is_handed_over = self._below, FLOAT.unpack_from, False
        stack, outermost, number = self._stack, self._outermost, 0
        while self.position < length:
            start = self.position
            piece = bytes(data[start : start + _PIECE_BYTES])
            stop = len(piece) if start + len(piece) == length else len(piece) - _LONGEST_HERE
            at = 0
            try:
                while at < stop:
                    code = piece[at]
                    at += 1
                    if code == 0x68:  # h: an object of the memo, by its number in one byte
                        stack.append(memo[piece[at]])
                        at += 1
                    elif code == 0x94:  # what is on top goes into the memo
                        if number < ALWAYS_KEPT or number in kept:
                            memo[number] = stack[-1]
                        number += 1
                    elif code == 0x47:  # G: a number
                        stack.append(read_float(piece, at)[0])
                        at += 8
                    elif code == 0x28 and len(below) < MAX_DEPTH:  # (: a mark
                        below.append(stack)
                        stack = []
                    elif code == 0x7D:  # }: a dictionary
                        stack.append({})
                        self._room -= 1
                        if self._room < 0:
                            self._count(start + at)
                    elif code == 0x75:  # u: entries of a dictionary
                        items, stack = stack, below.pop()
                        self.position = start + at
                        self._set_items(stack[-1], items)
                    elif code == 0x8F:  # a set, which is a list here
                        stack.append([])
                        self._room -= 1
                        if self._room < 0:
                            self._count(start + at)
                    elif code == 0x90 and type(below[-1][-1]) is list:  # entries of a set
                        items, stack = stack, below.pop()
                        stack[-1].extend(items)
                    elif code == 0x4E:  # N: None
                        stack.append(None)
                    elif code == 0x29:  # ): a tuple without entries
                        stack.append(())
                    elif code == 0x81:  # an object of a class
                        arguments = stack.pop()
                        self.position = start + at
                        stack[-1] = self._called(stack[-1], arguments)
                    elif code == 0x62 and isinstance(stack[-2], Instance):  # b: the state of an object
                        state = stack.pop()
                        stack[-1].state = state
                    else:
                        self.position, self._stack, self._next_number = start + at, stack, number
                        if (read := VALUES[code]) is not None:
                            stack.append(read(self))
                        elif (step := STEPS[code]) is not None:
                            step(self)
                        elif code == _STOP:
                            self.found = stack.pop()
                            self.is_handed_over_besides = is_handed_over and self.found is not outermost
                            return
                        else:
                            place = f"{chr(code)!r} at byte {self.position:,}"
                            raise PickleError(f"it has the instruction {place}, which is not allowed")
                        at, stack, number = self.position - start, self._stack, self._next_number
                        outermost = self._outermost
                        if outermost is not None and len(outermost) >= part_size:
                            is_handed_over = True
                            part = outermost.copy()
                            outermost.clear()
                            yield part
                            del part
                            self._made = 0
            finally:
                self.position = max(self.position, start + at)
        raise PickleError(f"it is cut short: it ends at byte {length:,} without the end mark")
