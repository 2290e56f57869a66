// The few lines of DOM help that all stand-in pages share.

/** An element: attributes (or `on…` listeners) and children; `null`, `undefined` and `false` are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The value of a cookie that the page can read. */
export function cookie(name) {
  for (const pair of document.cookie.split("; ")) {
    const cut = pair.indexOf("=");
    if (pair.slice(0, cut) === name) return decodeURIComponent(pair.slice(cut + 1));
  }
  return null;
}

/** The content of a `<meta>` tag that the lab may have filled in. */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content || null;
}
