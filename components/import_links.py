"""Links to the Import page, for pages that lack what only an import can bring."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components import urls


def import_links(roles: Iterable[str]) -> None:
    """One link a role, which the Import page then takes the file for if its content does not say it.

    Args:
        roles: "labels", "predictions".
    """
    with st.container(horizontal=True, key="import_links", gap="small"):
        for role in roles:
            st.page_link(
                urls.IMPORT_PAGE,
                label=f"Import {role}",
                icon=":material/add:",
                query_params={"role": role},
                width="content",
            )
