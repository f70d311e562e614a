"""A component's code in the browser, fetched once by address.

What Streamlit is given as a component's JavaScript and CSS travels with every rerun of the page, a hundred kilobytes at
a time. So it is given a loader of a few lines, which fetches the code from this app: the address names its content, and
the browser keeps it, compiled, for ever.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import orjson
import streamlit as st

from components.urls import code_url

__all__ = ["browser_component", "component_code"]

_LOADER: Final = """// Fetches the component's code once; what arrives meanwhile waits for it.
const loaded = import(new URL(ADDRESS, document.baseURI).href);
const mounts = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  let mount = mounts.get(parentElement);
  if (!mount) mounts.set(parentElement, (mount = { newest: null, leave: null, dressed: false }));
  mount.newest = component;
  loaded.then(
    ({ default: draw, style }) => {
      if (mount.newest !== component) return;
      if (!mount.dressed) parentElement.adoptedStyleSheets = [style];
      mount.dressed = true;
      mount.leave = draw(component);
    },
    () => {
      if (mount.newest !== component || parentElement.querySelector(".not-here")) return;
      const note = document.createElement("p");
      note.className = "not-here";
      note.textContent = "This part of the page could not be loaded. Reload the page to try again.";
      parentElement.append(note);
    },
  );
  return () => {
    if (mount.newest !== component) return;
    mounts.delete(parentElement);
    mount.newest = null;
    mount.leave?.();
  };
}
"""
_STYLE: Final = """
const componentStyle = new CSSStyleSheet();
componentStyle.replaceSync(CSS_TEXT);
export { componentStyle as style };
"""

_codes: Final[dict[str, bytes]] = {}


def browser_component(name: str, *, html: str, script: str, style: str = "") -> Any:
    """``st.components.v2.component`` whose code comes by address.

    Args:
        name: of the component; letters, digits and underscores.
        html: of its root.
        script: text of a module without imports; its default export is what Streamlit calls.
        style: CSS for its shadow root; it arrives together with the script.
    """
    code = (script + _STYLE.replace("CSS_TEXT", _as_javascript(style))).encode()
    version = hashlib.blake2b(code, digest_size=8).hexdigest()
    _codes[name] = code
    loader = _LOADER.replace("ADDRESS", _as_javascript(code_url(name, version)))
    return st.components.v2.component(name, html=html, js=loader)


def component_code(name: str) -> bytes | None:
    """The module of a component of this process; None: there is none of that name."""
    return _codes.get(name)


def _as_javascript(text: str) -> str:
    return orjson.dumps(text).decode()
