"""Arguments of the command line, and what becomes of errors: one clear line on stderr and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from predscope import __version__
from predscope.cli.collecting import collecting_rarely
from predscope.cli.corrections import add_correction_options
from predscope.cli.export import add_export
from predscope.cli.output import prepare_output
from predscope.cli.printing import add_print
from predscope.cli.versions import add_versions
from predscope.errors import InputError, PredscopeError, ProjectError, StorageError

EXIT_FAILURE: Final = 1
EXIT_UNUSABLE: Final = 2

_TOP_EPILOG: Final = """\
examples:
  predscope demo
  predscope view --images photos/ --labels instances.json --predictions results.json
  predscope init my-project --images photos/ --labels instances.json
  predscope import predictions results.json --project my-project --name yolo11 --preview-first-frame
  predscope evaluate --labels instances.json --predictions results.json
  predscope export --predictions yolo11 --format coco --output results.json
"""


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, like any other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_UNUSABLE, f"predscope: {message.rstrip('.')}. See: {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 2 unusable input or arguments, 1 any other failure."""
    prepare_output()
    given = sys.argv[1:] if argv is None else argv
    parser = build_parser()
    if not given:
        parser.print_help(sys.stderr)
        return EXIT_UNUSABLE
    arguments = parser.parse_args(given)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except StorageError as error:
        print(f"predscope: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except (InputError, ProjectError) as error:
        print(f"predscope: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    except PredscopeError as error:
        print(f"predscope: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt as interrupt:
        print(f"predscope: {interrupt or 'stopped.'}", file=sys.stderr)
        return EXIT_FAILURE
    except OSError as error:
        print(f"predscope: {error.filename or 'file system'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_FAILURE


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser: argparse.ArgumentParser = OneLineParser(
        prog="predscope",
        description="See labels and model predictions on the images, and learn where the model fails.",
        epilog=_TOP_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"predscope {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_view(commands)
    _add_init(commands)
    _add_import(commands)
    _add_evaluate(commands)
    _add_metrics(commands)
    add_export(commands)
    add_print(commands)
    add_versions(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser("demo", help="build the sample project (once) and open the app")
    _add_server_options(demo)
    demo.set_defaults(command=_run_demo)


def _add_view(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    view = commands.add_parser(
        "view",
        aliases=["visualise"],
        help="open the app on a project, or straight on files",
        description="Open the app on a project (by default the one around this folder), or on images, labels and "
        "predictions that are in no project: those are read once and kept in a cache.",
    )
    view.add_argument("project", nargs="?", type=Path, metavar="PROJECT", help="a project folder")
    view.add_argument(
        "--images", type=Path, metavar="DIR", help="folder of images and videos, or a zip archive; read in place"
    )
    view.add_argument("--labels", type=Path, metavar="PATH", help="labels, in any known format")
    view.add_argument(
        "--predictions",
        action="append",
        default=[],
        metavar="[NAME=]PATH",
        help="predictions, in any known format; may be given several times",
    )
    add_correction_options(view, of="the predictions")
    _add_server_options(view)
    view.set_defaults(command=_run_view)


def _add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = commands.add_parser("init", help="make a project from a folder of images, with labels if there are any")
    init.add_argument("project", type=Path, metavar="PROJECT", help="folder to make")
    init.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder of images and videos, or a zip archive of images; read in place",
    )
    init.add_argument("--labels", type=Path, metavar="PATH", help="labels, in any known format")
    init.set_defaults(command=_run_init)


def _add_import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    importing = commands.add_parser("import", help="add labels or predictions to a project, as a new version")
    kinds = importing.add_subparsers(title="what to import", metavar="KIND", required=True)
    labels = kinds.add_parser("labels", help="ground truth")
    labels.add_argument("--images", type=Path, metavar="DIR", help="folder of images, where the project has none yet")
    predictions = kinds.add_parser("predictions", help="what a model predicted")
    predictions.add_argument(
        "--preview-first-frame", action="store_true", help="show the first frame before anything is published"
    )
    for kind, parser in (("labels", labels), ("predictions", predictions)):
        parser.add_argument("path", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument(
            "--project", type=Path, metavar="P", help="project folder (default: the one around this folder)"
        )
        parser.add_argument("--format", default="auto", metavar="NAME", help="name of the format (default: by content)")
        parser.add_argument(
            "--class-map",
            type=Path,
            metavar="FILE",
            help="JSON: class name against what stands in the file, or reversed",
        )
        parser.add_argument("--name", metavar="N", help="name of the set (default: labels, or the file's name)")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; publish nothing")
        parser.add_argument("--strict", action="store_true", help="publish nothing if any row is rejected")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        add_correction_options(parser)
        parser.set_defaults(command=_run_import, role=kind)


def _add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="compare predictions with labels: AP, precision, recall, F1",
        description="Evaluate a prediction set of a project, or predictions against labels straight from two files, "
        "whose boxes are then taken as they stand. AP and AR are COCO's; precision, recall and F1 are at one "
        "confidence and IoU threshold.",
    )
    evaluate.add_argument("--project", type=Path, metavar="P", help="project folder (default: the one around here)")
    evaluate.add_argument(
        "--predictions", metavar="NAME|PATH", help="a prediction set of the project; with --labels, a file or folder"
    )
    evaluate.add_argument("--labels", type=Path, metavar="PATH", help="labels, in any known format; needs no project")
    evaluate.add_argument(
        "--images", type=Path, metavar="DIR", help="(with --labels) images, where coordinates are fractions"
    )
    evaluate.add_argument(
        "--class-map", type=Path, metavar="FILE", help="(with --labels) JSON: class name against what the file has"
    )
    evaluate.add_argument(
        "--iou-type",
        choices=("bbox", "segm", "boundary", "keypoints", "oriented"),
        default="bbox",
        help="what is compared: boxes, masks, masks and their boundaries, keypoints or oriented boxes (default: bbox)",
    )
    evaluate.add_argument(
        "--protocol",
        choices=("coco", "voc", "voc07"),
        default="coco",
        help="also AP by the rules of Pascal VOC, at the IoU threshold: area under the curve, or 11 points of it",
    )
    evaluate.add_argument(
        "--plus-one",
        action="store_true",
        help="(with voc, voc07) boxes are taken to hold their last pixel too: width = xmax - xmin + 1",
    )
    evaluate.add_argument(
        "--sigmas",
        type=Path,
        metavar="FILE",
        help="(with keypoints) JSON: a sigma for each keypoint, or such lists by class name",
    )
    evaluate.add_argument("--iou", type=float, metavar="T", help="IoU threshold of precision and recall (default: 0.5)")
    evaluate.add_argument("--confidence", type=float, metavar="C", help="confidence threshold (default: 0.1)")
    evaluate.add_argument("--json", action="store_true", help="print all numbers as JSON")
    add_correction_options(evaluate, of="the predictions (with --labels)")
    evaluate.set_defaults(command=_run_evaluate)


def _add_metrics(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    metrics = commands.add_parser(
        "metrics",
        help="measure frames and objects: brightness, crowding, likeness, ...",
        description="Measure images, labels and predictions, so that performance can be looked at against what was "
        "measured. docs/metrics.md defines every metric.",
    )
    kinds = metrics.add_subparsers(title="what to do", metavar="ACTION", required=True)
    listing = kinds.add_parser("list", help="all metrics, with their definitions")
    listing.set_defaults(command=_run_metrics_list)
    running = kinds.add_parser("run", help="compute what is not computed yet")
    running.add_argument("--only", nargs="+", metavar="NAME", help="names of metrics (default: all)")
    running.add_argument(
        "--file", action="append", default=[], type=Path, metavar="FILE.py", help="Python file with metrics of your own"
    )
    running.add_argument("--workers", type=int, default=2, metavar="N", help="processes (default: 2; 0: none but this)")
    running.add_argument(
        "--version",
        action="append",
        default=[],
        metavar="NAME@N",
        help="an old version of a set to be measured, too, such as model_a@1; may be given several times",
    )
    running.set_defaults(command=_run_metrics_run)
    joining = kinds.add_parser("join", help="add columns of a CSV or Parquet file, or embeddings")
    joining.add_argument("path", type=Path, metavar="PATH", help=".csv, .tsv, .parquet, .npy or .npz")
    joining.add_argument(
        "--on", choices=("frame", "label", "prediction"), required=True, help="what the rows are about"
    )
    joining.add_argument("--set", metavar="NAME", help="which labels or predictions (default: the only ones)")
    joining.add_argument("--key", metavar="COLUMN", help="the column that names the frame or object")
    joining.add_argument(
        "--column", action="append", metavar="NAME[=NEW]", help="a column to join; may be given several times"
    )
    joining.set_defaults(command=_run_metrics_join)
    removing = kinds.add_parser("remove", help="take out again what was joined")
    removing.add_argument("name", metavar="NAME", help="a joined metric, or the file name of embeddings")
    removing.set_defaults(command=_run_metrics_remove)
    for parser in (listing, running, joining, removing):
        parser.add_argument("--project", type=Path, metavar="P", help="project folder (default: the one around here)")
    for parser in (listing, running, joining):
        parser.add_argument("--json", action="store_true", help="print JSON")


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8501, help="port (default: 8501, or the next free one)")
    parser.add_argument("--no-browser", action="store_true", help="print the link; open no browser")


# Each command's module is imported when it runs: pandas and Streamlit take longer to import than most commands to run.


def _run_demo(arguments: argparse.Namespace) -> int:
    from predscope.cli.view import demo

    return demo(arguments)


def _run_view(arguments: argparse.Namespace) -> int:
    from predscope.cli.view import view

    return view(arguments)


def _run_init(arguments: argparse.Namespace) -> int:
    with collecting_rarely():
        from predscope.cli.imports import init

        return init(arguments)


def _run_import(arguments: argparse.Namespace) -> int:
    with collecting_rarely():
        from predscope.cli.imports import run_import

        return run_import(arguments)


def _run_evaluate(arguments: argparse.Namespace) -> int:
    with collecting_rarely():
        from predscope.cli.evaluate import evaluate

        return evaluate(arguments)


def _run_metrics_list(arguments: argparse.Namespace) -> int:
    from predscope.cli.metrics import list_metrics

    return list_metrics(arguments)


def _run_metrics_run(arguments: argparse.Namespace) -> int:
    from predscope.cli.metrics import run

    return run(arguments)


def _run_metrics_join(arguments: argparse.Namespace) -> int:
    from predscope.cli.metrics import join

    return join(arguments)


def _run_metrics_remove(arguments: argparse.Namespace) -> int:
    from predscope.cli.metrics import remove

    return remove(arguments)
