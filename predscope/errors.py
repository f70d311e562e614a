"""The one exception family of Predscope.

A message says what is wrong, where, what was expected, what was found and how to fix it; the command line prints it as
one line and exits, the app shows it in place. A traceback is only ever shown for a fault of the program itself.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from predscope.short_words import short_words, utf8_text

_REFUSALS: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
    | {errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.ENOTEMPTY}
)


class PredscopeError(Exception):
    """Base of every error that a user can cause and mend."""


class InputError(PredscopeError):
    """Input or arguments that cannot be used (exit code 2).

    Args:
        what: one sentence: what is wrong, what was expected, what was found.
        where: the file, folder, line or index it concerns.
        fix: one sentence that tells how to mend it.
    """

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None) -> None:
        self.what = what = short_words(what)
        self.where = utf8_text(str(where)) if where is not None else None
        self.fix = fix
        text = what if where is None else f"{self.where}: {what}"
        super().__init__(text if fix is None else f"{text} {fix}")


class FileParsingError(InputError):
    """A file whose content is not what its format asks for."""


class ProjectError(PredscopeError):
    """A project folder that is missing, damaged or made by a newer version (exit code 2)."""


class StorageError(ProjectError):
    """The disk or its file system failed, e.g. because it is full, whatever was asked for (exit code 1)."""


def is_refused(error: OSError) -> bool:
    """Whether a file system refuses a place, by its permissions or for what lies there, rather than fail."""
    return error.errno in _REFUSALS
