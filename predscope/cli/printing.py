"""``predscope print``: the hashes of classes and frames, by which other programs name them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path


def add_print(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    printing = commands.add_parser(
        "print",
        help="list the hashes of classes and frames",
        description="List the hashes by which Encord Active's importers, and files of every format, may name the "
        "classes and frames of a project.",
    )
    kinds = printing.add_subparsers(title="what to list", metavar="KIND", required=True)
    ontology = kinds.add_parser("ontology", help="classes with their featureNodeHash")
    ontology.set_defaults(command=print_ontology)
    mapping = kinds.add_parser("data-mapping", help="data_hash and file name of each image or video")
    mapping.set_defaults(command=print_data_mapping)
    for parser in (ontology, mapping):
        parser.add_argument("--project", type=Path, metavar="P", help="project folder (default: the one around here)")
        parser.add_argument("--json", action="store_true", help="print JSON")


def print_ontology(arguments: argparse.Namespace) -> int:
    """Print the classes: objects, and classifications of whole frames."""
    from predscope.ontology import read_ontology
    from predscope.project import Project

    project = Project.open(arguments.project) if arguments.project else Project.find()
    ontology = read_ontology(project)
    if arguments.json:
        _print_json(ontology.to_json())
        return 0
    if ontology.objects:
        objects = [(found.entry.name, found.feature_node_hash, found.shape) for found in ontology.objects]
        _print_table("Objects", ("name", "featureNodeHash", "shape"), objects)
    if ontology.classifications:
        options = [
            (option.entry.name, option.hashes.feature_hash, option.hashes.attribute_hash, option.hashes.option_hash)
            for option in ontology.classifications
        ]
        _print_table("Classifications", ("name", "feature_hash", "attribute_hash", "option_hash"), options)
    if not project.classes:
        print("The project has no classes yet. Import labels with: predscope import labels PATH")
    return 0


def print_data_mapping(arguments: argparse.Namespace) -> int:
    """Print the data_hash of each image or video."""
    from predscope.ontology import data_mapping
    from predscope.project import Project

    project = Project.open(arguments.project) if arguments.project else Project.find()
    mapping = data_mapping(project)
    if arguments.json:
        _print_json(mapping)
    else:
        _print_table("Data", ("data_hash", "file name"), list(mapping.items()))
    return 0


def _print_json(content: object) -> None:
    json.dump(content, sys.stdout, indent=2, ensure_ascii=False)
    print()


def _print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(title)
    for row in (heads, *rows):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
