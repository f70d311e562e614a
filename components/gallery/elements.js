// Small makings of the gallery: elements, numbers, the clipboard, what the reader prefers.

const ROW_HEIGHTS = { S: 120, M: 180, L: 240 };

function element(name, className = "", text = "") {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function button(className, text, onclick) {
  const node = element("button", className, text);
  node.type = "button";
  node.onclick = onclick;
  return node;
}

const grouped = (count) => wholeNumber.format(count);

/** How this reader likes to see tiles: kept in the browser, no part of a link. */
function readPreferences(storage) {
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem(storage)) ?? {};
  } catch {
    // Storage is switched off, or holds something else: the defaults do.
  }
  return {
    storage,
    size: stored.size in ROW_HEIGHTS ? stored.size : "M",
    confidence: stored.confidence === true,
    hidden: new Set(Array.isArray(stored.hidden) ? stored.hidden : []),
  };
}

function keepPreferences({ storage, size, confidence, hidden }) {
  try {
    localStorage.setItem(storage, JSON.stringify({ size, confidence, hidden: [...hidden] }));
  } catch {
    // Not kept, then.
  }
}

/** Resolves to whether it worked. */
async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }
  // Plain http on another host has no clipboard interface; a selected text area still copies.
  const area = element("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
