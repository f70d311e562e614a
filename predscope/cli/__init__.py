"""The command line: ``predscope``. Names and options are listed in ``docs/command-line.md``."""

from predscope.cli.parser import main

__all__ = ["main"]
