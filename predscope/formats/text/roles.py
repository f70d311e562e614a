"""Whether rows of text are labels or predictions, told by whether they have a confidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from predscope.errors import FileParsingError
from predscope.schema import Role


def check_role(has_confidence: Sequence[bool], role: Role, file: Path, *, without: str, with_it: str) -> None:
    """Refuse rows that cannot be what the caller takes them for.

    Args:
        has_confidence: of some of the rows.
        role: what they are taken for.
        file: where they stand.
        without, with_it: what rows without, and with, a confidence look like in this format.

    Raises:
        FileParsingError: predictions of which none has a confidence, or labels of which all have one.
    """
    if role == "predictions" and has_confidence and not any(has_confidence):
        raise FileParsingError(
            f"{without}: there is no confidence, so these are labels, not predictions.",
            where=file,
            fix="Import it with `predscope import labels`, or write the confidences.",
        )
    if role == "labels" and has_confidence and all(has_confidence):
        raise FileParsingError(
            f"{with_it} is a confidence, so these are predictions, not labels.",
            where=file,
            fix="Import it with `predscope import predictions`.",
        )
