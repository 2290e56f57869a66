// Runs in a fallback's page when a handoff comes there: writes the text into its composer, in the one way it is told, and
// reports what stands there afterwards; or hands the last answer back that its user asks for. It never sends anything.
(() => { "use strict";
  if (globalThis.understudyFill?.()) return; // already here, and no leftover of an older version
  globalThis.understudyFill = () => globalThis.browser?.runtime?.id;
  const BLOCK = /^(ADDRESS|ARTICLE|BLOCKQUOTE|DD|DIV|DL|DT|FIGURE|H[1-6]|HR|LI|OL|P|PRE|SECTION|TABLE|TD|TH|TR|UL)$/;
  const [POLL, PAUSE, CALM, HINT] = [50, 30, 400, 60000]; // ms
  const pause = (ms) => new Promise((resume) => { setTimeout(resume, ms); }); // never a frame: they stall in hidden tabs
  const usable = (box) => ("value" in box ? !box.disabled && !box.readOnly : box.isContentEditable) &&
    box.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box.clientHeight > 0;
  const find = (selectors) => selectors.split("\n").flatMap((one) => [...document.querySelectorAll(one)]).find(usable);
  // The text as a reader sees it: one line break between blocks; a `<br>` is one too, unless it only props up its block.
  const read = (box) => {
    if ("value" in box) return box.value;
    const lines = [];
    let line, held = ""; // the open line; a line break that counts once more of its block follows
    const grow = (text, hold) => { [line, held] = [(line ?? "") + held + text, hold]; };
    const end = () => { if (line !== undefined) lines.push(line); [line, held] = [undefined, ""]; };
    const walk = (node) => {
      const block = BLOCK.test(node.nodeName);
      if (block) end();
      const before = lines.length;
      if (node.nodeType === 3 && node.data) grow(node.data, "");
      else if (node.nodeName === "BR") grow("", "\n");
      else node.childNodes.forEach(walk);
      if (block && lines.length === before) line ??= ""; // an empty block is an empty line
      if (block) end();
    };
    box.childNodes.forEach(walk); end();
    return lines.join("\n");
  };
  const same = (one, other) => one.replace(/\n+$/, "") === other.replace(/\n+$/, "");
  // The ways of writing, each as it was measured to work on the editors it is meant for.
  const bubbling = { bubbles: true, cancelable: true, composed: true };
  const fire = (box, type, more) => box.dispatchEvent(new InputEvent(type, { ...bubbling, ...more }));
  const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const paragraph = (line) => { const block = document.createElement("p"); block.append(line || document.createElement("br")); return block; };
  const select = (box) => ("value" in box ? box.select() : getSelection().selectAllChildren(box));
  const paste = async (box, dataType, data) => {
    select(box);
    await pause(PAUSE); // editors learn of a selection a turn later
    const clipboardData = new DataTransfer(); // Chromium reads this one, Firefox `data` and `dataType`
    clipboardData.setData(dataType, data);
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, data, dataType, ...bubbling }));
  };
  const command = (box, name, data) => { select(box); document.execCommand(name, false, data); };
  const WAYS = {
    dom: (box, text) => { box.replaceChildren(...text.split("\n").map(paragraph)); select(box); getSelection().collapseToEnd(); },
    value: (box, text) => { box.value = text; }, // a setter that the page put over it is in another world
    "before-input": (box, data) => { select(box); fire(box, "beforeinput", { inputType: "insertText", data }); },
    paste: (box, text) => paste(box, "text/plain", text),
    "pm-paste": (box, text) =>
      paste(box, "text/html", `<p data-pm-slice="0 0 []">${text.split("\n").map(escape).join("</p><p>")}</p>`),
    "insert-text": (box, text) => command(box, "insertText", text),
    "insert-html": (box, text) => command(box, "insertHTML", escape(text).replaceAll("\n", "<br>")),
  };
  // One line above the composer, gone with the first input or after a minute. Who types or pastes there needs no more help.
  const hintAt = async ({ selectors, hint, overwrite }) => {
    const [box, host] = [find(selectors), document.createElement("understudy-hint")];
    if (!box) return { outcome: "no-composer" };
    const { left, top } = box.getBoundingClientRect();
    host.style = `all:initial;position:fixed;z-index:2147483647;left:${left}px;top:${Math.max(8, top - 48)}px;padding:8px 14px;
      border-radius:10px;background:#3b4fc4;color:#fff;font:500 14px/1.4 system-ui,sans-serif;max-width:calc(100vw - 2rem)`;
    host.role = "status";
    document.documentElement.append(host);
    setTimeout(() => host.attachShadow({ mode: "closed" }).append(hint), POLL); // read out, because its place was there before
    box.focus(); if (overwrite) select(box); // what a failed attempt has left gives way to what is pasted
    const touched = new Promise((end) => { box.addEventListener("input", end, { once: true }); });
    const over = (outcome) => () => { host.remove(); return { outcome }; };
    return Promise.race([touched.then(over("occupied")), pause(HINT).then(over("written"))]);
  };
  const fill = async ({ selectors, technique, text, appearMs, settleMs, overwrite }) => {
    let box;
    for (const asked = Date.now(); !(box = find(selectors)); await pause(POLL)) {
      if (Date.now() - asked > appearMs) return { outcome: "no-composer" };
    }
    const written = (stands, since) => ({ outcome: "written", read: stands, tookMs: Date.now() - since });
    if (!overwrite && read(box).trim() && !same(read(box), text)) return { outcome: "occupied" };
    // A page that comes alive late replaces or empties its composer: only what still stands after a while counts, and what
    // vanished is written again, at most twice. Anything else that stands there is reported, not mended.
    const began = Date.now();
    for (let writes = 0, into, equal = 0; ; await pause(POLL)) {
      box = find(selectors);
      const stands = box ? read(box) : "";
      const vanished = !stands.trim() && (equal || box !== into);
      if (box && same(stands, text)) {
        equal ||= Date.now();
        if (Date.now() - equal >= CALM) return written(stands, began);
      } else if (box && (writes === 0 || (writes < 3 && vanished))) {
        box.focus();
        await WAYS[technique](box, text);
        if (["dom", "value"].includes(technique)) fire(box, "input");
        [writes, into, equal] = [writes + 1, box, same(read(box), text) ? Date.now() : 0];
      } else if (Date.now() - began > settleMs) return written(stands, began);
      else if (stands.trim()) equal = 0;
    }
  };
  let last = Promise.resolve(); // one order after another
  browser.runtime.onMessage.addListener(({ type, order }, { id }) => {
    if (id !== browser.runtime.id || !["fill", "look", "answer"].includes(type)) return undefined;
    if (location.origin !== order.origin) return Promise.resolve({ outcome: "unreachable" }); // this tab has gone elsewhere
    if (type === "look") return Promise.resolve(order.selectors.split("\n").map((one) => Boolean(find(one)))); // self-test
    if (type === "answer") return Promise.resolve(order.selectors.split("\n").map((one) => [...document.querySelectorAll(one)].pop()).find(Boolean)?.innerText);
    return order.hint ? hintAt(order) : (last = last.catch(() => {}).then(() => fill(order)));
  });
})();
