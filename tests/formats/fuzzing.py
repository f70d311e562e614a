"""Damage done to files that are in order: bytes, lines, words, and values inside of JSON and XML.

A case is drawn by hypothesis, so that one that fails is made small and is tried first the next time.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

Files = dict[str, bytes]
"""Contents by name, "/" separated, below one folder."""

MOST_SECONDS: Final = 10
"""A damaged file of a few KB takes milliseconds; this long is a hang."""
MOST_MEMORY: Final = 1 << 30
"""Bytes that reading may take beyond what the process holds; the samples are of a few KB."""

_WORDS: Final = (
    *(b"", b"0", b"-1", b"1e309", b"-1e308", b"NaN", b"nan", b"Infinity", b"-inf", b"1e-320", b"0x10", b"1_000"),
    *(b"99999999999999999999999999", b"2147483648", b"-9223372036854775809", b"4294967295", b"0.5", b"1.5.2"),
    *(b"null", b"true", b"None", b'"', b"'", b",", b";", b"\t", b"\n", b"\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"[", b"]", b"{", b"}", b"<", b">", b"&", b"&lol;", b"<!DOCTYPE x>", b"..", b"../../etc/passwd", b"C:\\a\\b"),
    *("é漢字\u202e".encode(), b"\xed\xa0\x80", b"[" * 3000, b"9" * 5000, b"a" * 70_000),
)
_VALUES: Final = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        0.5,
        -0.0,
        1e308,
        -1e308,
        float("nan"),
        float("inf"),
        2**31,
        2**63,
        -(2**63),
        10**30,
    ),
    *("", "x", "0", "1", "-1", "nan", "1e400", "\x00", "../../a.jpg", "C:\\b.png", "a" * 5000, "é漢字", "\ud800"),
    *([], {}, [[]], [None], [0], [1, 2], [1, 2, 3, 4], ["1", "2", "3", "4"], [[1, 2], [3, 4], [5, 6]], [[[1, 2, 3]]]),
    *({"x": 1}, {"counts": "x", "size": [3, 3]}, {"counts": [9], "size": [100_000, 100_000]}, {"counts": 1}),
    *([0] * 1000, [[0.0, 0.0]] * 1000),
)


def damaged(files: Files) -> st.SearchStrategy[Files]:
    """The files with one to four things wrong in them."""
    return st.lists(st.deferred(lambda: _change(files)), min_size=1, max_size=4).map(
        lambda steps: _applied(files, steps)
    )


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fails where something takes longer than ``MOST_SECONDS`` or allocates more than ``MOST_MEMORY``."""

    def stop(_signal: int, _frame: Any) -> None:
        raise TimeoutError(f"it was still reading after {MOST_SECONDS} s")

    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MOST_MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def write_files(folder: Path, files: Files) -> None:
    """Write them below a new folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def zipped(files: Files, compression: int) -> bytes:
    """The files as an archive, the same at any time of the day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


Step = tuple[str, Callable[[bytes], bytes]]


@st.composite
def _change(draw: st.DrawFn, files: Files) -> Step:
    name = draw(st.sampled_from(sorted(files)))
    kinds = [_bytes_changed, _bits_flipped, _words_changed, _line_changed, _recoded]
    if name.endswith(".json"):
        kinds += [_value_changed] * 6
    elif name.endswith(".png"):
        kinds += [_chunk_changed] * 6
    elif name.endswith((".parquet", ".zip", ".pkl", ".npy")):
        kinds += [_bits_flipped] * 6
    return name, draw(draw(st.sampled_from(kinds))(files[name]))


def _applied(files: Files, steps: list[Step]) -> Files:
    result = dict(files)
    for name, change in steps:
        result[name] = change(result[name])
    return result


@st.composite
def _bytes_changed(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    start = draw(st.integers(0, len(content)))
    length = draw(st.integers(0, 40))
    put = draw(st.one_of(st.binary(max_size=12), st.just(content[start : start + length] * 3)))
    return draw(
        st.sampled_from(
            [
                lambda data: data[:start],  # cut off
                lambda data: data[:start] + put + data[start + length :],
                lambda data: data[:start] + put + data[start:],
                lambda data: data[start:] + data[:start],
            ]
        )
    )


@st.composite
def _bits_flipped(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    """A few bytes are others, everything else stays in its place."""
    places = draw(st.lists(st.tuples(st.integers(0, max(len(content) - 1, 0)), st.integers(1, 255)), max_size=8))

    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        for place, bits in places:
            if place < len(changed):
                changed[place] ^= bits
        return bytes(changed)

    return change


@st.composite
def _chunk_changed(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    """Damage inside of a chunk of a PNG, whose checksum fits all the same; or its pixels are of another size."""
    which, place = draw(st.integers(0, 5)), draw(st.integers(0, 400))
    put = draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\xff\xff"])))

    def change(data: bytes) -> bytes:
        chunks = _png_chunks(data)
        if not chunks:
            return data
        kind, body = chunks[which % len(chunks)]
        at = place % (len(body) + 1)
        if kind == b"IHDR":
            at -= at % 4  # so that whole numbers change: width, height, depth and kind of the pixels
        chunks[which % len(chunks)] = kind, body[:at] + put + body[at + len(put) :]
        parts = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                 for kind, body in chunks]  # fmt: skip
        return data[:8] + b"".join(parts)

    return change


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += length + 12
    return chunks


@st.composite
def _words_changed(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    """A number or word takes another's place, so that the file around it stays well formed."""
    words = sorted(set(_words_of(content)))
    if not words:
        return draw(_bytes_changed(content))
    word, put = draw(st.sampled_from(words)), draw(st.sampled_from(_WORDS))
    times = draw(st.sampled_from([1, -1]))
    return lambda data: data.replace(word, put, times)


def _words_of(content: bytes) -> list[bytes]:
    text = bytearray(content[:20_000])
    for position, byte in enumerate(text):
        if not (chr(byte).isalnum() or byte in b"._-#/" or byte > 127):
            text[position] = 32
    return bytes(text).split()


@st.composite
def _line_changed(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    line = draw(st.integers(0, max(content.count(b"\n"), 0)))
    what = draw(st.sampled_from(["drop", "double", "half", "empty"]))

    def change(data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = min(line, len(lines) - 1)
        put = {"drop": [], "double": [lines[at]] * 2, "half": [lines[at][: len(lines[at]) // 2]], "empty": [b""]}[what]
        return b"\n".join(lines[:at] + put + lines[at + 1 :])

    return change


@st.composite
def _recoded(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    encoding = draw(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "utf-16-le", "crlf", "empty", "nul", "latin"]))

    def change(data: bytes) -> bytes:
        text = data.decode("latin-1")
        match encoding:
            case "crlf":
                return data.replace(b"\n", b"\r\n")
            case "empty":
                return b""
            case "nul":
                return b"\x00" * len(data)
            case "latin":
                return (text + "é").encode("latin-1", "replace")
        return text.encode(encoding)

    return change


@st.composite
def _value_changed(draw: st.DrawFn, content: bytes) -> Callable[[bytes], bytes]:
    """Somewhere in a JSON document stands a value of another type, or a key is missing."""
    try:
        document = json.loads(content)
    except ValueError:
        return draw(_bytes_changed(content))
    path = draw(st.sampled_from(_paths(document) or [()]))
    drop = draw(st.integers(0, 4)) == 0
    value = draw(st.sampled_from(_VALUES))

    def change(data: bytes) -> bytes:
        try:
            changed = json.loads(data)
            if not path:
                changed = value
            else:
                parent = changed
                for key in path[:-1]:
                    parent = parent[key]
                if drop:
                    del parent[path[-1]]
                else:
                    parent[path[-1]] = value
            return json.dumps(changed).encode("utf-8", "surrogatepass")
        except (ValueError, TypeError, LookupError, RecursionError):  # an earlier step broke it
            return data

    return change


def _paths(value: Any, path: tuple[Any, ...] = (), most: int = 3000) -> list[tuple[Any, ...]]:
    found = [path]
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in items:
        if len(found) > most:
            break
        found += _paths(entry, (*path, key), most - len(found))
    return found
