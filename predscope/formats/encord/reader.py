"""Lists of predictions that were pickled for Encord Active: ``pickle.dump([Prediction(...), ...], file)``.

The classes are those of ``encord_active.lib.db.predictions`` (https://github.com/encord-team/encord-active; pydantic
models) or their stand-ins in ``predscope.compat.encord``. Neither needs to be installed: the pickle is read as data
(``pickle_stream``), and only the names of those classes, of numpy's arrays and of plain containers may occur in it.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.encord.pickle_objects import Builder, Instance, Name
from predscope.formats.encord.pickle_stream import describe_file_size, read_pickled_list
from predscope.formats.encord.pickle_values import PickleError
from predscope.formats.encord.pickled_arrays import PickledArray, array_builder
from predscope.formats.encord.rows import PredictionRows, Subject, confidence_of, frame_reference
from predscope.formats.encord.shapes import DataFormat
from predscope.report import ImportReport

_CLASSES: Final = frozenset({"Prediction", "ObjectDetection", "FrameClassification", "BoundingBox"})
_FORMAT: Final = "Format"
_MODULES: Final = re.compile(r"(encord_active|predscope\.compat\.encord)(\.\w+)*")
_PROTOCOLS: Final = re.compile(rb"\x80[\x02-\x05]")
_TEXT_PROTOCOL: Final = re.compile(rb"[\](c].{0,4000}?c(encord_active|predscope\.compat\.encord)\b", re.DOTALL)
_NAMES: Final = (b"encord_active", b"predscope.compat.encord")
_BUILTINS: Final = frozenset({"builtins", "__builtin__"})
_CONTAINERS: Final = frozenset({"set", "frozenset", "list", "tuple", "dict", "bytes", "bytearray"})
_FIX: Final = "Expected: a list of Prediction objects, as documented under Coming from Encord Active."


class EncordPickleReader:
    """Pickled predictions of Encord Active, read without running any of it."""

    name = "encord_pickle"
    title = "Encord Active predictions (.pkl)"

    def detect(self, source: Path, head: bytes) -> Detection:
        is_pickle = _PROTOCOLS.match(head) is not None
        if _TEXT_PROTOCOL.match(head) or (is_pickle and any(name in head for name in _NAMES)):
            return Detection(0.95, "a pickled list of Encord Active predictions", "predictions")
        return Detection(0.4, "a Python pickle", "predictions") if is_pickle else Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if role == "labels":
            raise FileParsingError(
                "holds predictions, not labels.", where=source, fix="Import it with `predscope import predictions`."
            )
        batches = _read_batches(_parts(source), report)
        first = list(islice(batches, 1))  # so that what is no such pickle is said before anything is imported
        return Reading(self.name, "predictions", None, None, chain(first, batches), report)


def _parts(source: Path) -> Iterator[list[Any]]:
    """The predictions, some at a time. Large arrays are views of the file, which stays mapped as long as they are used.

    Raises:
        FileParsingError: it is no pickle of predictions, or damaged.
    """
    if source.is_dir():
        raise FileParsingError("is a folder; expected a pickle file.", where=source)
    too_large = describe_file_size(source)
    if too_large:
        raise FileParsingError(f"{too_large}.", where=source, fix="Write the predictions to several files.")
    with source.open("rb") as file:
        content: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if source.stat().st_size else b""
    try:
        yield from read_pickled_list(content, find_builder)
    except PickleError as error:
        raise FileParsingError(f"cannot be read as a pickle of predictions: {error}.", where=source, fix=_FIX) from None


def find_builder(module: str, name: str) -> Builder | None:
    """What takes the place of a class or function; None: it is none of those that such a pickle needs."""
    if _MODULES.fullmatch(module):
        if name in _CLASSES:
            return partial(Instance, name)
        return _build_format if name == _FORMAT else None
    if module in _BUILTINS:
        if name in _CONTAINERS:
            return _container_builder(name)
        return {"getattr": _build_member, "object": _build_nothing}.get(name)
    if module in ("copyreg", "copy_reg") and name in ("_reconstructor", "__newobj__"):
        return _build_again
    if (module, name) == ("_codecs", "encode"):
        return _build_bytes
    if (module, name) == ("collections", "OrderedDict"):
        return _container_builder("dict")
    return array_builder(module, name)


def _build_format(arguments: tuple[Any, ...]) -> DataFormat:
    try:
        (value,) = arguments
        return DataFormat(value)
    except ValueError:
        known = ", ".join(DataFormat)
        raise PickleError(f"it has a format that is not known, expected one of {known}") from None


def _build_member(arguments: tuple[Any, ...]) -> DataFormat:
    """Some versions of Python pickle the members of an enumeration by name: ``getattr(Format, "MASK")``."""
    if len(arguments) == 2 and isinstance(arguments[0], Name) and arguments[0].build is _build_format:
        name = arguments[1]
        if isinstance(name, str) and name in DataFormat.__members__:
            return DataFormat[name]
    raise PickleError("it asks for an attribute (builtins.getattr), which is not allowed; nothing was run")


def _build_nothing(arguments: tuple[Any, ...]) -> None:
    raise PickleError("it makes a plain object, which is no prediction")


def _build_again(arguments: tuple[Any, ...]) -> Any:
    """``copyreg._reconstructor(class, object, None)``, by which the oldest protocols make objects."""
    if arguments and isinstance(arguments[0], Name) and arguments[0].text.rpartition(".")[2] in _CLASSES:
        return arguments[0].build(())
    raise PickleError("it makes an object of a class that is not allowed; nothing was run")


def _build_bytes(arguments: tuple[Any, ...]) -> bytes:
    if len(arguments) == 2 and isinstance(arguments[0], str) and arguments[1] in ("latin1", "latin-1"):
        return arguments[0].encode("latin-1")
    raise PickleError("it encodes a text otherwise than bytes are pickled (_codecs.encode)")


def _container_builder(name: str) -> Builder:
    is_binary = name in ("bytes", "bytearray")

    def build(arguments: tuple[Any, ...]) -> Any:
        if not arguments:
            return {} if name == "dict" else b"" if is_binary else []
        content = arguments[0]
        if is_binary:
            if isinstance(content, str):
                content = content.encode("latin-1")
            if isinstance(content, bytes | memoryview):
                return content
        elif name != "dict" and isinstance(content, list | tuple):
            return list(content)
        raise PickleError(f"it makes a {name} in a way in which none is pickled")

    return build


def _read_batches(parts: Iterator[list[Any]], report: ImportReport) -> Iterator[ObjectBatch]:
    rows = PredictionRows(report)
    for position, prediction in enumerate(chain.from_iterable(parts)):
        place = f"predictions[{position}]"
        try:
            _add(rows, prediction, place)
        except ValueError as error:
            rows.reject(place, error)
        if rows.is_full:
            yield from rows.take()
    yield from rows.take()


def _add(rows: PredictionRows, prediction: Any, place: str) -> None:
    """Raises: ValueError: it is no usable prediction."""
    if not isinstance(prediction, Instance) or prediction.name != "Prediction":
        raise ValueError("not a Prediction")
    fields = prediction.fields()
    frame_ref = frame_reference(fields.get("data_hash"), fields.get("frame"))
    confidence = confidence_of(fields.get("confidence"))
    found, classification = fields.get("object"), fields.get("classification")
    if (found is None) == (classification is None):
        raise ValueError("a prediction needs either an object or a classification, and not both")
    content = _fields_of(found if classification is None else classification)
    if classification is not None:
        class_ref = content.get("option_hash")
    elif (class_ref := content.get("feature_hash")) is None:
        class_ref = content.get("class_id")
    if not isinstance(class_ref, str | int) or class_ref == "":
        raise ValueError("it names no class (feature_hash)")
    track_id = content.get("track_id")
    subject = Subject(frame_ref, str(class_ref), confidence, None if track_id is None else str(track_id), place)
    if classification is not None:
        rows.add_classification(subject)
        return
    data_format = content.get("format")
    if type(data_format) is not DataFormat:
        try:
            data_format = DataFormat(str(data_format))
        except ValueError:
            raise ValueError(f"its format must be one of {', '.join(DataFormat)}") from None
    rows.add(subject, data_format, _plain(content.get("data")))


def _fields_of(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Instance):
        return value.fields()
    if isinstance(value, Mapping):
        return value
    raise ValueError("its object or classification is neither")


def _plain(data: Any) -> Any:
    if isinstance(data, PickledArray):
        return data.array()
    return data.fields() if isinstance(data, Instance) else data
