"""The classes of a project as an ontology and its frames as a data mapping: the hashes by which others name them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from predscope.palette import class_color
from predscope.project import ObjectSet, Project
from predscope.project.hashes import (
    CLASSIFICATION_NAME,
    ClassificationHashes,
    FrameHashes,
    class_hashes,
    classification_hashes,
    is_video_frame,
)
from predscope.project.manifest import ROLES
from predscope.schema import Geometry, ObjectClass

_SHAPES: Final[Mapping[str, str]] = {
    Geometry.BOX: "bounding_box",
    Geometry.ORIENTED_BOX: "rotatable_bounding_box",
    Geometry.POLYGON: "polygon",
    Geometry.MASK: "bitmask",
    Geometry.KEYPOINTS: "skeleton",
    Geometry.POLYLINE: "polyline",
}


@dataclass(frozen=True, slots=True)
class OntologyObject:
    """A class of objects.

    Attributes:
        entry: the class.
        feature_node_hash: its hash.
        shape: what most of its objects are, in Encord's words ("bounding_box", "polygon", "bitmask", ...).
        color: "#RRGGBB".
    """

    entry: ObjectClass
    feature_node_hash: str
    shape: str
    color: str


@dataclass(frozen=True, slots=True)
class OntologyOption:
    """A class of whole frames."""

    entry: ObjectClass
    hashes: ClassificationHashes


@dataclass(frozen=True, slots=True)
class Ontology:
    """The classes of a project: a class that only whole frames have is a classification, any other one an object."""

    objects: tuple[OntologyObject, ...]
    classifications: tuple[OntologyOption, ...]

    def to_json(self) -> dict[str, Any]:
        """``{"objects": {name: featureNodeHash}, "classifications": {name: {feature_hash, ...}}}``."""
        return {
            "objects": {found.entry.name: found.feature_node_hash for found in self.objects},
            "classifications": {option.entry.name: option.hashes.to_json() for option in self.classifications},
        }

    def to_encord(self) -> dict[str, list[dict[str, Any]]]:
        """The same as Encord's client shows it: lists of objects, and of questions with their options."""
        objects = [
            {
                "id": str(position),
                "name": found.entry.name,
                "color": found.color,
                "shape": found.shape,
                "featureNodeHash": found.feature_node_hash,
            }
            for position, found in enumerate(self.objects, 1)
        ]
        if not self.classifications:
            return {"objects": objects, "classifications": []}
        options = [
            {
                "id": f"1.1.{position}",
                "label": option.entry.name,
                "value": option.entry.name,
                "featureNodeHash": option.hashes.option_hash,
            }
            for position, option in enumerate(self.classifications, 1)
        ]
        hashes = self.classifications[0].hashes
        attribute = {
            "id": "1.1",
            "name": CLASSIFICATION_NAME,
            "type": "radio",
            "required": False,
            "featureNodeHash": hashes.attribute_hash,
            "options": options,
        }
        question = {"id": "1", "featureNodeHash": hashes.feature_hash, "attributes": [attribute]}
        return {"objects": objects, "classifications": [question]}


def read_ontology(project: Project) -> Ontology:
    """The classes of a project, sorted into objects and classifications by what its newest sets hold.

    Labels decide, and predictions where a class has no labels; a class that nothing has is an object.
    """
    used: dict[int, Counter[str]] = {}
    for role in ROLES:
        of_role: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for name in project.set_names(role):
            for class_id, kinds in _count_kinds(project.objects(role, name)).items():
                of_role[class_id] += kinds
        used = {**of_role, **used}
    objects, options = [], []
    for entry, text in zip(project.classes, class_hashes(project.classes), strict=True):
        kinds = used.get(entry.class_id, Counter())
        if set(kinds) == {Geometry.CLASSIFICATION}:
            options.append(OntologyOption(entry, classification_hashes(text)))
            continue
        kinds.pop(Geometry.CLASSIFICATION, None)
        shape = _SHAPES[kinds.most_common(1)[0][0]] if kinds else _SHAPES[Geometry.BOX]
        objects.append(OntologyObject(entry, text, shape, entry.color or class_color(entry.class_id)))
    return Ontology(tuple(objects), tuple(options))


def frame_hashes(project: Project) -> FrameHashes:
    """The data_hash of every frame, and the way back."""
    table = project.frames_table
    columns = ("frame_id", "file_name", "sequence", "sequence_index")
    return FrameHashes(*(table[name].to_pylist() for name in columns))


def data_mapping(project: Project) -> dict[str, str]:
    """data_hash to file name, in the order of the frames; the frames of a video are one entry with the video's name."""
    table = project.frames_table
    columns = [table[name].to_pylist() for name in ("file_name", "sequence", "sequence_index")]
    mapping: dict[str, str] = {}
    for data_hash, row in zip(frame_hashes(project).data_hashes, zip(*columns, strict=True), strict=True):
        mapping.setdefault(data_hash, row[1] if is_video_frame(*row) else row[0])
    return mapping


def _count_kinds(objects: ObjectSet) -> dict[int, Counter[str]]:
    """Class id -> geometry -> how many objects."""
    counted = objects.table(["class_id", "geometry"]).group_by(["class_id", "geometry"]).aggregate([([], "count_all")])
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in counted.to_pylist():
        found[row["class_id"]][row["geometry"]] += row["count_all"]
    return found
