"""Tying the frames of a project to an images folder, and finding what came into it since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from predscope.errors import InputError
from predscope.importing.findings import note
from predscope.importing.names import NameIndex
from predscope.importing.references import share
from predscope.media import ImageInfo, Progress, list_images, scan_images
from predscope.project import Project
from predscope.project.frames import FrameDraft
from predscope.project.manifest import portable_images_root
from predscope.project.project import own_folders
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
        if root is None or not root.is_dir():
            return ImagesFolder(root)
        return ImagesFolder(root, find_new_images=lambda: _new_images(project, root, draft, progress))
    chosen = images.expanduser().resolve()
    listing = list_images(chosen, exclude=own_folders(project.path))
    if listing.links_outside:
        names = listing.links_outside
        note(report, "link_outside_images", count=len(names), examples=names[:5])
    if not listing.paths:
        raise InputError("there is no image in this folder.", where=chosen, fix="Check the path given with --images.")
    known = {path: index for index, path in enumerate(draft.column("image_path")) if path is not None}
    if root is not None and chosen != root and known:
        found = sum(path in known for path in listing.paths)
        if 2 * found < len(known):
            raise InputError(
                f"the images of this project are in {root}, and only {share(found, len(known))} of them are in this "
                "folder too.",
                where=chosen,
                fix="Make another project for other images: predscope init PROJECT --images DIR",
            )
    infos = scan_images(chosen, listing.paths, progress=progress)
    _tie(draft, infos, known)
    return ImagesFolder(chosen, portable_images_root(project.path, chosen) if chosen != root else None)


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


def _new_images(project: Project, root: Path, draft: FrameDraft, progress: Progress | None) -> list[ImageInfo]:
    known = set(draft.column("image_path"))
    listing = list_images(root, exclude=own_folders(project.path))
    return scan_images(root, [path for path in listing.paths if path not in known], progress=progress)
