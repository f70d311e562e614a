"""``predscope init`` and ``predscope import``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from predscope.cli.after_import import MEASURED_FORMATS, describe_measured, measure_imported
from predscope.cli.corrections import read_corrections
from predscope.cli.images_summary import print_images
from predscope.cli.report_text import print_report, report_json
from predscope.cli.terminal import ask_yes_no, can_ask
from predscope.errors import InputError
from predscope.importing import StagedImport, import_labels, stage_labels, stage_predictions
from predscope.media import ImageInfo, ImageListing
from predscope.preview import PREVIEW_FILE_NAME, app_for_preview, preview_first_frame
from predscope.progress import progress_line
from predscope.project import Project
from predscope.project.own_folders import remove_own_files, taking_back_folders


def init(arguments: argparse.Namespace) -> int:
    """Make a project; labels given with it are imported."""
    found: list[tuple[ImageListing, list[ImageInfo]]] = []
    with taking_back_folders(arguments.project.expanduser()):
        with progress_line() as progress:
            project = Project.create(
                arguments.project,
                images=arguments.images,
                progress=progress,
                on_images=lambda listing, infos: found.append((listing, infos)),
            )
        try:
            for listing, infos in found:
                print_images(project, listing, infos)
            if arguments.labels is not None:
                with progress_line() as progress:
                    result = import_labels(project, arguments.labels, progress=progress)
                print_report(result.report, with_flags=False)
        except BaseException:
            remove_own_files(project.path)  # so that the same command can be given again
            raise
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Stage the import, show it if asked, publish it unless it is a dry run."""
    project = Project.open(arguments.project) if arguments.project else Project.find()
    with _before_publishing(), progress_line(is_wanted=not arguments.json) as progress:
        staged = _stage(project, arguments, progress)
    try:
        publish = not arguments.dry_run
        extra: dict[str, Any] = {}
        if getattr(arguments, "preview_first_frame", False):
            with _before_publishing():
                accepted, extra = _preview(project, staged, arguments)
            publish = publish and accepted
        if publish:
            result = staged.publish()
            extra = {"name": result.name, "version": result.version, **extra}
        else:
            extra = {"name": staged.name, "version": None, **extra}
    finally:
        staged.discard()
    is_measured = publish and staged.report.format in MEASURED_FORMATS
    if is_measured and arguments.json:
        extra["metrics"] = measure_imported(result.project)
    _print_outcome(staged, extra, arguments, published=publish)
    if is_measured and not arguments.json and (measured := measure_imported(result.project)) is not None:
        print(describe_measured(measured))
    return 0


@contextmanager
def _before_publishing() -> Iterator[None]:
    """Who stops the import here is told that nothing has changed."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; nothing was published.") from None


def _stage(project: Project, arguments: argparse.Namespace, progress: Any) -> StagedImport:
    common = {
        "format": arguments.format,
        "class_map": read_class_map(arguments.class_map),
        "corrections": read_corrections(arguments),
        "strict": arguments.strict,
        "dry_run": arguments.dry_run,
        "progress": progress,
    }
    if arguments.role == "labels":
        name = arguments.name or "labels"
        return stage_labels(project, arguments.path, name=name, images=arguments.images, **common)
    return stage_predictions(project, arguments.path, name=arguments.name, **common)


def _preview(project: Project, staged: StagedImport, arguments: argparse.Namespace) -> tuple[bool, dict[str, Any]]:
    """Show the first frame; returns whether to go on, and what to add to the JSON output.

    On a terminal the page is opened and the question asked; elsewhere the frame is written as PNG beside the report,
    and nothing waits.
    """
    if can_ask() and not arguments.json and staged.is_in_project:
        with app_for_preview(project) as app:
            shown = preview_first_frame(project, staged, app=app)
            print(f"First frame, {shown.frame_id}: {shown.link}", flush=True)
            return ask_yes_no("Import these predictions?"), {"preview_link": shown.link}
    shown = preview_first_frame(project, staged, start=False)
    path = shown.save(staged.report_folder / PREVIEW_FILE_NAME)
    return True, {"preview_image": str(path), "preview_link": shown.link}


def _print_outcome(
    staged: StagedImport, extra: dict[str, Any], arguments: argparse.Namespace, *, published: bool
) -> None:
    if arguments.json:
        json.dump({**report_json(staged.report), "published": published, **extra}, sys.stdout, indent=2)
        print()
        return
    print_report(staged.report)
    if published:
        print(f"Published as version {extra['version']} of {arguments.role} {extra['name']!r}.")
    else:
        print("Nothing was published.")
    if image := extra.get("preview_image"):
        print(f"First frame: {image}")


def read_class_map(path: Path | None) -> dict[str, Any] | None:
    """The JSON object given with ``--class-map``; None without one."""
    if path is None:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"the class map cannot be read ({error}).", where=path, fix="It must be a JSON object."
        ) from None
    if not isinstance(content, dict):
        raise InputError(
            f"the class map must be a JSON object, got {type(content).__name__}.",
            where=path,
            fix='Write it as {"car": 3, "person": 1}.',
        )
    return content
