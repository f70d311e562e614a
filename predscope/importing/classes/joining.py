"""Meeting the classes that a file speaks of with those of the project."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from predscope.formats.base import Reference, Role
from predscope.importing.classes.alike_names import alike_key
from predscope.importing.classes.class_map import read_class_map
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.classes.numbering import Numbering
from predscope.importing.classes.shifted_ids import explain_shift
from predscope.importing.corrections import Corrections
from predscope.importing.findings import note
from predscope.importing.references import distinct, spread, whole_number
from predscope.project.classes import ClassChanges, merged
from predscope.project.hashes import classes_by_hash
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
        corrections: what the user says of class ids and names; offsets are added to the references already.
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
        corrections: Corrections | None = None,
        references: Sequence[str] = (),
    ) -> None:
        self._told = corrections or Corrections()
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
        self._numbering = Numbering(classes, self._source_ids)
        self._name_of_id: dict[str, str] = {}
        self._resolved: dict[tuple[Reference, str], int] = {}
        self._counts: Counter[tuple[Reference, str]] = Counter()
        self._added_by_objects: dict[int, str] = {}
        self._map_used: set[str] = set()
        self._spellings: dict[str, str] = {}
        self._merged: dict[str, str] = {}
        for entry in classes:
            self._spellings.setdefault(alike_key(entry.name), entry.name)
        self._hashes = classes_by_hash(classes)
        self._found_by_hash: list[str] = []
        self._map = self._read_map(class_map, references) if class_map else {}
        self._declare()

    @property
    def names(self) -> list[str]:
        """Names of all classes, by class id."""
        return [entry.name for entry in self._classes]

    @property
    def source_ids(self) -> Mapping[str, int]:
        """Ids that label files gave classes -> class id."""
        return self._source_ids

    @property
    def numbering(self) -> Numbering:
        """The project's classes by number, in each of the ways to count them."""
        return self._numbering

    @property
    def seen_ids(self) -> list[str]:
        """The ids that stand for classes in the file, as far as they were met."""
        return [text for kind, text in self._resolved if kind == "id"]

    def told_too(self, correction: Mapping[str, Any]) -> dict[str, Any]:
        """A correction of ids on top of what the user said of them."""
        offset = self._told.class_offset + int(correction.get("class_offset", 0))
        return {**correction, "class_offset": offset} if offset else dict(correction)

    @property
    def rests_on_ids(self) -> bool:
        """Whether predicted classes were found by ids that nothing but the labels explains."""
        return self._role == "predictions" and bool(self.seen_ids) and not self._lists_classes and not self._map

    @property
    def keypoint_counts(self) -> np.ndarray:
        """int64 (classes,): how many keypoints each has; 0 where it names none."""
        return np.array([len(entry.keypoints) for entry in self._classes], np.int64)

    def resolve(self, references: np.ndarray, kind: Reference, *, is_counted: bool = False) -> np.ndarray:
        """int32 (n,): class id of each reference; ``MISSING`` where there is none.

        Args:
            is_counted: these are rows of the input, each given once; see ``joined``.
        """
        codes, texts = distinct(references)
        if is_counted:
            counts = np.bincount(codes[codes >= 0], minlength=len(texts)).tolist()
            self._counts.update({(kind, text): count for text, count in zip(texts, counts, strict=True) if count})
        return spread(codes, [self._resolve(text, kind) for text in texts], MISSING)

    def joined(self) -> list[JoinedClass]:
        """The classes that rows refer to, those with the most rows first."""
        name_of_id = {entry.source_id: entry.name for entry in reversed(self._declared) if entry.source_id is not None}
        return [
            JoinedClass(
                reference=text,
                kind=kind,
                name=name_of_id.get(text, text) if kind == "id" else text,
                class_id=self._resolved[kind, text],
                class_name=self._classes[self._resolved[kind, text]].name,
                is_new=self._resolved[kind, text] >= self._known_count,
                count=count,
            )
            for (kind, text), count in self._counts.most_common()
        ]

    def changes(self) -> ClassChanges:
        return ClassChanges(tuple(self._classes), frozenset(self._touched), self._new_source_ids)

    def finish(self) -> None:
        """Report what can only be said of all classes together."""
        report = self._report
        if self._added_by_objects:
            self._report_shift()
            names = list(self._added_by_objects.values())
            if self._role == "predictions" and self._known_count:
                if "class_ids_shifted" not in report.problems:  # else they are no classes, but ids counted otherwise
                    note(report, "unknown_class", count=len(names), examples=names[:5])
            elif self._lists_classes:
                note(report, "undeclared_class", count=len(names), examples=names[:5])
        if self._found_by_hash:
            examples = [f"{text}: {self._classes[self._hashes[text]].name}" for text in self._found_by_hash[:5]]
            note(report, "classes_by_hash", count=len(self._found_by_hash), examples=examples)
        for group in self._alike():
            note(report, "class_names_alike", examples=[" / ".join(group)])
        if self._merged:
            examples = [f"{spelling} is {name}" for spelling, name in list(self._merged.items())[:5]]
            note(report, "classes_merged", count=len(self._merged), examples=examples)
        beside = [key for key in self._resolved if self._is_beside_map(*key)]
        if beside:
            examples = [f"{key[1]}: {self._classes[self._resolved[key]].name}" for key in beside[:5]]
            note(report, "ids_beside_class_map", count=len(beside), examples=examples)
        unused = [token for token in self._map if token not in self._map_used]
        if unused:
            note(report, "class_map_unused", count=len(unused), examples=unused[:5])

    def _is_beside_map(self, kind: Reference, text: str) -> bool:
        """Whether an id that has no name in the file is one that the user's class map does not speak of."""
        return bool(self._map) and kind == "id" and text not in self._map and text not in self._name_of_id

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
        way = self._told.class_ids if kind == "id" and not self._lists_classes else None
        number = whole_number(text)
        if way not in (None, "ids") and number is not None:
            class_id = self._numbering.find(number, way)
            if class_id is not None:
                return class_id
            if (name := self._numbering.name(number, way)) is not None:
                return self._class_of(name, f"{name} (id {text})")
        elif not self._lists_classes and text in self._source_ids:
            return self._source_ids[text]
        if text in self._id_of_name:
            return self._id_of_name[text]
        if text in self._hashes:
            self._found_by_hash.append(text)
            return self._hashes[text]
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
        name = self._spelled(name)
        class_id = self._id_of_name.get(name, self._hashes.get(name))
        if class_id is None:
            class_id = self._append(ObjectClass(len(self._classes), name))
            self._added_by_objects[class_id] = name if name == origin else f"{name} (from {origin})"
        return class_id

    def _spelled(self, name: str) -> str:
        """The name as it is spelled already, if the user wants those that are alike merged."""
        if not self._told.merge_alike_classes or name in self._id_of_name:
            return name
        spelling = self._spellings.setdefault(alike_key(name), name)
        if spelling != name:
            self._merged[name] = spelling
        return spelling

    def _append(self, entry: ObjectClass) -> int:
        self._classes.append(entry)
        self._id_of_name[entry.name] = entry.class_id
        self._touched.add(entry.class_id)
        return entry.class_id

    def _declare(self) -> None:
        ids_of_name: dict[str, list[str]] = defaultdict(list)
        for declared in self._declared:
            name = self._name_by_hash(declared)
            for token in (declared.source_id, declared.name):
                if token is not None and token in self._map:
                    name = self._map[token]
                    self._map_used.add(token)
                    break
            name = self._spelled(name)
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

    def _name_by_hash(self, declared: DeclaredClass) -> str:
        """The name of the class whose hash a listed class has as its id, whatever the file calls it; else its own.

        Labels that gave a class its hash may name it anew.
        """
        hashed = declared.source_id
        if hashed is None or hashed not in self._hashes or declared.name in self._id_of_name:
            return declared.name
        if self._role == "labels" and hashed in self._source_ids:
            return declared.name
        self._found_by_hash.append(hashed)
        return self._classes[self._hashes[hashed]].name

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
            color=declared.color,
            is_ignored=self._is_ignored(declared, class_id),
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

    def _is_ignored(self, declared: DeclaredClass, class_id: int | None) -> bool:
        if declared.is_ignored is not None:
            return declared.is_ignored
        return class_id is not None and self._classes[class_id].is_ignored

    def _read_map(self, class_map: Mapping[Any, Any], references: Sequence[str]) -> dict[str, str]:
        project_tokens = {key: self._classes[class_id].name for key, class_id in self._source_ids.items()}
        project_tokens |= {text: self._classes[class_id].name for text, class_id in self._hashes.items()}
        project_tokens |= {name: name for name in self._id_of_name}
        file_tokens = {*references, *(entry.name for entry in self._declared)}
        file_tokens |= {entry.source_id for entry in self._declared if entry.source_id is not None}
        return read_class_map(class_map, project_tokens, file_tokens)

    def _report_shift(self) -> None:
        """Ids counted from another start, or along another list, than those of the labels: said, never mended here."""
        if not self.rests_on_ids:
            return
        if "class_ids_shifted" in self._report.problems or self._told.class_offset or self._told.class_ids:
            return
        seen = self.seen_ids
        explained = explain_shift(seen, self._source_ids, self._numbering, self._known_count)
        if explained is not None:
            example, correction = explained
            note(self._report, "class_ids_shifted", count=len(seen), examples=[example], correction=correction)

    def _alike(self) -> list[list[str]]:
        groups: dict[str, list[ObjectClass]] = defaultdict(list)
        for entry in self._classes:
            groups[alike_key(entry.name)].append(entry)
        return [
            [entry.name for entry in group]
            for group in groups.values()
            if len(group) > 1 and any(entry.class_id >= self._known_count for entry in group)
        ]
