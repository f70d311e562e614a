// Opening an address of the app in this tab and session, so that one press of Back returns.

/** @param {string} href */
function openAddress(href) {
  history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} })); // Streamlit opens what the address says
}

/**
 * Makes a node a link whose plain click stays in the session.
 * @param {HTMLElement | SVGElement} node an `a`
 */
function followOnClick(node, href) {
  node.setAttribute("href", href);
  node.onclick = (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openAddress(href);
  };
}
