"""From a class map to the classes of a Predscope project: roll-up, colours, and what evaluations leave out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from predscope.compat.aquarium.class_map import ClassMapEntry, LabelClassMap, hex_color
from predscope.compat.aquarium.label_set import MASK_LABEL, LabelSet
from predscope.schema import DeclaredClass


@dataclass(slots=True)
class ClassPlan:
    """What becomes of the classes of a class map.

    Classes that count as another one (``train_name``) are that class; objects keep their own name as the attribute
    ``class_name``. A class is ignored if all that count as it are; where only some are, their objects are.

    Attributes:
        entries: of the class map, by name.
        keypoints: names of keypoints that occur, by the class they count as, in their order.
    """

    entries: dict[str, ClassMapEntry]
    keypoints: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, class_map: LabelClassMap) -> ClassPlan:
        plan = cls({entry.name: entry for entry in class_map.entries})
        for entry in class_map.entries:
            plan._add_keypoints(entry.counted_name, entry.keypoint_names)
        return plan

    def look_at(self, sets: Iterable[LabelSet]) -> list[str]:
        """Learn the keypoints that labels have; returns those that the class map does not name, in words."""
        unnamed: list[str] = []
        for labels in sets:
            for label in labels.label_data:
                points = label["attributes"].get("keypoints")
                if points:
                    name = self.counted_name(label["label"])
                    added = self._add_keypoints(name, [point["name"] for point in points])
                    entry = self.entries.get(label["label"])
                    if entry is not None and entry.keypoint_names:
                        unnamed += [f"{name}: {keypoint}" for keypoint in added]
        return unnamed

    def counted_name(self, name: str) -> str:
        """The class that objects of a name count as; a name that the class map lacks stays."""
        entry = self.entries.get(name)
        return name if entry is None else entry.counted_name

    def is_object_ignored(self, name: str) -> bool:
        """Whether an object of this name is left out though its class is not."""
        entry = self.entries.get(name)
        return entry is not None and entry.ignore_in_eval and not self._is_ignored(entry.counted_name)

    def name_of_id(self, class_id: int) -> str | None:
        """The name of a pixel value of semantic masks."""
        return next((entry.name for entry in self.entries.values() if entry.class_id == class_id), None)

    def declared(self) -> list[DeclaredClass]:
        """The classes of the Predscope project, in the order of the class map."""
        return [self._declare(name) for name in dict.fromkeys(entry.counted_name for entry in self.entries.values())]

    def _declare(self, name: str) -> DeclaredClass:
        parts = self._parts(name)
        first = self.entries.get(name, parts[0])
        # A class that only others count as has the colour given for inferences of it.
        color = first.color if first.name == name else first.train_color or first.color
        number = first.class_id if first.name == name else first.train_id
        skeleton = next((part.skeleton for part in parts if part.skeleton), [])
        return DeclaredClass(
            name=name,
            source_id=None if number is None else str(number),
            supercategory=next((part.category for part in parts if part.category), None),
            keypoints=tuple(self.keypoints.get(name, ())),
            skeleton=tuple(skeleton),
            color=hex_color(color),
            is_ignored=self._is_ignored(name),
        )

    def _parts(self, name: str) -> list[ClassMapEntry]:
        return [entry for entry in self.entries.values() if entry.counted_name == name]

    def _is_ignored(self, name: str) -> bool:
        return all(part.ignore_in_eval for part in self._parts(name))

    def _add_keypoints(self, name: str, names: Iterable[str]) -> list[str]:
        known = self.keypoints.setdefault(name, [])
        added = [keypoint for keypoint in dict.fromkeys(names) if keypoint not in known]
        known += added
        return added


def inferred_class_map(sets: Iterable[LabelSet], pixel_values: Iterable[int] = ()) -> LabelClassMap:
    """A class for each name that occurs, in the order in which they come, and for each value of semantic masks."""
    names: dict[str, None] = {}
    for labels in sets:
        for label in labels.label_data:
            if label["label"] != MASK_LABEL:
                names[label["label"]] = None
            instances: list[dict[str, Any]] = label["attributes"].get("instances", [])
            names.update((entry["classification"], None) for entry in instances)
    if not any(pixel_values := sorted(set(pixel_values))):
        return LabelClassMap.from_classnames(names)
    # The numbers of classes are the values of pixels; names come behind them.
    first = max(pixel_values) + 1
    numbers = [*(value for value in pixel_values if value), *range(first, first + len(names))]
    every = [*(f"class {value}" for value in pixel_values if value), *names]
    made = LabelClassMap.from_classnames(every)
    for entry, number in zip(made.entries, numbers, strict=True):
        entry.class_id = number
    return made
