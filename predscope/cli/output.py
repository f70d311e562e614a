"""Standard output and standard error as a command needs them: there, able to hold any name, never a reason to fail."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STREAMS: Final = ("stdout", "stderr")


class PipeEnd(io.FileIO):
    """The end of a pipe that is written to; once its reader has closed it (``| head``), what is written goes nowhere.

    Whoever closes a pipe has what was wanted: the command goes on, and ends as it would have.
    """

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def prepare_output() -> None:
    """Output that is closed goes nowhere; names that the encoding of the terminal cannot hold get escapes.

    OpenCV, once it is loaded, says nothing of its own about images that it cannot read: reports do.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    for name in _STREAMS:
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end of the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            if type(getattr(stream.buffer, "raw", stream.buffer)) is io.FileIO:  # no buffer: PYTHONUNBUFFERED
                setattr(sys, name, _to_pipe(stream))


def _to_pipe(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    raw = PipeEnd(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
