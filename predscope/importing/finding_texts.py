"""Every finding that an import can report, in one place: its severity, what it says, and how to mend it.

Codes are stable: scripts and documents refer to them. Readers report codes of their own for what they cannot read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from predscope.report import Severity


class Finding(NamedTuple):
    """A kind of finding: see ``report.Problem``."""

    severity: Severity
    message: str
    fix: str = ""
    correction: Mapping[str, Any] | None = None


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

REJECTIONS: Final[dict[str, Finding]] = {
    "unknown_frame": Finding(
        _E,
        "Objects have no frame: the project knows no such image.",
        "Put the images into the images folder, where every import finds them, or import their labels; or check the "
        "ids.",
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
        "Coordinates are fractions, or pixels of a network's input, of frames whose size is not known.",
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
        {"units": "relative"},
    ),
    "looks_like_pixels": Finding(
        _E,
        "Boxes look like pixels where fractions of the frame (0 to 1) are expected.",
        "Divide them by the size of the images, or use a format that has pixels (COCO).",
        {"units": "pixels"},
    ),
    "looks_like_logits": Finding(
        _E,
        "Confidences lie on both sides of 0 to 1, as logits do.",
        "Apply a sigmoid or softmax before exporting.",
        {"confidence_scale": "logit"},
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
        _E,
        "Confidences are not between 0 and 1.",
        "Export probabilities: logits go through a sigmoid or softmax first. Scores from 0 up without an end, as poses "
        "have, can be brought to 0..1 in their order.",
    ),
}
"""Why rows are left out."""

REPAIRS: Final[dict[str, Finding]] = {
    "box_clipped": Finding(
        _W,
        "Boxes reach outside their frame and were clipped to it; "
        "precision, recall and AP go by the boxes as the file gives them.",
        "Clip them to the image when they are exported, if nothing else is meant.",
    ),
    "confidence_clipped": Finding(
        _W, "Confidences were above 1 by a rounding error and were set to 1.", "Round them before exporting."
    ),
    "confidence_in_percent": Finding(
        _W, "Confidences are in percent and were divided by 100.", "Check that they are not something else."
    ),
    "part_dropped": Finding(
        _W, "Parts with too few points were dropped from outlines and lines.", "Draw or export those parts again."
    ),
}
"""How rows are mended."""

NOTICES: Final[dict[str, Finding]] = {
    "joined_by_name": Finding(_I, "Frames were found by their file names, not by ids."),
    "joined_by_data_hash": Finding(_I, "Frames were found by their data_hash."),
    "new_images": Finding(
        _I, "Images came into the images folder since it was last looked at; they are frames of the project now."
    ),
    "frame_number_unused": Finding(
        _I, "Numbers of frames were given for still images, which have none; they were passed over."
    ),
    "classes_by_hash": Finding(_I, "Classes were found by their hash (featureNodeHash)."),
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
    "frames_without_labels": Finding(
        _I,
        "Frames of the project have no labels in this input.",
        "If they show no object, all is well; else check that their labels are in the file.",
    ),
    "frames_without_predictions": Finding(
        _I,
        "Frames of the project have no predictions in this input.",
        "If the model found nothing there, all is well; else run it on them too.",
    ),
    "image_unreadable": Finding(_W, "Images cannot be read.", "Replace them with whole copies."),
    "link_outside_images": Finding(
        _W,
        "Links lead outside the images folder and were left out.",
        "Copy the images, or give the folder they are in.",
    ),
    "name_not_text": Finding(_W, "Images whose names are not UTF-8 were left out.", "Rename them."),
    "masks_beside_images": Finding(
        _I,
        "Folders beside the images hold masks or drawings of labels; what is in them was not taken for images.",
        "If they are images too, give their folder with --images.",
    ),
    "archive_member_refused": Finding(
        _W,
        "Files of archives were left out: they are damaged, encrypted, or not what they claim to be.",
        "Unpack the archive by hand, and look what is in it.",
    ),
    "video_length_differs": Finding(
        _I, "Videos hold another number of frames than their files claim; the frames were counted."
    ),
    "unpacked_archive": Finding(_I, "The input is an archive; it was read from inside."),
    "size_differs": Finding(
        _W,
        "The input gives another image size than the image has; the image is right.",
        "If images were resized after labelling, resize the coordinates too.",
    ),
    "rescaled": Finding(_I, "Coordinates were scaled from the size that the file gives to that of the image."),
    "labels_in_unrotated_pixels": Finding(
        _W,
        "Labels were drawn without the EXIF rotation of their images, so these images are shown without it.",
        "Nothing is to be done if labels lie right; to see images upright, rotate them and their labels for good.",
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
    "classes_without_labels": Finding(
        _I,
        "Predicted classes have not one label: precision counts all their predictions as false, AP leaves them out.",
        "If the labels are of some classes only, mark the others as ignored.",
    ),
    "classes_unused": Finding(
        _I, "Classes of the list have no object in this input.", "Check that the file is whole, if they should have."
    ),
    "foreign_file_names": Finding(
        _I,
        "File names are paths of another machine or addresses (absolute, of Windows, with '..', or URLs); images were "
        "looked for by the ends of those names.",
        "If images were not found, give the folder they are in.",
    ),
    "undeclared_class": Finding(
        _W, "Objects refer to classes that the file does not list; classes were made for them.", "List all classes."
    ),
    "labels_not_covered": Finding(
        _W,
        "Hardly any label has a prediction on it, however the numbers of the boxes are read.",
        "Check that the predictions are of these frames, made on images of this size and rotation.",
    ),
    "class_ids_shifted": Finding(
        _W,
        "Predicted class ids look counted otherwise than those of the labels, so that classes are likely mixed up.",
        "Say which is which with --class-map, or export the ids of the labels.",
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
        "Spell them alike, or merge some of them with --class-map.",
        {"merge_alike_classes": True},
    ),
    "classes_merged": Finding(_I, "Classes whose names differ only in case, plural or separators were merged."),
    "ids_beside_class_map": Finding(
        _W,
        "Ids or pixel values of which the class map does not speak were taken as those of the project's classes, or as "
        "new ones.",
        "Add them to the class map if they mean other classes.",
    ),
    "class_map_unused": Finding(
        _W, "Entries of the class map fit nothing in this input.", "Write class name against what stands in the file."
    ),
    "zero_size": Finding(_W, "Boxes have zero width or height; they are kept.", "Check them: no box can match them."),
    "looks_like_corners": Finding(
        _W,
        "Boxes look like two corners (x1, y1, x2, y2), which is not what the format says.",
        "Export them as the format says.",
    ),
    "looks_like_centres": Finding(
        _W,
        "Boxes look like centre and size (cx, cy, w, h), which is not what the format says.",
        "Export them as the format says.",
    ),
    "looks_like_sizes": Finding(
        _W,
        "Boxes look like x, y, width, height, which is not what the format says.",
        "Export them as the format says.",
    ),
    "looks_swapped": Finding(
        _W,
        "Coordinates look exchanged: boxes fit only when x and y change places.",
        "Export x before y, width before height.",
    ),
    "looks_like_network_pixels": Finding(
        _W,
        "Boxes look like pixels of a network's input, not of the frames: they lie on labels once that is undone.",
        "Bring them back to the pixels of the frames before exporting.",
    ),
    "box_overhang": Finding(_I, "Boxes reach outside their frame by less than a pixel; they stay as they are."),
    "polygon_crosses_itself": Finding(
        _I,
        "Outlines cross themselves; what is inside of them is drawn and counted by the even-odd rule.",
        "Draw them without crossings; there may be more, as of very many or very long outlines not all were looked at.",
    ),
    "keypoint_count_differs": Finding(
        _W,
        "Objects have another number of keypoints than their class.",
        "Give each as many x, y, v triples as its class names keypoints; those not seen are 0, 0, 0.",
    ),
    "duplicate_id": Finding(_W, "Objects share their id with another object.", "Give each object its own id."),
    "object_id_zero": Finding(
        _I,
        "An object has the id 0, which some evaluation tools cannot match; this one can.",
        "Number objects from 1, for those tools.",
    ),
    "duplicate_objects": Finding(
        _W, "Objects are exact copies of another.", "Remove the copies before evaluating.", {"drop_duplicates": True}
    ),
    "duplicates_dropped": Finding(_I, "Objects that are exact copies of another were left out, as asked."),
    "crowd_not_flagged": Finding(
        _I,
        "Labels that are masks around many labels of their own class look like crowds, and no label is flagged as one.",
        'If they are crowds, give them "iscrowd": 1; as they stand, each counts as one object to be found.',
    ),
    "corrected": Finding(_I, "Rows were taken as told."),
    "correction_unused": Finding(
        _W, "Corrections found nothing to correct in this input.", "Leave them away, or check the file."
    ),
    "constant_confidence": Finding(
        _W, "All predictions have the same confidence.", "Check that real scores are exported."
    ),
    "many_predictions": Finding(
        _I,
        "Frames have more than 100 predictions; COCO metrics use the 100 most confident.",
        "Leave out those of low confidence when exporting, if there are so many for want of a threshold.",
    ),
    "no_objects": Finding(_W, "There is no object in this input.", "Check that it is the right file."),
    "confidence_ignored": Finding(_I, "Labels carry confidences, which are not used."),
}
"""What else is worth knowing."""
