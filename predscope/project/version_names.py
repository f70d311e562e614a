"""Names for single versions of sets: ``model_a@1`` is version 1 of the set ``model_a``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from predscope.schema import Role

VERSION_MARK: Final = "@"
_VERSION_NAME: Final = re.compile(r"(.+)@([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class OpenedVersion:
    """A version of a set, looked at beside the newest ones.

    Attributes:
        role, set_name: of the set.
        version: its number.
    """

    role: Role
    set_name: str
    version: int

    @property
    def name(self) -> str:
        """The name under which it stands beside the sets: ``model_a@1``."""
        return version_name(self.set_name, self.version)


def version_name(set_name: str, version: int) -> str:
    """``model_a@1``."""
    return f"{set_name}{VERSION_MARK}{version}"


def parse_version_name(name: str) -> tuple[str, int] | None:
    """Name of the set and number of the version; None for a text that is no name of a version."""
    match = _VERSION_NAME.fullmatch(name)
    return None if match is None else (match[1], int(match[2]))
