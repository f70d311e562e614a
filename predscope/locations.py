"""Where things lie that belong to no project: the app's own files and the cache of quickly made projects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

HOME_VARIABLE: Final = "PREDSCOPE_CACHE"


def app_folder() -> Path:
    """The folder of ``app.py``, ``pages/`` and ``components/``: inside the package of a wheel, else the checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "app"
    return inside if (inside / "app.py").is_file() else package.parent


def sample_data_folder() -> Path:
    """The sample data that travels with the program."""
    return app_folder() / "sample_data"


def cache_folder() -> Path:
    """Projects made from files on the command line; ``PREDSCOPE_CACHE`` names another place. Deletable at any time."""
    return Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_cache_dir("predscope", appauthor=False))
