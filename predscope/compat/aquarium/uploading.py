"""Uploads of labelled frames and of inferences: imports into the Predscope project of the data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from predscope.compat.aquarium.binary_scores import BinaryScores
from predscope.compat.aquarium.carrying import Carried
from predscope.compat.aquarium.class_plan import ClassPlan
from predscope.compat.aquarium.frame_images import describe_missing, find_images
from predscope.compat.aquarium.frame_plan import FrameLookup, FramePlan
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.locations import Locations
from predscope.compat.aquarium.mask_rows import MaskReader
from predscope.compat.aquarium.measured import check_dimensions, join_inference_measures, join_label_measures
from predscope.compat.aquarium.messages import note_frames, note_list
from predscope.compat.aquarium.object_rows import ObjectRows
from predscope.compat.aquarium.previewing import preview_accepted
from predscope.compat.aquarium.values import place_of
from predscope.errors import InputError
from predscope.formats.base import ObjectBatch, Reading
from predscope.importing import ImportResult, StagedImport, stage_reading
from predscope.importing.frames.known import KnownFrames
from predscope.importing.references import listed
from predscope.project import Project
from predscope.project.frames import FrameDraft
from predscope.report import ImportReport, Severity
from predscope.schema import Role

FORMAT: Final = "aquarium"
LABEL_SET: Final = "labels"


@dataclass(slots=True)
class Upload:
    """What was uploaded.

    Attributes:
        result: None: the user looked at the first frame and cancelled.
        notes: what is to be said beside the report.
    """

    result: ImportResult | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upload goes, and how.

    Attributes:
        project: of the data set.
        plan: its classes.
        locations: finds files.
        origin: what the report names as the source, e.g. "planes/train".
        adds: what the newest version has of other frames stays.
        deleted: frames to be taken out.
        preview: show the first frame before anything is published.
        binary: how classifications are to be scored; None: as they are.
    """

    project: Project
    plan: ClassPlan
    locations: Locations
    origin: str
    adds: bool = False
    deleted: tuple[str, ...] = ()
    preview: bool = False
    binary: BinaryScores | None = None


def upload_labels(target: Target, frames: Sequence[LabeledFrame]) -> Upload:
    """Import labelled frames as a new version of the labels.

    Raises:
        InputError: no frame, no image that is named, or no label can be used.
    """
    check_dimensions(frames)
    sets = [frame.label_set for frame in frames]
    report = ImportReport(source=target.origin, format=FORMAT)
    found = find_images([frame for frame in frames if frame.update_type != "DELETE"], target.locations)
    problem = describe_missing(found)
    if problem is not None and not target.project.set_names("labels"):
        raise problem
    plan = FramePlan(target.project, found)
    lookup = FrameLookup.of(plan.draft)
    known = KnownFrames(plan.draft, report, images_root=plan.images_root)
    masks = MaskReader(target.plan, target.locations, plan.known_sizes(), "labels", report, plan.set_size)
    note_list(
        report,
        "image_url_unmapped",
        Severity.WARNING,
        "Addresses of images stand for no folder; their frames are shown without an image.",
        found.unmapped,
        'Say which folder it is: Client(url_map={"http://host/": "folder"}), or PREDSCOPE_URL_MAP.',
    )
    note_list(
        report,
        "image_file_missing",
        Severity.WARNING,
        "Image files are not there; their frames are shown without an image.",
        found.missing,
    )
    if plan.is_linked:
        where = str(plan.images_root)
        note_list(
            report, "images_linked", Severity.INFO, "Images of different drives were linked into one folder.", [where]
        )
    rows = ObjectRows(target.plan, lookup, masks, "labels")
    reading = _reading(target, "labels", rows, masks, sets, lookup, report, _replaced(target, lookup, frames))
    with stage_reading(target.project, reading, name=LABEL_SET, frames=known) as staged:
        result = _publish(target, staged)
    if result is None:
        return Upload(None)
    project = join_label_measures(result.project, frames, LABEL_SET, target.origin, keeps_earlier=target.adds)
    return Upload(_at(result, project))


def upload_inferences(target: Target, frames: Sequence[InferencesFrame], set_name: str) -> Upload:
    """Import inferences as a new version of the prediction set.

    Raises:
        InputError: none of the frames is one of the labelled frames, or no inference can be used.
    """
    check_dimensions(frames)
    project = target.project
    lookup = FrameLookup.of_project(project)
    report = ImportReport(source=target.origin, format=FORMAT)
    _compare_frames(lookup, frames, report, target)
    sets: list[LabelSet] = [frame.label_set for frame in frames]
    draft = FrameDraft(project.frames_table)
    known = KnownFrames(draft, report)
    columns = (draft.column(name) for name in ("frame_id", "width", "height"))
    sizes = {key: (width, height) for key, width, height in zip(*columns, strict=True) if width and height}
    masks = MaskReader(target.plan, target.locations, sizes, "predictions", report)
    rows = ObjectRows(target.plan, lookup, masks, "predictions", target.binary)
    replaced = _replaced(target, lookup, frames)
    reading = _reading(target, "predictions", rows, masks, sets, lookup, report, replaced, set_name)
    with stage_reading(project, reading, name=set_name, frames=known) as staged:
        result = _publish(target, staged)
    if result is None:
        return Upload(None)
    notes: list[str] = []
    kept = Counter(name for frame in frames for name in frame.visualization_assets)
    if kept:
        notes.append(f"Visualization assets are kept in aquarium.json and not shown: {', '.join(sorted(kept))}.")
    newer = join_inference_measures(result.project, frames, set_name, notes, keeps_earlier=target.adds)
    return Upload(_at(result, newer), notes)


def _publish(target: Target, staged: StagedImport) -> ImportResult | None:
    if target.preview and not preview_accepted(target.project, staged):
        return None
    return staged.publish()


def _at(result: ImportResult, project: Project) -> ImportResult:
    """The result at a later revision, with what was joined after it."""
    objects = project.objects(result.role, result.name, result.version)
    return ImportResult(project, objects, result.report, result.first_frame)


def _reading(
    target: Target,
    role: Role,
    rows: ObjectRows,
    masks: MaskReader,
    sets: Sequence[LabelSet],
    lookup: FrameLookup,
    report: ImportReport,
    replaced: Mapping[str, frozenset[str] | None],
    set_name: str = LABEL_SET,
) -> Reading:
    unnamed = target.plan.look_at(sets)
    note_list(
        report,
        "keypoint_not_in_class_map",
        Severity.WARNING,
        "Keypoints have names that the class map does not give their class; they were added to it.",
        unnamed,
    )
    _note_labels(sets, report)
    batches: Iterator[ObjectBatch] = rows.batches(sets)
    has_maps = any(label["label_type"] == "SEMANTIC_LABEL_2D" for labels in sets for label in labels.label_data)
    if target.adds and set_name in target.project.set_names(role):
        earlier = Carried(target.project, target.project.objects(role, set_name), replaced)
        carried_maps = earlier.pixel_maps()
        masks.pixel_maps += carried_maps
        has_maps |= bool(carried_maps)
        batches = chain(earlier.batches(), batches)
    return Reading(
        format=FORMAT,
        role=role,
        frames=None,
        classes=target.plan.declared(),
        batches=batches,
        report=report,
        pixel_maps=masks.pixel_maps if has_maps else None,
    )


def _replaced(
    target: Target, lookup: FrameLookup, frames: Iterable[LabeledFrame] | Iterable[InferencesFrame]
) -> dict[str, frozenset[str] | None]:
    """Frames of the project whose objects an update replaces, see ``Carried``."""
    replaced: dict[str, frozenset[str] | None] = {
        key: None for frame_id in target.deleted for key in lookup.keys(frame_id)
    }
    for frame in frames:
        ids = None
        if frame.update_type == "MODIFY":
            ids = frozenset(label["uuid"] for label in frame.label_set.label_data)
        for key in lookup.keys(frame.frame_id):
            replaced[key] = ids
    return replaced


def _note_labels(sets: Sequence[LabelSet], report: ImportReport) -> None:
    """What can be said of labels before they meet the project."""
    repeated = []
    not_shown: Counter[str] = Counter()
    for labels in sets:
        not_shown.update(labels.not_shown)
        counts = Counter(label["uuid"] for label in labels.label_data)
        repeated += [f"{place_of(labels.frame_id, name)}: {count} times" for name, count in counts.items() if count > 1]
    note_list(
        report,
        "duplicate_label_id",
        Severity.WARNING,
        "Labels of one frame share an id; all of them were imported.",
        repeated,
        "Give each label of a frame its own label_id.",
    )
    if not_shown:
        report.note(
            "not_shown",
            Severity.INFO,
            "Kinds of data and labels were accepted, and nothing of them is shown.",
            count=sum(not_shown.values()),
            examples=[f"{kind}: {count:,}" for kind, count in sorted(not_shown.items())],
        )


def _compare_frames(
    lookup: FrameLookup, frames: Sequence[InferencesFrame], report: ImportReport, target: Target
) -> None:
    """List the frames that only one side has.

    Raises:
        InputError: no frame of the inferences is among the labelled ones.
    """
    given = [frame.frame_id for frame in frames]
    unknown = [frame_id for frame_id in given if frame_id not in lookup]
    if given and len(unknown) == len(given):
        raise InputError(
            f"none of the {len(given):,} inference frames is among the labelled frames. The inferences have "
            f"{listed(given)}; the data set has {listed(lookup.frame_ids)}.",
            where=target.origin,
            fix="Give each InferencesFrame the frame_id of its LabeledFrame.",
        )
    note_frames(
        report,
        "inference_frame_unknown",
        Severity.ERROR,
        "Inference frames are not among the labelled frames; their inferences are rejected.",
        unknown,
        "Give each InferencesFrame the frame_id of its LabeledFrame.",
    )
    if not target.adds:
        known = set(given) | set(target.deleted)
        without = [frame_id for frame_id in lookup.frame_ids if frame_id not in known]
        note_frames(
            report,
            "labelled_frame_without_inferences",
            Severity.INFO,
            "Labelled frames have no frame of inferences; they count as frames in which nothing was predicted.",
            without,
        )
