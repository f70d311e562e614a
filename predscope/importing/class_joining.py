"""Meeting the classes that a file speaks of with those of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from predscope.formats.base import Reference, Role
from predscope.importing.class_map import read_class_map
from predscope.importing.findings import note
from predscope.importing.prediction_frames import shift_of
from predscope.importing.references import distinct, listed, spread
from predscope.project.classes import ClassChanges, merged
from predscope.report import ImportReport
from predscope.schema import DeclaredClass, ObjectClass

MISSING: Final[int] = -1


class ClassJoin:
    """Classes of an import. No class is ever dropped: one that nobody knows is added, and reported.

    Args:
        classes: the project's classes.
        source_ids: ids that earlier label files gave them -> class id.
        declared: classes that the file lists, or None.
        role: labels define classes; predictions are expected to use those.
        class_map: see ``class_map.read_class_map``.
        references: distinct class references of the rows seen so far (to tell which way round the map is).
    """

    def __init__(
        self,
        classes: Sequence[ObjectClass],
        source_ids: Mapping[str, int],
        declared: Sequence[DeclaredClass] | None,
        role: Role,
        report: ImportReport,
        *,
        class_map: Mapping[Any, Any] | None = None,
        references: Sequence[str] = (),
    ) -> None:
        self._report = report
        self._role: Role = role
        self._classes = list(classes)
        self._known_count = len(classes)
        self._id_of_name = {entry.name: entry.class_id for entry in classes}
        self._source_ids = dict(source_ids)
        self._new_source_ids: dict[str, int] = {}
        self._touched: set[int] = set()
        self._declared = list(declared or ())
        self._lists_classes = declared is not None
        self._name_of_id: dict[str, str] = {}
        self._resolved: dict[tuple[Reference, str], int] = {}
        self._added_by_objects: dict[int, str] = {}
        self._map_used: set[str] = set()
        self._map = self._read_map(class_map, references) if class_map else {}
        self._declare()

    @property
    def names(self) -> list[str]:
        """Names of all classes, by class id."""
        return [entry.name for entry in self._classes]

    @property
    def rests_on_ids(self) -> bool:
        """Whether predicted classes were found by ids that nothing but the labels explains."""
        seen_ids = any(kind == "id" for kind, _ in self._resolved)
        return self._role == "predictions" and seen_ids and not self._lists_classes and not self._map

    @property
    def keypoint_counts(self) -> np.ndarray:
        """int64 (classes,): how many keypoints each has; 0 where it names none."""
        return np.array([len(entry.keypoints) for entry in self._classes], np.int64)

    def resolve(self, references: np.ndarray, kind: Reference) -> np.ndarray:
        """int32 (n,): class id of each reference; ``MISSING`` where there is none."""
        codes, texts = distinct(references)
        return spread(codes, [self._resolve(text, kind) for text in texts], MISSING)

    def changes(self) -> ClassChanges:
        return ClassChanges(tuple(self._classes), frozenset(self._touched), self._new_source_ids)

    def finish(self) -> None:
        """Report what can only be said of all classes together."""
        report = self._report
        if self._added_by_objects:
            names = list(self._added_by_objects.values())
            if self._role == "predictions" and self._known_count:
                note(report, "unknown_class", count=len(names), examples=names[:5])
            elif self._lists_classes:
                note(report, "undeclared_class", count=len(names), examples=names[:5])
            self._report_shift()
        for group in self._alike():
            note(report, "class_names_alike", examples=[" / ".join(group)])
        unused = [token for token in self._map if token not in self._map_used]
        if unused:
            note(report, "class_map_unused", count=len(unused), examples=unused[:5])

    def _resolve(self, text: str, kind: Reference) -> int:
        key = (kind, text)
        if key not in self._resolved:
            self._resolved[key] = self._look_up(text, kind)
        return self._resolved[key]

    def _look_up(self, text: str, kind: Reference) -> int:
        declared_name = self._name_of_id.get(text) if kind == "id" else None
        for token in (text, declared_name):
            if token is not None and token in self._map:
                self._map_used.add(token)
                return self._class_of(self._map[token], token)
        if declared_name is not None:
            return self._class_of(declared_name, f"{declared_name} (id {text})")
        if kind == "name" and text in self._id_of_name:
            return self._id_of_name[text]
        if not self._lists_classes and text in self._source_ids:
            return self._source_ids[text]
        if text in self._id_of_name:
            return self._id_of_name[text]
        class_id = self._class_of(f"class {text}" if text.lstrip("-").isdecimal() else text, text)
        if self._role == "labels" and kind == "id":
            self._remember_source_id(class_id, text)
        return class_id

    def _remember_source_id(self, class_id: int, source_id: str) -> None:
        """Labels without a class list define the ids of classes too."""
        self._new_source_ids[source_id] = class_id
        if self._classes[class_id].source_id is None:
            self._classes[class_id] = replace(self._classes[class_id], source_id=source_id)
            self._touched.add(class_id)

    def _class_of(self, name: str, origin: str) -> int:
        """The class of that name, added if the project has none."""
        class_id = self._id_of_name.get(name)
        if class_id is None:
            class_id = self._append(ObjectClass(len(self._classes), name))
            self._added_by_objects[class_id] = name if name == origin else f"{name} (from {origin})"
        return class_id

    def _append(self, entry: ObjectClass) -> int:
        self._classes.append(entry)
        self._id_of_name[entry.name] = entry.class_id
        self._touched.add(entry.class_id)
        return entry.class_id

    def _declare(self) -> None:
        ids_of_name: dict[str, list[str]] = defaultdict(list)
        for declared in self._declared:
            name = declared.name
            for token in (declared.source_id, declared.name):
                if token is not None and token in self._map:
                    name = self._map[token]
                    self._map_used.add(token)
                    break
            if declared.source_id is not None:
                if declared.source_id in self._name_of_id and self._name_of_id[declared.source_id] != name:
                    note(self._report, "duplicate_class_id", examples=[f"{declared.source_id}: {name}"])
                    continue
                self._name_of_id[declared.source_id] = name
            if name == declared.name:
                ids_of_name[name].append(declared.source_id or name)
            if self._role == "labels":
                self._define(name, declared)
        for name, ids in ids_of_name.items():
            if len(ids) > 1:
                note(self._report, "duplicate_class_name", examples=[f"{name}: ids {', '.join(ids)}"])

    def _define(self, name: str, declared: DeclaredClass) -> None:
        class_id = self._id_of_name.get(name)
        is_first = class_id is None or class_id not in self._new_source_ids.values()
        entry = ObjectClass(
            class_id=len(self._classes) if class_id is None else class_id,
            name=name,
            source_id=declared.source_id if is_first else None,
            supercategory=declared.supercategory,
            keypoints=declared.keypoints,
            skeleton=declared.skeleton,
        )
        if class_id is None:
            class_id = self._append(entry)
        else:
            newer = merged(self._classes[class_id], entry)
            if newer != self._classes[class_id]:
                self._classes[class_id] = replace(newer, class_id=class_id)
                self._touched.add(class_id)
        if declared.source_id is not None:
            self._new_source_ids[declared.source_id] = class_id

    def _read_map(self, class_map: Mapping[Any, Any], references: Sequence[str]) -> dict[str, str]:
        project_tokens = {key: self._classes[class_id].name for key, class_id in self._source_ids.items()}
        project_tokens |= {name: name for name in self._id_of_name}
        file_tokens = {*references, *(entry.name for entry in self._declared)}
        file_tokens |= {entry.source_id for entry in self._declared if entry.source_id is not None}
        return read_class_map(class_map, project_tokens, file_tokens)

    def _report_shift(self) -> None:
        """Ids counted from another start, or along another list, than those of the labels: said, never mended here."""
        if not self.rests_on_ids:
            return
        seen = [text for kind, text in self._resolved if kind == "id"]
        shift = shift_of(seen, self._source_ids)
        if shift:
            offset = "one more" if shift < 0 else "one less"
            example = f"all {len(seen)} predicted ids are {offset} than an id of the labels"
        elif seen and all(text.isdecimal() and int(text) <= self._known_count for text in seen):
            example = f"all {len(seen)} predicted ids are positions in the list of {self._known_count} classes"
            example += ", counted from " + ("0" if "0" in seen else "0 or 1")
        else:
            return
        note(self._report, "class_ids_shifted", count=len(seen), examples=[f"{example} ({listed(seen)})"])

    def _alike(self) -> list[list[str]]:
        groups: dict[str, list[ObjectClass]] = defaultdict(list)
        for entry in self._classes:
            key = entry.name.casefold().replace("_", " ").replace("-", " ").strip()
            groups[key.removesuffix("s") if len(key) > 3 else key].append(entry)
        return [
            [entry.name for entry in group]
            for group in groups.values()
            if len(group) > 1 and any(entry.class_id >= self._known_count for entry in group)
        ]
