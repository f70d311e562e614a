"""Saved views: pages of the app with their filters, kept in the project under names that people give them."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from predscope.errors import InputError, ProjectError
from predscope.project.manifest import now
from predscope.project.project import Project
from predscope.project.saved_database import DATABASE_NAME, damaged, reading, writing

MAX_NAME_LENGTH: Final = 80
MAX_SENTENCE_LENGTH: Final = 1000
MAX_PARAMS_LENGTH: Final = 20_000
"""Characters of the parameters as JSON; addresses of that length still work everywhere."""

Params = Mapping[str, str | Sequence[str]]
_PAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


class NameTakenError(InputError):
    """There is a saved view of that name already; ``view`` is that one."""

    def __init__(self, view: SavedView) -> None:
        super().__init__(
            f"something is saved as {view.name!r} already.", fix="Choose another name, or replace what is there."
        )
        self.view = view


@dataclass(frozen=True, slots=True)
class SavedView:
    """A page of the app with its filters.

    Attributes:
        name: 1 to 80 printable characters; no two views have the same one, whatever its case.
        page: path of the page, such as "Objects".
        params: of the page's address: a text, or a list of texts, by name; as ``ObjectQuery.to_params`` gives them.
        sentence: what it showed when it was saved, in words; "" if nothing was said.
        created: when it was saved first, ISO 8601, UTC.
    """

    name: str
    page: str
    params: dict[str, str | list[str]]
    sentence: str
    created: str


def save_view(
    project: Project,
    name: str,
    page: str,
    params: Params,
    *,
    sentence: str = "",
    replace: bool = False,
    created: str | None = None,
) -> SavedView:
    """Save a view; it is on disk when this returns.

    Args:
        params: query parameters of the page's address.
        replace: whether to put it in the place of one of the same name.
        created: of a view that is put back; None: now.

    Raises:
        NameTakenError: there is one of that name, and it is not to be replaced.
        InputError: the name, the page or the parameters cannot be used.
        ProjectError: nothing can be saved in this folder.
    """
    kept = {key: value if isinstance(value, str) else list(value) for key, value in params.items()}
    cleaned = check_view_name(name)
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if not _PAGE.fullmatch(page):
        raise InputError(f"a saved view must name a page of the app such as 'Objects', got {page[:40]!r}.")
    if not _are_params(kept) or len(text) > MAX_PARAMS_LENGTH or not _can_be_stored(text):
        raise InputError(
            f"the filters cannot be saved: expected texts by name, at most {MAX_PARAMS_LENGTH:,} characters in all, "
            f"got {len(text):,}.",
            fix="Remove some of them.",
        )
    words = "".join(c for c in " ".join(sentence.split()) if c.isprintable())[:MAX_SENTENCE_LENGTH]
    view = SavedView(cleaned, page, kept, words, now() if created is None else created)
    with writing(project.path) as connection:
        there = _find(project, connection, cleaned)
        if there is not None and not replace:
            raise NameTakenError(there)
        connection.execute(
            "INSERT OR REPLACE INTO view (key, name, page, params, sentence, created) VALUES (?, ?, ?, ?, ?, ?)",
            (_key(cleaned), cleaned, page, text, words, view.created),
        )
    return view


def saved_views(project: Project) -> list[SavedView]:
    """All of them, by name; also what other processes have saved meanwhile.

    Raises:
        ProjectError: what was saved cannot be read.
    """
    with reading(project.path) as connection:
        if connection is None:
            return []
        rows = connection.execute("SELECT name, page, params, sentence, created FROM view ORDER BY key").fetchall()
    return [_view(project, row) for row in rows]


def rename_view(project: Project, name: str, new_name: str) -> SavedView:
    """Give a saved view another name.

    Raises:
        NameTakenError: another view has that name.
        InputError: the new name cannot be used.
        ProjectError: there is no such view (any more), or nothing can be saved in this folder.
    """
    cleaned = check_view_name(new_name)
    with writing(project.path) as connection:
        view = _existing(project, connection, name)
        other = _find(project, connection, cleaned)
        if other is not None and other.name != view.name:
            raise NameTakenError(other)
        connection.execute("UPDATE view SET key = ?, name = ? WHERE key = ?", (_key(cleaned), cleaned, _key(view.name)))
    return SavedView(cleaned, view.page, view.params, view.sentence, view.created)


def delete_view(project: Project, name: str) -> SavedView:
    """Delete a saved view; ``save_view`` of what comes back puts it back.

    Raises:
        ProjectError: there is no such view (any more), or nothing can be changed in this folder.
    """
    with writing(project.path) as connection:
        view = _existing(project, connection, name)
        connection.execute("DELETE FROM view WHERE key = ?", (_key(view.name),))
    return view


def check_view_name(name: str) -> str:
    """A name with single spaces and none around it.

    Raises:
        InputError: empty, too long, or with characters that cannot be shown.
    """
    cleaned = unicodedata.normalize("NFC", " ".join(name.split()))
    if not cleaned:
        raise InputError("the name is empty.", fix=f"Give it 1 to {MAX_NAME_LENGTH} characters.")
    if len(cleaned) > MAX_NAME_LENGTH:
        raise InputError(f"the name has {len(cleaned)} characters, of {MAX_NAME_LENGTH} at most.", fix="Shorten it.")
    unseen = next((character for character in cleaned if not character.isprintable()), None)
    if unseen is not None:
        raise InputError(f"the name holds {unseen!a}, which cannot be shown.", fix="Remove that character.")
    return cleaned


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _find(project: Project, connection: sqlite3.Connection, name: str) -> SavedView | None:
    row = connection.execute(
        "SELECT name, page, params, sentence, created FROM view WHERE key = ?", (_key(name),)
    ).fetchone()
    return None if row is None else _view(project, row)


def _existing(project: Project, connection: sqlite3.Connection, name: str) -> SavedView:
    view = _find(project, connection, name)
    if view is None:
        raise ProjectError(f"{project.path}: nothing is saved as {name!r} (any more).")
    return view


def _view(project: Project, row: tuple[object, ...]) -> SavedView:
    """A row of the table; other programs may have written it."""
    name, page, text, sentence, created = row
    try:
        params = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        params = None
    is_text = isinstance(name, str) and isinstance(page, str) and isinstance(sentence, str) and isinstance(created, str)
    if not is_text or not _PAGE.fullmatch(str(page)) or not _are_params(params):
        raise damaged(project.path / DATABASE_NAME, f"the view {str(name)[:40]!r} makes no sense")
    return SavedView(str(name), str(page), params, str(sentence), str(created))  # type: ignore[arg-type]


def _are_params(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(key, str)
        and (isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value)))
        for key, value in found.items()
    )


def _can_be_stored(text: str) -> bool:
    """SQLite keeps UTF-8, which has no halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
