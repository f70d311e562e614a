"""What the documents show is true: snippets run, lists are whole."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from predscope.cli.parser import build_parser
from predscope.formats import readers
from predscope.importing.findings import NOTICES, REJECTIONS, REPAIRS
from tests.cli.in_process import run_here
from tests.conftest import ROOT
from tests.shapes_dataset import ShapesDataset

pytestmark = pytest.mark.long

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = ("make ", "predscope demo", "predscope view")
"""Those start the app: the browser tests and continuous integration run them."""


def blocks(page: Path, language: str) -> list[str]:
    return [body for found, body in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.fixture
def folder_of_the_examples(shapes_dataset: ShapesDataset, tmp_path: Path) -> Path:
    """A folder with the files that the examples name."""
    folder = tmp_path / "examples"
    folder.mkdir()
    shutil.copytree(shapes_dataset.images, folder / "photos")
    shutil.copy(shapes_dataset.labels, folder / "instances.json")
    shutil.copy(shapes_dataset.predictions, folder / "results.json")
    return folder


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def make_example_project(folder: Path) -> None:
    for line in blocks(ROOT / "README.md", "console")[2].splitlines():
        if not line.startswith(NOT_RUN):
            done = run_here(*shlex.split(line)[1:], cwd=folder)
            assert done.returncode == 0, f"{line}: {done.stderr}"


def test_commands_of_the_readme_run(folder_of_the_examples: Path) -> None:
    make_example_project(folder_of_the_examples)
    assert (folder_of_the_examples / "my-project" / "data" / "predictions" / "yolo11" / "1").is_dir()


def test_every_command_line_in_the_documents_is_understood() -> None:
    lines = [line for page in PAGES for block in blocks(page, "console") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("predscope ")]
    assert len(commands) >= 4
    for command in commands:
        build_parser().parse_args(command)


def test_python_of_the_readme_runs(folder_of_the_examples: Path) -> None:
    for code in blocks(ROOT / "README.md", "python"):
        run([sys.executable, "-c", code], folder_of_the_examples)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.name)
def test_python_of_the_documents_runs(page: Path, folder_of_the_examples: Path) -> None:
    code = blocks(page, "python")
    if code:
        make_example_project(folder_of_the_examples)
    for block in code:
        run([sys.executable, "-c", block], folder_of_the_examples)


def test_the_reader_of_the_documents_reads(folder_of_the_examples: Path) -> None:
    (code,) = blocks(ROOT / "docs" / "formats.md", "python")
    (folder_of_the_examples / "points.csv").write_text("image,class,x,y\na.jpg,car,30,40\nb.jpg,person,50,60\n")
    code += (
        "\nfrom predscope import Project, import_labels\nfrom predscope.formats import register\n"
        "register(PointsReader())\nproject = Project.create('points-project', images='photos')\n"
        "report = import_labels(project, 'points.csv').report\n"
        "assert (report.format, report.imported) == ('points', 2)\n"
    )
    run([sys.executable, "-c", code], folder_of_the_examples)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_in_the_documents_is_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


def test_every_finding_is_documented() -> None:
    text = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    missing = [code for code in (*REJECTIONS, *REPAIRS, *NOTICES) if f"`{code}`" not in text]
    assert missing == []


def test_every_format_is_documented() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in readers() if f"| `{name}` |" not in text] == []
    assert set(readers()) >= {"coco", "yolo", "voc", "masks", "classification_csv", "image_folder"}


def test_every_option_is_documented() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z][a-z-]+", build_parser().format_help()))
    imports = ("import labels", "import predictions", "versions", "versions delete")
    for command in ("demo", "view", "init", *imports, "evaluate", "export"):
        done = subprocess.run(
            [sys.executable, "-m", "predscope", *command.split(), "--help"], capture_output=True, text=True, check=True
        )
        options |= set(re.findall(r"--[a-z][a-z-]+", done.stdout))
    missing = [option for option in sorted(options - {"--help", "--version"}) if option not in text]
    assert missing == []


def test_every_key_of_the_viewer_is_documented() -> None:
    script = (ROOT / "components" / "viewer" / "keyboard.js").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "viewer.md").read_text(encoding="utf-8")
    entries = [
        re.search(r'label: "([^"]+)"', line).group(1)
        for line in script.splitlines()
        if 'label: "' in line and "needsOutcomes" not in line
    ]
    assert len(entries) > 15
    table = text[text.index("## Keys") :]
    missing = [label for label in entries if not all(part in table for part in label.split(" or "))]
    assert missing == []


def test_links_between_the_documents_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
