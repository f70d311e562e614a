"""VGG Image Annotator (https://www.robots.ox.ac.uk/~vgg/software/via/): projects and exports, JSON and CSV.

Versions 1 and 2 are of images, version 3 of images and videos. See ``regions`` for what becomes of their attributes.
"""

from __future__ import annotations

from pathlib import Path

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, Reading, Role
from predscope.formats.content import read_head
from predscope.formats.json_files.document import open_json
from predscope.formats.json_files.peek import peek_json
from predscope.formats.shape_rows import check_role
from predscope.formats.via import version2, version3
from predscope.formats.via.regions import ViaContents, read_batches, score_of
from predscope.report import ImportReport


class ViaReader:
    """VIA's projects and exports: boxes, outlines, lines, circles, ellipses, points, and segments of videos."""

    name = "via"
    title = "VGG Image Annotator"

    def detect(self, source: Path, head: bytes) -> Detection:
        peek = peek_json(head)
        if peek.kind == "object":
            if version2.METADATA in peek.keys or {"_via_settings", "_via_attributes"} & set(peek.keys):
                return Detection(0.95, "a project of VGG Image Annotator")
            if version3.is_project(peek.keys):
                return Detection(0.95, "a project of VGG Image Annotator 3")
            is_export = b'"regions"' in head and b'"filename"' in head and b'"file_attributes"' in head
            return Detection(0.9, "a JSON export of VGG Image Annotator") if is_export else Detection(0.0, "")
        text = head.lstrip(b"\xef\xbb\xbf")
        if text.startswith(version3.EXPORT_START) and b"spatial_coordinates" in text:
            return Detection(0.95, "a CSV export of VGG Image Annotator 3")
        first = text.split(b"\n", 1)[0].lower()
        is_csv = all(column.encode() in first for column in version2.CSV_COLUMNS)
        return Detection(0.95, "a CSV export of VGG Image Annotator") if is_csv else Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        contents = _read_contents(source, report)
        if not contents.frames and not contents.regions:
            raise FileParsingError("has no images, as VIA's projects and exports have them.", where=source)
        scored = sum(score_of(region.attributes) is not None for region in contents.regions)
        hint = "an attribute named score into each region"
        check_role(source, role, scored=scored, total=len(contents.regions), hint=hint)
        return Reading(self.name, role, contents.frames, None, read_batches(contents, role, report), report)


def _read_contents(source: Path, report: ImportReport) -> ViaContents:
    head = read_head(source)
    if peek_json(head).kind == "":
        if head.lstrip(b"\xef\xbb\xbf").startswith(version3.EXPORT_START):
            return version3.read_export(source)
        return version2.read_csv(source, report)
    document = open_json(source, report)
    if document.is_array:
        raise FileParsingError("is a JSON list, expected a project or an export of VIA's.", where=source)
    if version3.is_project(document.members):
        return version3.read_project(document)
    return version2.read_project(document, report)
