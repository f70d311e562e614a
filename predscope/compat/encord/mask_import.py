"""Predictions from PNG masks in which the value of a pixel is its class."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.compat.encord.project import EncordProject, open_project
from predscope.compat.encord.writer import PredictionWriter
from predscope.errors import InputError
from predscope.formats.content import read_text
from predscope.formats.encord.rows import confidence_of
from predscope.formats.folders import place_below, walk_files
from predscope.formats.masks.components import find_regions
from predscope.formats.masks.files import UnusableMask, read_mask
from predscope.report import ImportReport, Severity

Lookup = Callable[[Path], Any]
"""File of a mask to (data_hash, frame), or (data_hash, frame, confidence)."""

BACKGROUND: Final = 0
_CONFIDENCE_SUFFIX: Final = re.compile(r"__(0(?:\.\d+)?|1(?:\.0+)?)$")
_MAX_VALUES: Final = 4096


def import_mask_predictions(
    project: Any,
    data_root: Path | str,
    cache_dir: Path | str | None = None,
    prediction_writer: PredictionWriter | None = None,
    du_hash_name_lookup: Lookup | None = None,
    *,
    class_map: Mapping[Any, Any] | None = None,
) -> None:
    """Add the regions of every ``*.png`` below a folder to a writer.

    Each connected region (8 neighbours) of a class is one prediction, with its holes; pixels of value 0 are background.

    Which class a pixel value is, says ``class_map``, or else the ``custom_object_map`` of the writer:
    ``{featureNodeHash: pixel value}``, either way round. Regions of other values are rejected in the report. Without a
    map the value k is the k-th object of the ontology, unless the ids that the labels gave to classes fit the masks and
    those positions do not; the report says what was taken for what.

    The confidence is the third element of what ``du_hash_name_lookup`` returns; else that in the name
    (``UUID__0.87.png``); else that of a file of the same name beside the mask, ``UUID.json``, which holds one number,
    or one for each pixel value (``{"1": 0.9, "2": 0.75}``); else 1.

    Args:
        project: the project, or its folder.
        data_root: searched with its subfolders.
        cache_dir: not needed; scripts give it.
        prediction_writer: an open writer.
        du_hash_name_lookup: the data_hash (a frame id or file name will do) and the number of the frame, for a file; by
            default the name of the file.
        class_map: see above.

    Raises:
        InputError: there are no PNG files, or no class map and none that could be meant.
    """
    if prediction_writer is None:
        raise InputError("import_mask_predictions needs prediction_writer, an open PredictionWriter.")
    root = Path(data_root)
    files = sorted(walk_files(root, frozenset({".png"}))) if root.is_dir() else []
    if not files:
        raise InputError("there is no .png file in or below it.", where=root)
    given = class_map if class_map is not None else prediction_writer.class_map
    if given is not None:
        classes = _by_pixel_value(given)
    else:
        classes = _guess_classes(EncordProject(open_project(project)), files, prediction_writer.report)
    lookup = du_hash_name_lookup or (lambda path: (path.stem, None))
    for path in files:
        _add_file(prediction_writer, path, place_below(path, root), lookup, classes)
        prediction_writer.flush_if_full()


def _by_pixel_value(class_map: Mapping[Any, Any]) -> dict[int, str]:
    """Pixel value to class, from a map written either way round."""
    if not isinstance(class_map, Mapping):
        raise InputError(f"the class map must be a dictionary, got {type(class_map).__name__}.")
    pairs = [(str(key), value) for key, value in class_map.items()]
    if not all(_is_pixel_value(value) for _, value in pairs):
        pairs = [(str(value), key) for key, value in class_map.items()]
    result: dict[int, str] = {}
    for name, value in pairs:
        if not _is_pixel_value(value):
            raise InputError(
                f"the class map has no pixel value for {name!r}.", fix='Write it as {"OTk2MzM3": 1, "NzYyMjcx": 2}.'
            )
        if int(value) == BACKGROUND:
            raise InputError(f"the class map gives {name!r} the pixel value 0, which is the background.")
        if result.setdefault(int(value), name) != name:
            raise InputError(
                f"the class map gives the pixel value {value} two classes, {result[int(value)]} and {name}."
            )
    return result


def _is_pixel_value(value: Any) -> bool:
    return not isinstance(value, bool) and re.fullmatch(r"\d{1,9}", str(value)) is not None


def _guess_classes(project: EncordProject, files: list[Path], report: ImportReport) -> dict[int, str]:
    """Positions in the ontology, or ids of the labels: whichever explains all pixel values; never when both do, and
    differ."""
    values: set[int] = set()
    for path in files:
        try:
            values.update(_values_of(read_mask(path)))
        except UnusableMask:
            continue
    found = project.classes.objects
    by_position = {position: entry.feature_node_hash for position, entry in enumerate(found, 1)}
    ids = {entry.feature_node_hash: entry.entry.source_id for entry in found}
    is_numbered = all(_is_pixel_value(source_id) and int(source_id or 0) > 0 for source_id in ids.values())
    by_id = {int(source_id or 0): text for text, source_id in ids.items()} if is_numbered else {}
    fitting = [mapping for mapping in (by_position, by_id) if values and values <= set(mapping)]
    if not fitting or any(fitting[0][value] != fitting[-1][value] for value in values):
        raise InputError(
            f"which classes the pixel values {_listed(values)} are is not told.",
            fix="Give class_map={featureNodeHash: pixel value} to import_mask_predictions.",
        )
    names = {entry.feature_node_hash: entry.entry.name for entry in found}
    chosen = fitting[0]
    report.note(
        "pixel_values_assumed",
        Severity.WARNING,
        f"No class map was given; pixel values were taken as {'positions' if chosen is by_position else 'ids'} of the "
        "classes.",
        count=len(values),
        examples=[f"{value} is {names[chosen[value]]}" for value in sorted(values)],
        fix="Give class_map={featureNodeHash: pixel value} if that is not so.",
    )
    return chosen


def _values_of(mask: np.ndarray) -> list[int]:
    """The classes of a mask.

    Raises:
        UnusableMask: it has too many of them to be one.
    """
    values = [value for value in np.unique(mask).tolist() if value != BACKGROUND]
    if len(values) > _MAX_VALUES or (values and min(values) < 0):
        raise UnusableMask(f"it has {len(values):,} different values, as a photograph has")
    return values


def _add_file(writer: PredictionWriter, path: Path, place: str, lookup: Lookup, classes: Mapping[int, str]) -> None:
    report = writer.report
    try:
        mask = read_mask(path)
        values = _values_of(mask)
    except UnusableMask as error:
        report.note(
            "mask_unusable",
            Severity.ERROR,
            "PNG files are not class-index masks; nothing was taken from them.",
            examples=[f"{place}: {error}"],
            fix="Write one class index a pixel (grey or palette).",
        )
        return
    found = lookup(path)
    if not isinstance(found, tuple | list) or len(found) not in (2, 3):
        raise InputError(
            f"du_hash_name_lookup must return (data_hash, frame), or a confidence too; got {found!r}.", where=path
        )
    data_hash, frame = str(found[0]), found[1]
    confidences = _Confidences(path, found[2] if len(found) == 3 else None, report)
    regions = find_regions(mask, values)
    seen: dict[int, int] = {}
    for value, counts in zip(regions.values.tolist(), regions.counts, strict=True):
        seen[value] = seen.get(value, 0) + 1
        if value in classes:
            confidence = confidences.of(value, classes[value])
            region = f"{place}: region {seen[value]} of value {value}"
            try:
                subject = writer.subject(data_hash, frame, classes[value], confidence, place=region)
            except ValueError as error:
                raise InputError(f"{error}.", where=path) from None
            writer.rows.add_run_lengths(subject, counts, mask.shape)
    for value in values:
        if value not in classes:
            report.reject(
                "pixel_value_unknown",
                "Regions have a pixel value that the class map does not have.",
                count=seen[value],
                examples=[f"{place}: {value}"],
                fix="Add it to the class map, or write 0 (background) there.",
            )


class _Confidences:
    """The confidence of the regions of one mask."""

    def __init__(self, path: Path, given: Any, report: ImportReport) -> None:
        suffix = _CONFIDENCE_SUFFIX.search(path.stem)
        self._by_value: Mapping[str, Any] = {}
        self._of_all: Any = given if given is not None else None if suffix is None else float(suffix[1])
        sidecar = path.with_suffix(".json")
        if self._of_all is None and sidecar.is_file():
            self._read(sidecar)
        if self._of_all is None and not self._by_value:
            report.note(
                "confidence_assumed",
                Severity.WARNING,
                "Masks have no confidence; 1.0 was taken for every region.",
                examples=[path.name],
                fix="Name them UUID__0.87.png, or let du_hash_name_lookup return the confidence too.",
            )

    def of(self, value: int, class_ref: str) -> float:
        """Of a region of that pixel value.

        Raises:
            InputError: what is given for it is no number.
        """
        found = self._by_value.get(str(value), self._by_value.get(class_ref, self._of_all))
        try:
            return 1.0 if found is None else confidence_of(found)
        except ValueError as error:
            raise InputError(f"{error}.") from None

    def _read(self, sidecar: Path) -> None:
        try:
            content = json.loads(read_text(sidecar))
        except ValueError as error:
            raise InputError(f"is not JSON ({error}).", where=sidecar) from None
        if isinstance(content, Mapping):
            self._by_value = content
        else:
            self._of_all = content


def _listed(values: set[int]) -> str:
    shown = ", ".join(map(str, sorted(values)[:8]))
    return shown + (", ..." if len(values) > 8 else "")
