"""``predscope export``: labels or predictions of a project as files that other programs read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from predscope.export import ExportReport
    from predscope.export.images import ImageMode

_FORMATS: Final = ("coco", "coco_predictions", "yolo", "voc", "kitti", "csv", "parquet")
_EPILOG: Final = """\
examples:
  predscope export --labels --format yolo --output for-training --link-images
  predscope export --predictions yolo11 --format coco --output results.json --min-confidence 0.1
  predscope export --predictions yolo11 --outcome fn --format coco --output missed.json
"""


def add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The arguments of the command."""
    parser = commands.add_parser(
        "export",
        help="write labels or predictions, or some of them, as COCO, YOLO, VOC, KITTI, CSV or Parquet",
        description="Write a set of a project, or what filters leave of it, whole or not at all, and say what the "
        "format could not hold.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--project", type=Path, metavar="P", help="project folder (default: the one around here)")
    role = parser.add_mutually_exclusive_group(required=True)
    role.add_argument("--labels", nargs="?", const="", metavar="NAME", help="a label set (default: the first one)")
    role.add_argument("--predictions", metavar="NAME", help="a prediction set")
    parser.add_argument("--format", required=True, metavar="FORMAT", help=f"what to write: {', '.join(_FORMATS)}")
    parser.add_argument(
        "--output", required=True, type=Path, metavar="PATH", help="file or folder to write, as the format needs"
    )
    parser.add_argument("--version", type=int, metavar="N", help="a version of the set (default: the newest)")
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="objects of these classes alone")
    parser.add_argument("--min-confidence", type=float, metavar="C", help="predictions at or above this confidence")
    parser.add_argument(
        "--frames",
        nargs="+",
        metavar="FILE|ID",
        help="these frames alone: ids or file names, or a file with one a line",
    )
    parser.add_argument(
        "--view", "--slice", dest="view", metavar="NAME", help="the frames or objects of a saved view of the project"
    )
    parser.add_argument(
        "--outcome",
        choices=("tp", "fp", "fn"),
        help="objects of this outcome at the operating point; fn of predictions are the labels that they missed",
    )
    parser.add_argument("--against", metavar="NAME", help="(with --outcome) the set that is compared with")
    images = parser.add_mutually_exclusive_group()
    images.add_argument("--copy-images", action="store_true", help="copy the images beside; the output is a folder")
    images.add_argument("--link-images", action="store_true", help="link to the images; the output is a folder")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier export")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from predscope.export import export_objects
    from predscope.export.selection import read_frame_list
    from predscope.project import Project

    project = Project.open(arguments.project) if arguments.project else Project.find()
    frames = arguments.frames
    if frames is not None and len(frames) == 1 and Path(frames[0]).is_file():
        frames = read_frame_list(Path(frames[0]))
    images: ImageMode = "copy" if arguments.copy_images else "link" if arguments.link_images else "none"
    report = export_objects(
        project,
        arguments.output,
        role="labels" if arguments.predictions is None else "predictions",
        name=arguments.labels or arguments.predictions or None,
        format=arguments.format,
        version=arguments.version,
        classes=arguments.classes,
        min_confidence=arguments.min_confidence,
        frames=frames,
        view=arguments.view,
        outcome=arguments.outcome,
        against=arguments.against,
        images=images,
        overwrite=arguments.overwrite,
    )
    if arguments.json:
        json.dump(report.to_json(), sys.stdout, indent=2)
        print()
    else:
        print("\n".join(report_lines(report)))
    return 0


def report_lines(report: ExportReport) -> list[str]:
    """What was written, in words."""
    images = f", {report.images:,} images" if report.images else ""
    lines = [
        f"{report.path}: {report.objects:,} objects of {report.role} {report.name!r} version {report.version} "
        f"in {report.frames:,} frames{images} ({report.format})"
    ]
    if report.left_out:
        lines.append(f"  left out: {report.left_out:,} objects")
    for loss in report.losses.values():
        examples = f" ({', '.join(loss.examples[:3])})" if loss.examples else ""
        lines.append(f"  {loss.code}: {loss.count:,}. {loss.message}{examples}")
    return lines
