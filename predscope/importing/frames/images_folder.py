"""Tying the frames of a project to an images folder, and finding what came into it since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from predscope.errors import InputError
from predscope.importing.findings import note
from predscope.importing.frames.names import NameIndex
from predscope.importing.references import share
from predscope.media import ImageInfo, ImageListing, Progress, is_images_root, list_images, locate, scan_images
from predscope.media.naming import containing_file
from predscope.project import Project
from predscope.project.creation import no_images
from predscope.project.frames import FrameDraft
from predscope.project.manifest import portable_images_root
from predscope.project.own_folders import own_folders
from predscope.report import ImportReport


@dataclass(frozen=True, slots=True)
class ImagesFolder:
    """The images folder that an import works with.

    Attributes:
        root: absolute; None where the project has none.
        new_root: as the manifest keeps it, if this import changes it.
        find_new_images: reads the headers of images that no frame has yet; None if that was done just now.
    """

    root: Path | None
    new_root: str | None = None
    find_new_images: Callable[[], list[ImageInfo]] | None = None


def images_of_import(
    project: Project, draft: FrameDraft, images: Path | None, report: ImportReport, progress: Progress | None
) -> ImagesFolder:
    """The images folder of the project, or a new one, whose images become frames of the draft.

    Raises:
        InputError: the folder is missing, empty, or not the one that the project's frames are from.
    """
    root = project.images_root
    if images is None:
        if root is None or not is_images_root(root):
            return ImagesFolder(root)
        return ImagesFolder(root, find_new_images=lambda: _new_images(project, root, draft, report, progress))
    chosen = images.expanduser().resolve()
    listing = list_images(chosen, exclude=own_folders(project.path))
    if not listing.paths:
        raise no_images(chosen, listing)
    known = {path: index for index, path in enumerate(draft.column("image_path")) if path is not None}
    if root is not None and chosen != root and known:
        files = {containing_file(path) for path in known}
        found = sum(path in files for path in listing.paths)
        if 2 * found < len(files):
            raise InputError(
                f"the images of this project are in {root}, and only {share(found, len(files))} of them are in this "
                "folder too.",
                where=chosen,
                fix="Make another project for other images: predscope init PROJECT --images DIR",
            )
    infos = scan_images(chosen, listing.paths, progress=progress)
    remark_on_images(listing, infos, report)
    _tie(draft, infos, known)
    draft.find_sequences(chosen.stem)
    return ImagesFolder(chosen, portable_images_root(project.path, chosen) if chosen != root else None)


def images_of_known_frames(project: Project, root: Path | None) -> ImagesFolder:
    """The images folder that the maker of an import names (None: that of the project); nothing is looked for in it."""
    known = project.images_root
    if root is None or root == known:
        return ImagesFolder(known)
    return ImagesFolder(root, portable_images_root(project.path, root))


def _tie(draft: FrameDraft, infos: list[ImageInfo], known: dict[str, int]) -> None:
    """Give images to the frames they belong to: by their path, else to frames from labels by name; the rest is new."""
    names = NameIndex([info.path for info in infos])
    taken = {info.path for info in infos if info.path in known}
    for info in infos:
        if info.path in known:
            draft.set_image(known[info.path], info)
    for index, (path, file_name) in enumerate(
        zip(draft.column("image_path"), list(draft.column("file_name")), strict=True)
    ):
        if path is None:
            match = names.find(file_name)
            if match.index >= 0 and infos[match.index].path not in taken:
                taken.add(infos[match.index].path)
                draft.set_image(index, infos[match.index])
    draft.add_images(info for info in infos if info.path not in taken)


def _new_images(
    project: Project, root: Path, draft: FrameDraft, report: ImportReport, progress: Progress | None
) -> list[ImageInfo]:
    known = {path: index for index, path in enumerate(draft.column("image_path")) if path is not None}
    unchanged = {containing_file(path) for path in known} - _videos_written_anew(root, draft, known)
    listing = list_images(root, exclude=own_folders(project.path))
    infos = scan_images(root, [path for path in listing.paths if path not in unchanged], progress=progress)
    for info in infos:
        if info.path in known:  # of a video that has grown
            draft.set_image(known[info.path], info)
    infos = [info for info in infos if info.path not in known]
    if infos:
        remark_on_images(listing, infos, report)
    return infos


def _videos_written_anew(root: Path, draft: FrameDraft, known: Mapping[str, int]) -> set[str]:
    """Videos whose file is another than when it was last looked at: they may have more frames now."""
    last = {file: index for path, index in known.items() if (file := containing_file(path)) != path}
    changed = set()
    for file, index in last.items():
        source = locate(root, file)
        try:
            state = None if source is None else source.file.stat()
        except OSError:
            continue
        seen = (draft.value(index, "file_size"), draft.value(index, "modified_ns"))
        if state is not None and (state.st_size, state.st_mtime_ns) != seen:
            changed.add(file)
    return changed


def remark_on_images(listing: ImageListing, infos: Sequence[ImageInfo], report: ImportReport) -> None:
    """Report what an images folder holds that is not as one would expect."""
    if listing.links_outside:
        names = listing.links_outside
        note(report, "link_outside_images", count=len(names), examples=names[:5])
    if names := listing.names_not_text:
        note(report, "name_not_text", count=len(names), examples=names[:5])
    if masks := listing.masks_left_out:
        examples = [f"{name}: {count:,}" for name, count in list(masks.items())[:5]]
        note(report, "masks_beside_images", count=sum(masks.values()), examples=examples)
    if listing.refused:
        examples = [f"{name}: {why}" for name, why in list(listing.refused.items())[:5]]
        note(report, "archive_member_refused", count=len(listing.refused), examples=examples)
    remarks = [info.remark for info in infos if info.remark]
    if remarks:
        note(report, "video_length_differs", count=len(remarks), examples=remarks[:5])
