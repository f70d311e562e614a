"""Every finding that an import can report, in one place: its severity, what it says, and how to mend it.

Codes are stable: scripts and documents refer to them. Readers report codes of their own for what they cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from predscope.report import ImportReport, Severity


class Finding(NamedTuple):
    """A kind of finding: see ``report.Problem``."""

    severity: Severity
    message: str
    fix: str = ""


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

REJECTIONS: Final[dict[str, Finding]] = {
    "unknown_frame": Finding(
        _E,
        "Objects have no frame: the project knows no such image.",
        "Import their images or labels, or check the ids.",
    ),
    "ambiguous_frame": Finding(
        _E,
        "Objects name an image of which there are several, so that none was chosen.",
        "Name images by a longer part of their path, or give them unique ids.",
    ),
    "class_missing": Finding(_E, "Objects name no class.", "Give each object a class."),
    "unknown_geometry": Finding(
        _E, "Objects are of a shape that is not known.", "See the formats in the documentation."
    ),
    "shape_missing": Finding(
        _E, "Objects have no shape that could be drawn.", "Give them a box, an outline or a mask."
    ),
    "not_finite": Finding(_E, "Coordinates are missing or not finite (NaN, infinite).", "Export the objects again."),
    "frame_size_unknown": Finding(
        _E,
        "Coordinates are fractions of a frame whose size is not known.",
        "Give the images with --images, or width and height in the labels.",
    ),
    "negative_size": Finding(
        _E, "Boxes have a negative width or height.", "Boxes are x, y, width, height; not two corners in any order."
    ),
    "box_outside_frame": Finding(
        _E, "Objects lie fully outside their frame.", "Check that coordinates belong to images of this size."
    ),
    "looks_normalised": Finding(
        _E,
        "Boxes look like fractions (0 to 1) where pixels are expected.",
        "Multiply them by the size of the images, or use a format that has fractions (YOLO).",
    ),
    "polygon_too_short": Finding(_E, "Outlines have fewer than three points.", "Export the objects again."),
    "keypoints_broken": Finding(_E, "Keypoints are not x, y, v triples.", "Give three numbers for each point."),
    "oriented_box_broken": Finding(
        _E, "Oriented boxes are not cx, cy, w, h, angle.", "Give five numbers; width and height must not be negative."
    ),
    "mask_broken": Finding(
        _E,
        "Run lengths of masks cannot be decoded, or do not add up to the size of the mask.",
        "Export the masks again.",
    ),
    "mask_size_differs": Finding(
        _E, "Masks have another size than their frame.", "Resize the masks to the size of the images."
    ),
    "confidence_missing": Finding(
        _E, "Predictions have no confidence.", "Give each a score from 0 to 1; without scores, import them as labels."
    ),
    "confidence_out_of_range": Finding(
        _E, "Confidences are not between 0 and 1.", "If they are logits, apply a sigmoid or softmax before exporting."
    ),
}
"""Why rows are left out."""

REPAIRS: Final[dict[str, Finding]] = {
    "box_clipped": Finding(
        _W,
        "Boxes reach outside their frame and were clipped to it; "
        "precision, recall and AP go by the boxes as the file gives them.",
    ),
    "confidence_clipped": Finding(_W, "Confidences were above 1 by a rounding error and were set to 1."),
    "confidence_in_percent": Finding(
        _W, "Confidences are in percent and were divided by 100.", "Check that they are not something else."
    ),
    "part_dropped": Finding(_W, "Parts with too few points were dropped from outlines and lines."),
}
"""How rows are mended."""

NOTICES: Final[dict[str, Finding]] = {
    "joined_by_name": Finding(_I, "Frames were found by their file names, not by ids."),
    "ids_contradict_names": Finding(
        _W,
        "The ids of images in this file stand for other images in the project; frames were found by file names.",
        "Check that the file was made for this data set.",
    ),
    "few_frames_matched": Finding(
        _W, "Less than half of the frames of this input are in the project.", "Check that it belongs to these images."
    ),
    "frame_ids_shifted": Finding(
        _W,
        "Frame ids look shifted by one against those of the labels.",
        "Export the predictions with the ids of the labels, or with file names.",
    ),
    "duplicate_frame": Finding(_W, "The input lists the same frame more than once.", "List each image once."),
    "duplicate_frame_id": Finding(
        _W,
        "Different frames have the same id, so that objects that refer to it were left out.",
        "Give each its own id.",
    ),
    "labels_without_image": Finding(
        _W,
        "Labels are for images that are not in the images folder.",
        "Add the images, or give their folder with --images.",
    ),
    "frames_without_labels": Finding(_I, "Frames of the project have no labels in this input."),
    "frames_without_predictions": Finding(_I, "Frames of the project have no predictions in this input."),
    "image_unreadable": Finding(_W, "Images cannot be read.", "Replace them with whole copies."),
    "link_outside_images": Finding(
        _W,
        "Links lead outside the images folder and were left out.",
        "Copy the images, or give the folder they are in.",
    ),
    "size_differs": Finding(
        _W,
        "The input gives another image size than the image has; the image is right.",
        "If images were resized after labelling, resize the coordinates too.",
    ),
    "labels_in_unrotated_pixels": Finding(
        _W, "Labels were drawn without the EXIF rotation of their images, so these images are shown without it."
    ),
    "exif_orientation": Finding(_I, "Images are rotated by their EXIF orientation when they are shown."),
    "source_ids_changed": Finding(
        _I, "Frames have other ids here than in an earlier import; the new ones hold from now on."
    ),
    "unknown_class": Finding(
        _W,
        "Predicted classes are not among the classes of the labels; they were added.",
        "If they are other spellings or ids of known classes, say which with --class-map.",
    ),
    "undeclared_class": Finding(
        _W, "Objects refer to classes that the file does not list; classes were made for them.", "List all classes."
    ),
    "class_ids_shifted": Finding(
        _W,
        "Predicted class ids look counted otherwise than those of the labels, so that classes are likely mixed up.",
        "Say which is which with --class-map.",
    ),
    "classes_disagree": Finding(
        _W,
        "Predictions that lie on labels of one class nearly all have another class: their ids are likely those of "
        "another class list.",
        "Say which is which with --class-map.",
    ),
    "duplicate_class_name": Finding(_W, "Classes with the same name were merged into one.", "Give each class one id."),
    "duplicate_class_id": Finding(
        _W, "Different classes have the same id; the first one holds.", "Give each its own id."
    ),
    "class_names_alike": Finding(
        _W,
        "Class names differ only in case, plural or separators; they stay different classes.",
        "Merge with --class-map.",
    ),
    "class_map_unused": Finding(
        _W, "Entries of the class map fit nothing in this input.", "Write class name against what stands in the file."
    ),
    "zero_size": Finding(_W, "Boxes have zero width or height; they are kept.", "Check them: no box can match them."),
    "looks_like_corners": Finding(
        _W,
        "Boxes look like two corners (x1, y1, x2, y2) where x, y, width, height is expected.",
        "Export them as x, y, width, height.",
    ),
    "box_overhang": Finding(_I, "Boxes reach outside their frame by less than a pixel; they stay as they are."),
    "keypoint_count_differs": Finding(_W, "Objects have another number of keypoints than their class."),
    "duplicate_id": Finding(_W, "Objects share their id with another object.", "Give each object its own id."),
    "object_id_zero": Finding(_I, "An object has the id 0, which some evaluation tools cannot match; this one can."),
    "duplicate_objects": Finding(_W, "Objects are exact copies of another.", "Remove the copies before evaluating."),
    "constant_confidence": Finding(
        _W, "All predictions have the same confidence.", "Check that real scores are exported."
    ),
    "many_predictions": Finding(_I, "Frames have more than 100 predictions; COCO metrics use the 100 most confident."),
    "no_objects": Finding(_W, "There is no object in this input.", "Check that it is the right file."),
    "confidence_ignored": Finding(_I, "Labels carry confidences, which are not used."),
}
"""What else is worth knowing."""


def note(report: ImportReport, code: str, *, count: int = 1, examples: Iterable[str] = (), detail: str = "") -> None:
    """Report a notice or a repair; ``detail`` takes the place of the usual way to mend it."""
    finding = NOTICES.get(code) or REPAIRS[code]
    report.note(code, finding.severity, finding.message, count=count, examples=examples, fix=detail or finding.fix)


def reject(report: ImportReport, code: str, *, count: int, examples: Iterable[str] = ()) -> None:
    """Count rows as read and rejected."""
    finding = REJECTIONS[code]
    report.reject(code, finding.message, count=count, examples=examples, fix=finding.fix)
