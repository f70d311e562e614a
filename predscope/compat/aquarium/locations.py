"""Where the files are that scripts name: paths, ``file://`` URLs, and URLs of which a prefix stands for a folder.

Scripts written for a service in the cloud carry addresses such as ``http://localhost:5000/a.jpg`` or
``gs://bucket/a.jpg``, as it could read no folder. Nothing is ever fetched.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from predscope.errors import InputError

URL_MAP_VARIABLE: Final = "PREDSCOPE_URL_MAP"
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
"""Two letters or more: one is a drive."""
_FIX: Final = "Write PREFIX=FOLDER, several separated by ';', or a JSON object."


class Locations:
    """Finds the files of addresses.

    Args:
        url_map: folders by the prefix of the URLs that lie in them; the longest prefix that fits counts. The entries
            of the environment variable ``PREDSCOPE_URL_MAP`` are added, those given here come first.
    """

    def __init__(self, url_map: Mapping[str, str | os.PathLike[str]] | None = None) -> None:
        entries = _from_environment() | {str(prefix): str(folder) for prefix, folder in (url_map or {}).items()}
        self._folders = {prefix: Path(folder).expanduser().absolute() for prefix, folder in entries.items()}
        self._prefixes = sorted(self._folders, key=len, reverse=True)

    def find(self, address: str) -> Path | None:
        """The file of an address, absolute, whether or not it exists; None for a URL that stands for none."""
        for prefix in self._prefixes:
            if address == prefix or _is_below(address, prefix):
                return self._inside(self._folders[prefix], address[len(prefix) :])
        scheme = _SCHEME.match(address)
        if scheme is None:
            return Path(address).expanduser().absolute()
        if scheme.group(1).lower() != "file":
            return None
        parts = urlsplit(address)
        if parts.netloc not in ("", "localhost"):
            return None
        return Path(url2pathname(parts.path)).absolute()

    @staticmethod
    def _inside(folder: Path, rest: str) -> Path | None:
        """The file below a folder that the rest of a URL names; never one outside of it."""
        name = PurePosixPath(unquote(re.split(r"[?#]", rest, maxsplit=1)[0]).lstrip("/"))
        return None if ".." in name.parts or name.is_absolute() else folder / name


def without_query(address: str) -> str:
    """An address without what may be a signature."""
    return re.split(r"[?#]", address, maxsplit=1)[0] if _SCHEME.match(address) else address


def is_url(address: str) -> bool:
    """Whether an address has a scheme other than ``file``."""
    scheme = _SCHEME.match(address)
    return scheme is not None and scheme.group(1).lower() != "file"


def _is_below(address: str, prefix: str) -> bool:
    """Whether a prefix ends where a part of the address ends."""
    return address.startswith(prefix) and (prefix.endswith("/") or address[len(prefix)] in "/?#")


def _from_environment() -> dict[str, str]:
    text = os.environ.get(URL_MAP_VARIABLE, "").strip()
    if not text:
        return {}
    if text.startswith("{"):
        try:
            entries = json.loads(text)
        except ValueError as error:
            raise InputError(f"it is not JSON ({error}).", where=URL_MAP_VARIABLE, fix=_FIX) from None
        if not all(isinstance(value, str) for value in entries.values()):
            raise InputError("folders must be text.", where=URL_MAP_VARIABLE, fix=_FIX)
        return entries
    found = {}
    for entry in filter(None, map(str.strip, text.split(";"))):
        prefix, separator, folder = entry.rpartition("=")
        if not separator or not prefix or not folder:
            raise InputError(f"{entry!r} names no folder.", where=URL_MAP_VARIABLE, fix=_FIX)
        found[prefix.strip()] = folder.strip()
    return found
