"""Making a project out of an images folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from predscope.errors import InputError, ProjectError
from predscope.media import ImageInfo, ImageListing, list_images, scan_images
from predscope.project.durable import check_place
from predscope.project.frames import FrameDraft
from predscope.project.manifest import MANIFEST_NAME, Manifest, portable_images_root
from predscope.project.own_folders import own_folders
from predscope.project.publishing import create
from predscope.schema import FRAME_SCHEMA

Progress = Callable[[int, int, str], None]


def create_project(
    path: Path,
    images: Path | None,
    *,
    name: str | None,
    progress: Progress | None,
    on_images: Callable[[ImageListing, list[ImageInfo]], None] | None,
) -> Manifest:
    """Make a project; where that fails, nothing of it is left. Arguments and errors as those of ``Project.create``.

    Args:
        path: of the project, absolute.
        images: the images folder or archive, absolute.
    """
    if (path / MANIFEST_NAME).exists():
        raise ProjectError(f"{path}: there is a project here already. Open it, or choose another folder.")
    check_place(path)
    draft = FrameDraft(FRAME_SCHEMA.empty_table())
    if images is not None:
        listing = list_images(images, exclude=own_folders(path))
        if not listing.paths:
            raise no_images(images, listing)
        infos = scan_images(images, listing.paths, progress=progress)
        if on_images is not None:
            on_images(listing, infos)
        draft.add_images(infos)
        draft.find_sequences(images.stem)
    root = None if images is None else portable_images_root(path, images)
    return create(path, name or path.name or "project", draft.changes(), root)


def no_images(folder: Path, listing: ImageListing) -> InputError:
    """What to say of an images folder in which nothing can be shown."""
    refused = "".join(f" {name}: {why}." for name, why in list(listing.refused.items())[:3])
    found = "it holds nothing that can be read:" + refused if refused else "there is no image in this folder."
    if names := listing.names_not_text:
        found = f"the names of its {len(names):,} images are not UTF-8, such as {names[0]}; rename them."
    return InputError(found, where=folder, fix="Check the path given with --images.")
