"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_DATA = ROOT / "sample_data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real labels and predictions that are too big, or not ours, to be committed; tests skip where they are absent."""
    folder = Path(os.environ.get("PREDSCOPE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set PREDSCOPE_SHARED_DATA)")
    return folder
