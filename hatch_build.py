"""Puts the app (``app.py``, ``pages/``, ``components/``, ``sample_data/``) inside the package of a wheel.

An editable install runs them from the checkout instead, so it gets no copies.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

APP_PARTS = ("app.py", "pages", "components", "sample_data", ".streamlit")


class AppInsidePackage(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            for part in APP_PARTS:
                build_data["force_include"][part] = f"predscope/app/{part}"
