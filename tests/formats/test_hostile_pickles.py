"""Pickles that mean harm, or are damaged: one clear error, nothing run, and nothing set aside that is not there."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import FileParsingError
from predscope.formats import open_input
from predscope.formats.encord.pickle_values import PickleError
from predscope.formats.encord.reader import find_builder
from tests.compat.original_classes import original_classes
from tests.formats.test_encord_pickle import PROTOCOLS, batches_of, make_predictions, read_pickle


class _Reduced:
    """Pickled as a call."""

    def __init__(self, called: Any, *arguments: Any) -> None:
        self._call = called, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._call


HARMFUL = {
    "posix.system": _Reduced(os.system, "touch HARMED"),
    "builtins.eval": _Reduced(eval, "open('HARMED', 'w')"),
    "builtins.exec": _Reduced(exec, "open('HARMED', 'w')"),
    "io.open": _Reduced(io.open, "HARMED", "w"),
    "builtins.getattr": _Reduced(getattr, 1, "real"),
    "numpy.load": _Reduced(np.load, "x.npy", None, True),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", HARMFUL)
def test_other_names_are_refused_by_name_and_nothing_is_run(
    name: str, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "harmful.pkl"
    path.write_bytes(pickle.dumps([HARMFUL[name]], protocol))
    with pytest.raises(FileParsingError) as caught:
        open_input(path, format="encord_pickle", role="predictions")
    shown = name.replace("posix", os.name)
    assert shown.rpartition(".")[2] in str(caught.value)
    assert not (tmp_path / "HARMED").exists()


TRICKS = {
    "getattr of an allowed class": b"cbuiltins\ngetattr\ncencord_active.x\nPrediction\nX\x08\x00\x00\x00__init__\x86R.",
    "getattr chain to globals": b"cbuiltins\ngetattr\ncencord_active.x\nFormat\nX\x0b\x00\x00\x00__globals__\x86R.",
    "a dotted name": b"\x80\x04\x8c\x0eencord_active.\x8c\x13Prediction.__init__\x93.",
    "a dotted name of numpy": b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.tofile_\x93.",
    "another name of an allowed module": b"cencord_active.lib.db.predictions\nos\n.",
    "a module that only begins like it": b"cencord_active_evil\nPrediction\n.",
    "a module of ours": b"cpredscope.compat.encord.writer\nPredictionWriter\n.",
    "an array made by its class": b"cnumpy\nndarray\n(I9\ntR.",
    "_reconstructor of another class": b"ccopyreg\n_reconstructor\n(cnumpy\ndtype\ncbuiltins\nobject\nNtR.",
    "encode with another codec": b"c_codecs\nencode\n(V\x41\nVrot13\ntR.",
    "a call of a text": b"Vos.system\n(Vid\ntR.",
    "a state for a list": b"(l(dVx\nVy\nsb.",
    "a state for a class": b"cencord_active.x\nPrediction\n(dVx\nVy\nsb.",
    "an item in an object": b"cencord_active.x\nPrediction\n)R(V1\nV2\nu.",
    "a persistent id": b"Pdb\n.",
    "a persistent id from the stack": b"Vdb\nQ.",
    "an extension code": b"\x80\x02\x82\x01.",
    "an extension code of four bytes": b"\x80\x02\x84\xff\x00\x00\x00.",
    "a buffer from outside": b"\x80\x05\x97.",
    "an instance of Python 2": b"(Vid\nios\nsystem\n.",
    "an object of Python 2": b"(cos\nsystem\nVid\no.",
    "named arguments": b"\x80\x04cencord_active.x\nPrediction\n)}X\x01\x00\x00\x00xK\x01s\x92.",
    "a dictionary keyed by a tuple": b"}((((ttttK\x01s.",
    "protocol 6": b"\x80\x06N.",
    "nothing on the stack": b"\x80\x04.",
    "a memo entry that is not there": b"\x80\x02h\x05.",
    "an empty file": b"",
    "no end": b"\x80\x04N",
    "a second pickle": b"\x80\x04N.\x80\x04N.",
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_end_in_an_error(name: str) -> None:
    with pytest.raises(PickleError):
        read_pickle(TRICKS[name], find_builder)


BOMBS = {
    "bytes of 16 EiB": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
    "a bytearray of 8 EiB": b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a text of 4 GiB": b"\x80\x04X\xff\xff\xff\xffx.",
    "a frame of 1 TiB": b"\x80\x04\x95\x00\x00\x00\x00\x00\x01\x00\x00N.",
    "a memo of 4 G entries": b"\x80\x02Nr\xff\xff\xff\xff.",
    "a memo entry written out": b"Np4000000000\n.",
    "a number of 2 GiB": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "a number of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
    "a negative size": b"\x80\x02\x8b\xff\xff\xff\xff.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_sizes_that_are_not_there_set_nothing_aside(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PickleError):
            read_pickle(BOMBS[name], find_builder)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("wrong", "place"), [(b"N(K\x01K\x02u", 1_009), (b"N)\x81", 1_005)])
def test_an_error_names_the_place(wrong: bytes, place: int) -> None:
    with pytest.raises(PickleError, match=f"at byte {place:,}"):
        read_pickle(b"\x80\x04" + b"N0" * 500 + wrong + b".", find_builder)


def test_depth_is_bounded_or_harmless() -> None:
    with pytest.raises(PickleError, match="nested"):
        read_pickle(b"(" * 100_000 + b"N" + b"t" * 100_000 + b".", find_builder)
    deep = read_pickle(b"N" + b"\x85" * 300_000 + b".", find_builder)
    assert isinstance(deep, tuple)
    del deep
    with pytest.raises(PickleError, match="keys of the kind tuple"):
        read_pickle(b"}" + b")" + b"\x85" * 300_000 + b"K\x01s.", find_builder)


def test_a_list_in_itself_is_no_prediction(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    batches, reading = batches_of(pickle.dumps(endless), tmp_path)
    assert batches == []
    assert reading.report.rejected == 1


def array_pickle(shape: bytes, kind: bytes, raw: bytes) -> bytes:
    """Protocol 2, as numpy writes it, with a shape, a type and bytes of one's own."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01bt"
        + b"R(K\x01" + shape + b"cnumpy\ndtype\n(X" + struct.pack("<I", len(kind)) + kind
        + b"K\x00K\x01tR(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89B"
        + struct.pack("<I", len(raw)) + raw + b"tb."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "kind", "raw"),
    [
        (b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"f8", bytes(16)),
        (b"K\x02K\x02\x86", b"f8", bytes(31)),
        (b"J\xff\xff\xff\xffK\x02\x86", b"f8", bytes(16)),
        (b"K\x01\x85", b"O8", bytes(8)),
        (b"K\x01\x85", b"V8", bytes(8)),
        (b"K\x01\x85", b"i8,O", bytes(8)),
        (b"N", b"f8", bytes(8)),
    ],
    ids=["too large", "too short", "negative", "objects", "void", "fields", "no shape"],
)
def test_arrays_whose_parts_do_not_fit(shape: bytes, kind: bytes, raw: bytes) -> None:
    found = read_pickle(array_pickle(shape, kind, raw), find_builder)
    with pytest.raises(PickleError):
        found.array()


def test_an_array_by_hand_reads_if_its_parts_fit() -> None:
    found = read_pickle(array_pickle(b"K\x02K\x01\x86", b"f8", struct.pack("<2d", 1.5, -2)), find_builder)
    assert found.array().tolist() == [[1.5], [-2.0]]


def test_every_cut_ends_in_an_error(tmp_path: Path) -> None:
    with original_classes() as classes:
        content = pickle.dumps(make_predictions(classes)[:2])
    for length in range(len(content)):
        with pytest.raises(PickleError):
            read_pickle(content[:length], find_builder)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damage_ends_in_a_report_or_an_error(protocol: int, changes: list[tuple[int, int]], tmp_path: Path) -> None:
    with original_classes() as classes:
        content = bytearray(pickle.dumps(make_predictions(classes), protocol))
    for place, value in changes:
        content[place % len(content)] = value
    path = tmp_path / "damaged.pkl"
    path.write_bytes(bytes(content))
    try:
        reading = open_input(path, format="encord_pickle", role="predictions")
    except FileParsingError:
        return
    list(reading.batches)
    assert reading.report.rows == reading.report.rejected


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**200), 2**200)
        | st.floats(allow_nan=False)
        | st.text()
        | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
        max_leaves=20,
    ),
    st.integers(0, 5),
)
def test_plain_data_reads_as_pickle_itself_reads_it(value: Any, protocol: int) -> None:
    assert read_pickle(pickletools.optimize(pickle.dumps(value, protocol)), find_builder) == value
    assert read_pickle(pickle.dumps(value, protocol), find_builder) == value
