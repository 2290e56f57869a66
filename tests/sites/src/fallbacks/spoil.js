// Ways of writing into a composer that a site does not put up with. `?lab=` names them, each as `no-…`:
// - `no-before-input`, `no-paste`, `no-pm-paste`   such events of a script never reach the editor; a paste by hand does
// - `no-dom`, `no-value`, `no-insert`              what was written so loses its first character and its line breaks a moment later
// - `no-link`                                      the site ignores what its address brings along (see `site.js`)

const A_MOMENT_MS = 60;

/** Calls `work` a moment later: a timer would take a second in a hidden tab. */
function later(work) {
  const { port1, port2 } = new MessageChannel();
  const due = performance.now() + A_MOMENT_MS;
  const next = () => port2.postMessage(null);
  port1.onmessage = () => (performance.now() < due ? next() : work());
  next();
}

/** Spoils the ways that `variants` name, for the editor that `current` gives. */
export function spoil(variants, current) {
  const not = (way) => variants.has(`no-${way}`);
  const swallow = (event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  const byScript = (type, way) =>
    addEventListener(type, (event) => !event.isTrusted && not(way(event)) && swallow(event), { capture: true });
  byScript("beforeinput", () => "before-input");
  byScript("paste", (event) => (event.clipboardData.types.includes("text/html") ? "pm-paste" : "paste"));
  addEventListener("input", (event) => {
    const command = event.isTrusted && event.inputType !== "insertFromPaste";
    const script = !event.isTrusted && ("value" in event.target ? "value" : "dom");
    if (!not(command ? "insert" : script)) return;
    later(() => current().set(current().text().slice(1).replaceAll("\n", " ")));
  });
}
