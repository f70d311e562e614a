"""The front door: the ASGI application that ``streamlit run app.py`` and ``predscope view`` serve.

The Streamlit script itself is ``components/shell.py``: a script that stands beside ``pages/`` would fall into
Streamlit's older page discovery, which breaks cold deep links.
"""

import streamlit as st

from components.failures import show_failure
from components.routes import MIDDLEWARE, ROUTES
from components.warm_up import warm_up_with_server

app = st.App(
    "components/shell.py",
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=warm_up_with_server,
    on_script_error=show_failure,
)

if __name__ == "__main__":
    app.run()
