"""Tasks in Label Studio's exports: the image or video that a task is about, and its results."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from predscope.formats.json_files.values import as_list, as_object, as_text
from predscope.formats.label_studio.shapes import LABEL_KEYS
from predscope.media.naming import VIDEO_SUFFIXES
from predscope.schema import Role

TASK_KEYS: Final = frozenset({"annotations", "completions", "predictions"})
"""Members of a task with results; tasks of JSON-MIN have none of them."""
_IMAGE_KEYS: Final = (
    "image",
    "img",
    "image_url",
    "imageUrl",
    "url",
    "photo",
    "picture",
    "file",
    "frame",
    "ocr",
    "video",
)
_IMAGE_ENDINGS: Final = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".jfif"),
    *sorted(VIDEO_SUFFIXES),
)


def image_of(task: Any) -> str | None:
    """The image or video of a task: a member of its data with a usual name, else the first that names an image."""
    if not isinstance(task, dict):
        return None
    data = task.get("data") if isinstance(task.get("data"), dict) else task
    values = [as_text(as_object(data).get(key)) for key in _IMAGE_KEYS]
    values += [text for text in map(as_text, as_object(data).values()) if text and names_image(text)]
    found = next((text for text in values if text), None)
    return None if found is None else image_name(found)


def names_image(value: Any) -> bool:
    """Whether text is the name or the address of an image or a video."""
    if not isinstance(value, str):
        return False
    return value.lower().split("?")[0].endswith(_IMAGE_ENDINGS) or "/local-files/?d=" in value


def image_name(address: str) -> str:
    """The file that an address names: the path in ``/data/local-files/?d=``, else what comes before a query."""
    try:
        parts = urlsplit(address)
        wanted = parse_qs(parts.query).get("d") or parse_qs(parts.query).get("fileuri")
    except ValueError:
        return address
    if wanted and wanted[0].strip():
        return wanted[0]
    if parts.scheme in ("http", "https", "s3", "gs", "azure-blob", "file"):
        return address
    return parts.path or address


def annotations_of(task: dict[str, Any], role: Role) -> list[Any]:
    """The annotations, or the predictions, of a task."""
    if role == "predictions":
        return as_list(task.get("predictions"))
    return as_list(task.get("annotations")) or as_list(task.get("completions"))


def is_minimal(task: dict[str, Any]) -> bool:
    """Whether a task is of JSON-MIN: it holds the shapes themselves."""
    for value in task.values():
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, dict) and ("original_width" in first or {"sequence", "framesCount"} <= first.keys()):
            return True
    return False


def minimal_results(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The shapes of a JSON-MIN task as results."""
    found: list[dict[str, Any]] = []
    for key, values in task.items():
        if isinstance(values, list):
            found += [{**value, "value": value} for value in values if isinstance(value, dict) and "x" in value]
            found += [
                {**value, "value": value}
                for value in values
                if isinstance(value, dict)
                and "x" not in value
                and value.keys() & (LABEL_KEYS.keys() | {"rle", "sequence"})
            ]
        elif key in ("choice", "choices") and as_text(values):
            found.append({"type": "choices", "value": {"choices": [values]}})
    return found
