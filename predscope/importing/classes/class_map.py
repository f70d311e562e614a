"""A user's own table of which class of the project a class of the file is, written either way round."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from predscope.errors import InputError
from predscope.importing.references import reference_text


def read_class_map(
    class_map: Mapping[Any, Any], project_tokens: Mapping[str, str], file_tokens: Collection[str]
) -> dict[str, str]:
    """Put a class map the right way round.

    Args:
        class_map: class of the project against what stands in the file, or the reverse. On either side a name or an id;
            in place of what stands in the file also a list of several.
        project_tokens: names and ids of the project's classes -> name.
        file_tokens: names and ids that stand in the file.

    Returns:
        What stands in the file -> name of the class. Where both readings fit equally well, the keys are classes.

    Raises:
        InputError: not a mapping of names and ids, or one entry of the file is given two classes.
    """
    if not isinstance(class_map, Mapping):
        raise InputError(f"the class map must be a dictionary, got {type(class_map).__name__}.")
    pairs = [
        (reference_text(key), reference_text(entry))
        for key, value in class_map.items()
        for entry in (value if isinstance(value, list | tuple | set) else [value])
    ]
    forward = sum((key in project_tokens) + (value in file_tokens) for key, value in pairs)
    backward = sum((key in file_tokens) + (value in project_tokens) for key, value in pairs)
    if backward > forward:
        pairs = [(value, key) for key, value in pairs]
    result: dict[str, str] = {}
    for name, token in pairs:
        target = project_tokens.get(name, name)
        if result.setdefault(token, target) != target:
            raise InputError(
                f"the class map gives {token!r} two classes, {result[token]!r} and {target!r}.",
                fix="Give each class of the file one class of the project.",
            )
    return result
