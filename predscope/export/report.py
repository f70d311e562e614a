"""What an export wrote, and what its format could not hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from predscope.schema import Role

MAX_EXAMPLES: Final = 5

LOSSES: Final[dict[str, str]] = {
    "attributes_left_out": "Attributes and track ids have no place in the format; they were left out.",
    "boxes_among_outlines": (
        "Boxes stand among outlines; some training programs then leave out all outlines of a file. "
        "Export classes of one kind alone if yours does."
    ),
    "class_details_left_out": (
        "Groups, keypoint names and colours of classes, or that evaluations ignore them, have no place in the format."
    ),
    "class_names_changed": "Spaces in class names became underscores, since spaces separate columns.",
    "class_scores_left_out": "The format has one score a prediction; those of the other classes were left out.",
    "crowds_as_objects": "The format cannot mark crowd regions and ignored objects; they were written as objects.",
    "crowds_as_difficult": "Crowd regions were written as difficult objects, which evaluations ignore.",
    "frame_classes_left_out": "Classes of whole frames have no place in the format; they were left out.",
    "frame_size_unknown": "Fractions and masks need the size of the frame; objects of frames without it were left out.",
    "ignored_as_dont_care": "Ignored objects and crowd regions were written as DontCare regions, without their class.",
    "images_missing": "Images that cannot be read were not added.",
    "keypoints_as_boxes": "Keypoints have no place in the format; the boxes or outlines of their objects were written.",
    "lines_as_boxes": "Lines have no place in the format; the boxes around them were written.",
    "masks_as_boxes": "Masks have no place in the format; the boxes around them were written.",
    "masks_as_outlines": "Masks became outlines along the borders of their pixels.",
    "metadata_left_out": "Metadata of frames has no place in the format; it was left out.",
    "names_changed": "Files of frames got other names, so that none collide and all systems can hold them.",
    "no_ids_of_frames": (
        "The frames have no ids of their own; image_id counts them from 1, as labels exported from this project do."
    ),
    "oriented_as_boxes": "Oriented boxes have no place in the format; the boxes around them were written.",
    "oriented_as_outlines": "Oriented boxes were written as outlines of their four corners.",
    "outlines_as_boxes": "The format has no outlines, or none with parts or holes; the boxes around them were written.",
    "outlines_as_masks": "Outlines with holes became masks.",
    "parts_joined": "Outlines with parts or holes became one ring each, with seams between the parts.",
    "ids_renumbered": "Ids of objects that are missing, repeated or no whole numbers became new ones, from 1.",
    "text_changed": "Characters that XML cannot hold became underscores.",
    "unused_classes_left_out": "The format names classes beside their objects alone; those without any were left out.",
}
"""What a format could not hold, by code."""


@dataclass(slots=True)
class Loss:
    """One kind of thing that the format could not hold.

    Attributes:
        code: of ``LOSSES``.
        count: how many objects, frames or classes it concerns.
        examples: the first few, in words.
    """

    code: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        return LOSSES[self.code]


@dataclass(slots=True)
class ExportReport:
    """The outcome of an export.

    Attributes:
        path: the file or folder that was written.
        format: name of the format.
        role: whether labels or predictions were written.
        name, version: of the set.
        frames: frames that the output speaks of.
        objects: objects written.
        left_out: objects chosen that the format has no place for at all.
        images: images added.
        losses: what the format could not hold, by code.
    """

    path: Path
    format: str
    role: Role
    name: str
    version: int
    frames: int = 0
    objects: int = 0
    left_out: int = 0
    images: int = 0
    losses: dict[str, Loss] = field(default_factory=dict)

    def lose(self, code: str, count: int = 1, example: str = "") -> None:
        """Count ``count`` more cases of a loss."""
        if not count:
            return
        loss = self.losses.setdefault(code, Loss(code))
        loss.count += count
        if example and len(loss.examples) < MAX_EXAMPLES:
            loss.examples.append(example)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "format": self.format,
            "role": self.role,
            "name": self.name,
            "version": self.version,
            "frames": self.frames,
            "objects": self.objects,
            "left_out": self.left_out,
            "images": self.images,
            "losses": [
                {"code": loss.code, "count": loss.count, "message": loss.message, "examples": list(loss.examples)}
                for loss in self.losses.values()
            ],
        }
