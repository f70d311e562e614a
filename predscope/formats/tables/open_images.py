"""Open Images boxes (https://storage.googleapis.com/openimages/web/download_v7.html): a CSV file, a row a box.

``ImageID`` is the name of the image without its ending; coordinates are fractions of the image, in the order XMin,
XMax, YMin, YMax; ``LabelName`` is an id such as ``/m/01g317``, whose name stands in ``class-descriptions-boxable.csv``
beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.content import read_text
from predscope.formats.tables.cells import numbers_of_column
from predscope.formats.tables.columns import TableColumns, plain_name, read_columns
from predscope.formats.tables.objects import TableLayout
from predscope.formats.tables.reader import Table, read_batches
from predscope.formats.tables.source import TableSource, header_of, open_table
from predscope.report import ImportReport, Severity

_NEEDED: Final = frozenset({"imageid", "labelname", "xmin", "xmax", "ymin", "ymax"})
_DESCRIPTIONS: Final = ("class-descriptions-boxable.csv", "class-descriptions.csv", "oidv7-class-descriptions.csv")
_FLAGS: Final = frozenset({"isoccluded", "istruncated", "isdepiction", "isinside"})
_MID: Final = "/m/"


class OpenImagesReader:
    """Open Images labels, or predictions with their ``Confidence``."""

    name = "open_images"
    title = "Open Images CSV"

    def detect(self, source: Path, head: bytes) -> Detection:
        if source.is_dir() or b"\x00" in head[:4096]:
            return Detection(0.0, "")
        names = {plain_name(name) for name in header_of(head)[0]}
        if not names >= _NEEDED:
            return Detection(0.0, "")
        has_flags = bool(names & (_FLAGS | {"isgroupof"}))  # only labels have them
        role: Role = "predictions" if names & {"confidence", "score"} and not has_flags else "labels"
        return Detection(1.0, "a CSV file with ImageID, LabelName, XMin, XMax, YMin, YMax", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if source.is_dir():
            raise FileParsingError("is a folder; expected one CSV file.", where=source)
        table = open_table(source, report)
        columns = read_columns(table.names)
        if not {plain_name(name) for name in table.names} >= _NEEDED or columns.frame is None or columns.box is None:
            raise FileParsingError(
                f"has other columns than Open Images: {', '.join(table.names[:8])}.",
                where=source,
                fix="Expected ImageID, LabelName, XMin, XMax, YMin, YMax.",
            )
        if role == "predictions" and not _has_confidences(table, columns):
            raise FileParsingError(
                "its column Confidence is empty or missing: these are labels, not predictions.",
                where=source,
                fix="Import it with `predscope import labels`.",
            )
        layout = TableLayout(
            columns=replace(columns, confidence=columns.confidence if role == "predictions" else None),
            role=role,
            relative=True,
            class_names=_class_names(source, report),
        )
        return Reading(self.name, role, None, None, _batches(Table(table, layout), report), report)


def _batches(table: Table, report: ImportReport) -> Iterator[ObjectBatch]:
    unnamed: set[str] = set()
    for batch in read_batches(table, report):
        _tidy_flags(batch)
        unnamed |= {name for name in set(batch.class_ref) if name.startswith(_MID)}
        yield batch
    if unnamed:
        report.note(
            "class_names_missing",
            Severity.WARNING,
            "Classes have only their ids: no class descriptions name them.",
            count=len(unnamed),
            examples=sorted(unnamed)[:5],
            fix=f"Put {_DESCRIPTIONS[0]} beside the file, or give a --class-map.",
        )


def _tidy_flags(batch: ObjectBatch) -> None:
    """Flags of 0, 1 and -1 (not known) as yes and no."""
    for attributes in batch.attributes or ():
        if attributes:
            for name in [name for name in attributes if plain_name(name) in _FLAGS]:
                value = attributes.pop(name)
                if value in ("0", "1"):
                    attributes[name] = value == "1"
    if batch.attributes is not None:
        batch.attributes = [attributes or None for attributes in batch.attributes]


def _has_confidences(table: TableSource, columns: TableColumns) -> bool:
    """Is there any number in the column of confidences, in the first rows?"""
    if columns.confidence is None:
        return False
    part = next(table.parts(ImportReport(), [columns.confidence]), None)
    if part is None:
        return True
    values: pa.Array = part.batch.column(0)
    return bool((numbers_of_column(values)[0] >= 0).any())


def _class_names(source: Path, report: ImportReport) -> dict[str, str]:
    """Names by id, of the class descriptions beside the file or above it."""
    for folder in (source.parent, source.absolute().parent.parent):
        for name in _DESCRIPTIONS:
            if (folder / name).is_file():
                return _read_descriptions(folder / name, report)
    return {}


def _read_descriptions(path: Path, report: ImportReport) -> dict[str, str]:
    try:
        rows = [row for row in csv.reader(read_text(path).splitlines()) if len(row) >= 2]
    except (InputError, csv.Error) as error:
        report.note(
            "class_names_unusable",
            Severity.WARNING,
            "The class descriptions beside the file cannot be read.",
            examples=[f"{path.name}: {error}"],
        )
        return {}
    return {row[0].strip(): row[1].strip() for row in rows if row[0].strip() and row[1].strip()}
