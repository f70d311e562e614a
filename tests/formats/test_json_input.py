from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predscope.errors import FileParsingError, InputError
from predscope.formats.json_files import document as json_input
from predscope.formats.json_files import file_bytes
from predscope.formats.json_files import structure as json_structure
from predscope.formats.json_files.document import Span, open_json
from predscope.report import ImportReport

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["},{", '\\"', "]", '":[{', "\\"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def _open(tmp_path: Path, content: bytes | str) -> json_input.JsonDocument:
    path = tmp_path / "file.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_json(path, ImportReport())


def _records(document: json_input.JsonDocument, span: Span) -> list[Any]:
    found: list[Any] = []
    for first, elements in document.records(span):
        assert first == len(found)
        found += elements
    return found


def _read_root(tmp_path: Path, content: bytes) -> list[Any]:
    document = _open(tmp_path, content)
    return _records(document, document.root)


def _count_nested(values: list[Any]) -> int:
    return sum(isinstance(value, list | dict) for value in values)


@pytest.fixture(autouse=True, params=[1 << 30, 0], ids=["held", "read in pieces"])
def large_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files read as small ones and as large ones."""
    monkeypatch.setattr(file_bytes, "LARGE_FILE_BYTES", request.param)


@pytest.fixture(params=[(7, 5), (64, 1), (1 << 20, 1 << 21)], ids=["tiny windows", "every record", "as shipped"])
def windows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes of the pass and of the chunks, so that small files are cut everywhere."""
    monkeypatch.setattr(json_structure, "WINDOW", request.param[0])
    monkeypatch.setattr(json_input, "_CHUNK", request.param[1])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(value=st.lists(_VALUES, max_size=6), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_an_array_reads_as_the_standard_library_reads_it(
    tmp_path: Path, windows: None, value: list[Any], indent: int | None, ascii_only: bool
) -> None:
    document = _open(tmp_path, json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert document.is_array
    assert _records(document, document.root) == value
    assert document.count(document.root) == _count_nested(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(value=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), _VALUES, max_size=5))
def test_members_of_an_object_read_as_the_standard_library_reads_them(
    tmp_path: Path, windows: None, value: dict[str, Any]
) -> None:
    document = _open(tmp_path, json.dumps(value))
    assert {key: document.member(key) for key in document.members} == value
    for key, member in value.items():
        if isinstance(member, list):
            assert _records(document, document.members[key]) == member
            assert document.count(document.members[key]) == _count_nested(member)
    assert document.count(document.root) == _count_nested(list(value.values()))


def test_chunks_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_structure, "WINDOW", 1024)
    monkeypatch.setattr(json_input, "_CHUNK", 2048)
    records = [{"id": number, "inner": [{"a": 1}, {"b": "},{"}]} for number in range(2000)]
    document = _open(tmp_path, json.dumps({"annotations": records, "images": []}))
    chunks = list(document.records(document.members["annotations"]))
    assert len(chunks) > 20
    assert max(len(elements) for _, elements in chunks) < 150
    assert [record for _, elements in chunks for record in elements] == records


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_are_understood(tmp_path: Path, encoding: str) -> None:
    document = _open(tmp_path, json.dumps([{"name": "Straße 東京"}], ensure_ascii=False).encode(encoding))
    assert _records(document, document.root) == [{"name": "Straße 東京"}]
    assert ("text_encoding" in document.report.problems) == (encoding != "utf-8-sig")


def test_windows_1252_is_read_with_a_warning(tmp_path: Path) -> None:
    document = _open(tmp_path, '[{"name": "Straße"}]'.encode("cp1252"))
    assert _records(document, document.root) == [{"name": "Straße"}]
    assert "text_encoding" in document.report.problems


def test_line_ends_of_windows_are_white_space(tmp_path: Path) -> None:
    document = _open(tmp_path, b'[\r\n {"a": 1},\r\n {"a": 2}\r\n]\r\n')
    assert _records(document, document.root) == [{"a": 1}, {"a": 2}]


def test_nan_and_infinity_are_read(tmp_path: Path) -> None:
    document = _open(tmp_path, '[{"a": NaN, "b": Infinity, "c": -Infinity, "d": "NaN"}]')
    (record,) = _records(document, document.root)
    assert record["a"] != record["a"]
    assert record["b"] == -record["c"] == float("inf")


@pytest.mark.parametrize("content", ["[]", "{}", " [ ] ", '{"a": []}'])
def test_empty_containers(tmp_path: Path, content: str) -> None:
    document = _open(tmp_path, content)
    if document.is_array:
        assert _records(document, document.root) == []
        assert document.first(document.root) is None
    else:
        assert set(document.members) <= {"a"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is an empty file"),
        (b"  \n ", "white space"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image"),
        (b"PK\x03\x04", "a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"hello there", 'starts with "hello there"'),
        (b'[{"a": 1}]\x00\x00\x00', "NUL byte at byte 10"),
        (b'{"a": 1}\n{"a": 2}\n', "one JSON value a line"),
        (b"[1, 2] trailing", "more text behind the end of its JSON, at byte 7"),
        (b"[" * 100_000, "cut short"),
        (b"[" * 3000 + b"]" * 3000, "not valid JSON"),
        (b'{"a": ' * 3000 + b"NaN" + b"}" * 3000, "not valid JSON"),
        (b'[{"a": 1},]', "not valid JSON"),
        (b'[{"a": 1}{"a": 2}]', "not valid JSON"),
        (b'[{"a": 1,, "b": 2}]', "not valid JSON at byte 9"),
        (b'{"a" 1}', "not valid JSON"),
        (b'[{"a": 1}}', "not valid JSON"),
        (b'[{"a": "\\ud800", "b": NaN}]', "surrogate"),
        (b"[" + b"9" * 5000 + b", NaN]", "not valid JSON"),
        (b"\xff\xfe[\x00]", "cannot be decoded"),
    ],
)
def test_what_is_not_json_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    with pytest.raises(FileParsingError) as caught:
        _read_root(tmp_path, content)
    assert expected in str(caught.value)
    assert "file.json" in str(caught.value)


def test_a_file_that_was_cut_short_says_where_and_how_much_is_there(tmp_path: Path) -> None:
    whole = json.dumps({"images": [{"id": 1}], "annotations": [{"id": n, "x": "ab"} for n in range(10)]}, indent=0)
    cut = whole.index('"id": 7') + 5
    with pytest.raises(FileParsingError) as caught:
        _open(tmp_path, whole[:cut])
    message = str(caught.value)
    assert f"byte {cut:,}" in message
    assert f"line {whole[:cut].count(chr(10)) + 1}" in message
    assert "7 complete records" in message
    assert "complete?" in message


def test_a_syntax_error_far_down_is_located_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_structure, "WINDOW", 512)
    monkeypatch.setattr(json_input, "_CHUNK", 600)
    text = "[\n" + ",\n".join(json.dumps({"id": n, "name": "é"}, ensure_ascii=False) for n in range(200)) + "\n]"
    broken = text.replace('"id": 150', '"id": oops').encode()
    with pytest.raises(FileParsingError) as caught:
        _read_root(tmp_path, broken)
    assert f"byte {broken.index(b'oops'):,}" in str(caught.value)
    assert "line 152" in str(caught.value)


def test_an_error_between_members_is_located_in_the_file(tmp_path: Path) -> None:
    content = b'{"images": [1, 2, 3], "annotations": [{"a": 4}], oops: 1}'
    with pytest.raises(FileParsingError) as caught:
        _open(tmp_path, content)
    assert f"byte {content.index(b'oops')}" in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_json(tmp_path / "missing.json", ImportReport())
    with pytest.raises(InputError, match="a folder was given"):
        open_json(tmp_path, ImportReport())


def test_nul_bytes_behind_the_end_are_damage(tmp_path: Path) -> None:
    with pytest.raises(FileParsingError, match="NUL byte at byte 5"):
        _open(tmp_path, b"[1]\n \x00\x00")


def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "LARGE_FILE_BYTES", 0)
    document = _open(tmp_path, json.dumps([{"id": number} for number in range(50)]))
    (tmp_path / "file.json").write_bytes(b"[1]")
    with pytest.raises(FileParsingError, match="become shorter"):
        list(document.records(document.root))


def test_large_files_are_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "LARGE_FILE_BYTES", 100)
    path = tmp_path / "file.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(list(range(200))).encode())
    content = file_bytes.content_of(path)
    assert isinstance(content, file_bytes.FileBytes)
    raw = path.read_bytes()
    assert len(content) == len(raw)
    assert [content[place] for place in (0, 5, -1)] == [raw[place] for place in (0, 5, -1)]
    for part in (slice(3, 9), slice(None), slice(-4, None), slice(9, 3), slice(1, 12, 2), slice(8, 2, -1)):
        assert content[part] == raw[part]
    with pytest.raises(IndexError):
        content[len(raw)]
    document = open_json(path, ImportReport())
    assert _records(document, document.root) == list(range(200))
    path.write_bytes(b"[1]")
    assert isinstance(file_bytes.content_of(path), bytes)
