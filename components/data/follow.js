// What a plain click on a link of these components does: Python opens the page, in this session.

/**
 * @param {HTMLElement | SVGElement} node an `a`
 * @param {(href: string) => void} open
 */
function followOnClick(node, href, open) {
  node.setAttribute("href", href);
  node.onclick = (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const target = new URL(href, location.href);
    // Streamlit notes the parameters on this page before it adds the entry of the other: with them there already, one
    // step back returns. A link to this very page is a step of its own.
    if (target.pathname !== location.pathname) history.replaceState(history.state, "", location.pathname + target.search);
    open(href);
  };
}
