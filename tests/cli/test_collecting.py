"""Commands that read large files look for reference cycles less often, and leave that as they found it."""

from __future__ import annotations

import gc

import pytest

from predscope.cli.collecting import collecting_rarely


def stop_within() -> None:
    with collecting_rarely():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 10_000
        raise ValueError("stopped")


def test_thresholds_are_put_back_after_errors() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="stopped"):
        stop_within()
    assert gc.get_threshold() == before
