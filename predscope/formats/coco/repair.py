"""COCO records that are not in canonical form: repaired where that is safe, else rejected with the reason."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from predscope.formats.coco.shapes import OddRecords, canonical_rle, rle_codec
from predscope.report import ImportReport, Severity

if TYPE_CHECKING:
    from predscope.formats.coco.objects import RecordKind

_INT64: Final = range(-(2**63), 2**63)
_FLAG_WORDS: Final = {"0": False, "1": True, "false": False, "true": True, "": False}


class _Rejected(ValueError):  # noqa: N818 - the outcome of one record, not a fault
    def __init__(self, code: str, message: str, detail: str = "", fix: str = "") -> None:
        self.code, self.message, self.detail, self.fix = code, message, detail, fix
        super().__init__(message)


class _Tidier:
    """Tidies the records of one list; repairs and rejections go to the report."""

    def __init__(self, kind: RecordKind, report: ImportReport) -> None:
        self.kind = kind
        self.report = report
        self.place = ""

    def tidy(self, record: Any) -> dict[str, Any]:
        """The record in canonical form.

        Raises:
            _Rejected: it cannot be read.
        """
        if not isinstance(record, dict):
            raise _Rejected("record_not_object", "A record is not a JSON object.", f"found {_shown(record)}")
        tidy = dict(record)
        tidy[self.kind.frame_key] = self._reference(record, self.kind.frame_key, "frame")
        tidy[self.kind.class_key] = self._reference(record, self.kind.class_key, "class")
        if self.kind.role == "predictions":
            tidy["score"] = self._score(record)
        for key in ("iscrowd", "ignore", "ignored", "difficult"):
            if key in record:
                tidy[key] = self._flag(record[key], key)
        for key in ("id", "track_id"):
            if key in record and not _is_plain_reference(record[key]):
                tidy[key] = None if record[key] is None else str(record[key])
        if "area" in record:
            tidy["area"] = self._area(record["area"])
        self._tidy_shapes(record, tidy)
        return tidy

    def _tidy_shapes(self, record: dict[str, Any], tidy: dict[str, Any]) -> None:
        """bbox, segmentation and keypoints: one that is broken is left out if another one stands for it."""
        broken: list[_Rejected] = []
        for key, read in (("bbox", self._box), ("segmentation", self._segmentation), ("keypoints", self._keypoints)):
            try:
                tidy[key] = read(record.get(key))
            except _Rejected as rejected:
                tidy[key] = None
                broken.append(rejected)
        shapes = [key for key in ("bbox", "segmentation", "keypoints") if tidy[key]]
        if broken and not shapes:
            raise broken[0]
        if not shapes and any(record.get(key) is not None for key in ("bbox", "segmentation", "keypoints")):
            raise _Rejected("shape_empty", "A record has an empty shape and no box.")
        for reason in broken:
            self._note(
                reason.code,
                f"{reason.message[:-1]}; it was left out, the object keeps its {shapes[0]}.",
                reason.detail,
                fix=reason.fix,
            )

    def _reference(self, record: dict[str, Any], key: str, what: str) -> int | str:
        value = record.get(key)
        if type(value) is str:
            return value
        if type(value) is int:
            return value if value in _INT64 else str(value)
        if isinstance(value, float) and value.is_integer():
            self._note("id_as_fraction", f"A {key} is written as a decimal fraction; it was read as an integer.")
            return int(value) if int(value) in _INT64 else str(int(value))
        if value is None:
            raise _Rejected(
                f"{key}_missing", f"A record has no {key}, so its {what} is unknown.", fix=f"Give each record a {key}."
            )
        raise _Rejected(f"{key}_invalid", f"A {key} is neither an integer nor text.", f"found {_shown(value)}")

    def _score(self, record: dict[str, Any]) -> float:
        value = record.get("score")
        if value is None:
            raise _Rejected(
                "score_missing", "A prediction has no score.", fix="Write each prediction with its confidence, 0 to 1."
            )
        score = self._number(value)
        if score is None:
            fix = "Write each prediction with its confidence, 0 to 1."
            raise _Rejected("score_invalid", "A score is not a finite number.", f"found {_shown(value)}", fix)
        return score

    def _area(self, value: Any) -> float | None:
        area = None if value is None else self._number(value)
        if area is None and value is not None:
            self._note("area_invalid", "An area is not a number; it was taken from the shape.", _shown(value))
        return area

    def _flag(self, value: Any, key: str) -> bool:
        if value is None or isinstance(value, (bool, int)):
            return bool(value)
        if isinstance(value, float):
            return value > 0
        word = _FLAG_WORDS.get(value.strip().lower()) if isinstance(value, str) else None
        if word is None:
            self._note("flag_invalid", f"{key} is neither 0 nor 1; it was read as 0.", _shown(value))
        return bool(word)

    def _box(self, value: Any) -> list[float] | None:
        if value is None or value == []:
            return None
        if isinstance(value, dict) and value.keys() >= {"x", "y", "width", "height"}:
            value = [value["x"], value["y"], value["width"], value["height"]]
        numbers = self._numbers(value)
        if numbers is None or len(numbers) != 4:
            raise _Rejected(
                "bbox_invalid",
                "A bbox is not a list of four finite numbers.",
                f"found {_shown(value)}",
                fix="Write it as [x, y, width, height] in pixels.",
            )
        return numbers

    def _segmentation(self, value: Any) -> Any:
        if not value:
            return None
        if isinstance(value, dict):
            return self._run_lengths(value)
        if isinstance(value, list):
            return self._rings(value)
        raise _Rejected(
            "segmentation_invalid",
            "A segmentation is neither a list of polygons nor run lengths.",
            f"found {_shown(value)}",
        )

    def _run_lengths(self, value: dict[str, Any]) -> dict[str, Any]:
        try:
            rle = canonical_rle(value)
            rle_codec.area(rle)
        except (OddRecords, ValueError, TypeError, OverflowError):
            raise _Rejected(
                "rle_invalid",
                "The run lengths of a mask do not fit its size.",
                f"size {_shown(value.get('size'))}, counts {_shown(value.get('counts'))}",
                fix="They must add up to height x width of the frame, as pycocotools writes them.",
            ) from None
        return {"size": rle["size"], "counts": rle["counts"].decode("ascii")}

    def _rings(self, value: list[Any]) -> list[list[float]] | None:
        if all(isinstance(entry, (int, float, str)) for entry in value):
            value = [value]
        rings = []
        short = 0
        for ring in value:
            if ring == []:
                continue
            if isinstance(ring, list) and all(isinstance(point, list) and len(point) == 2 for point in ring):
                ring = [number for point in ring for number in point]
            numbers = self._numbers(ring)
            if numbers is None or len(numbers) % 2:
                raise _Rejected(
                    "polygon_invalid",
                    "A polygon is not a list of finite x, y pairs.",
                    f"found {_shown(ring)}",
                    fix="Write each polygon as [x0, y0, x1, y1, ...].",
                )
            if len(numbers) >= 6:
                rings.append(numbers)
            else:
                short += 1
        if short and not rings:
            raise _Rejected("polygon_empty", "A polygon has fewer than 3 points.", _shown(value))
        if short:
            self._note(
                "part_dropped",
                "Parts with too few points were dropped from outlines and lines.",
                f"{short} of {short + len(rings)} parts",
            )
        return rings or None

    def _keypoints(self, value: Any) -> list[float] | None:
        if not value:
            return None
        if isinstance(value, list) and all(isinstance(point, list) and len(point) == 3 for point in value):
            value = [number for point in value for number in point]
        numbers = self._numbers(value)
        if numbers is None or len(numbers) % 3:
            raise _Rejected(
                "keypoints_invalid",
                "Keypoints are not a list of finite x, y, visibility triples.",
                f"found {_shown(value)}",
                fix="Write them as [x0, y0, v0, x1, y1, v1, ...].",
            )
        return numbers

    def _numbers(self, values: Any) -> list[float] | None:
        if not isinstance(values, list):
            return None
        numbers = []
        for value in values:
            number = self._number(value)
            if number is None:
                return None
            numbers.append(number)
        return numbers

    def _number(self, value: Any) -> float | None:
        """The value as a finite number, else None. Numbers written as text are read, with a note."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        if not math.isfinite(number):
            return None
        if isinstance(value, str):
            self._note("number_as_text", "Numbers are written as text; they were read as numbers.", _shown(value))
        return number

    def _note(self, code: str, message: str, detail: str = "", fix: str = "") -> None:
        example = f"{self.place}: {detail}" if detail else self.place
        self.report.note(code, Severity.WARNING, message, examples=[example], fix=fix)


def tidy_records(
    records: list[Any], places: np.ndarray, kind: RecordKind, report: ImportReport
) -> tuple[list[dict[str, Any]], list[int]]:
    """Records in canonical form, and their rows in ``records``; the others are rejected in the report."""
    tidier = _Tidier(kind, report)
    tidy: list[dict[str, Any]] = []
    rows: list[int] = []
    for row, record in enumerate(records):
        tidier.place = f"{kind.place_prefix}{places[row]}]"
        try:
            tidy.append(tidier.tidy(record))
        except _Rejected as reason:
            example = f"{tidier.place}: {reason.detail}" if reason.detail else tidier.place
            report.reject(reason.code, reason.message, examples=[example], fix=reason.fix)
        else:
            rows.append(row)
    return tidy, rows


def _is_plain_reference(value: Any) -> bool:
    return type(value) is int or type(value) is str


def _shown(value: Any) -> str:
    """The value in a few characters."""
    text = repr(value[:8] if isinstance(value, list) else value)
    return text if len(text) <= 60 else text[:57] + "..."
