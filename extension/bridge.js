// Runs beside claude.ai's page, in a world of its own: carries facts and drafts, shows the card, probes. It decides nothing.
(() => { "use strict";
  globalThis.understudy?.abort(); // Firefox runs this again in open pages after an update
  const life = (globalThis.understudy = new AbortController());
  document.querySelectorAll("understudy-card").forEach((stale) => stale.remove());
  life.signal.addEventListener("abort", () => hide());
  let asked, draft, last; // one message after another, for facts have an order
  const send = (type, more) => (last = Promise.resolve(last).then(async () => {
    for (let tries = 10; !life.signal.aborted; tries -= 1) {
      try { return await browser.runtime.sendMessage({ type, ...more }); } catch (error) {
        if (!globalThis.browser?.runtime?.id) life.abort(); // updated or removed
        if (tries <= 1 || !String(error?.message).includes("Receiving end does not exist")) return undefined;
      }
      await new Promise((resume) => { setTimeout(resume, 200); });
    }
  }));
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => (data.pop ? asked?.(data) : !life.signal.aborted && data.length <= 65536 && send("fact", { fact: data }));
  window.postMessage("understudy", location.origin, [port2]); // the tap is the only one to see it
  const report = (type) => send(type, { online: navigator.onLine });
  for (const name of ["online", "offline"]) addEventListener(name, () => report("online"), life);
  addEventListener("pageshow", (event) => event.persisted && report("hello"), life);
  report("hello");
  const COMPOSER = '[data-testid="chat-input"], .ProseMirror[role="textbox"]'; // its text is read a moment after the last key
  const written = (box) => [...box.children].map((block) => block.innerText.replace(/\n$/, "")).join("\n");
  const typed = ({ target }) => {
    const box = target.closest?.(COMPOSER);
    clearTimeout(box && draft);
    if (box) draft = setTimeout(() => send("draft", { text: box.value ?? written(box), url: location.href }), 400);
  };
  for (const name of ["input", "keyup", "paste"]) addEventListener(name, typed, { capture: true, signal: life.signal });
  const make = (name, looks, ...children) => {
    const made = Object.assign(document.createElement(name), looks);
    made.append(...children);
    return made;
  };
  // What stands in the page: words and buttons, since when, its close action, where the focus was.
  let said, offered, since, close, back, busy;
  const [words, actions] = [make("div", { role: "status", part: "words" }), make("div", { part: "actions" })];
  const [host, card] = [make("understudy-card"), make("section", { role: "region", ariaLabel: "Understudy" }, words, actions)];
  const root = host.attachShadow({ mode: "closed" });
  root.append(card);
  root.addEventListener("keydown", (event) => event.key === "Escape" && close && act(close, event));
  root.addEventListener("focusin", ({ relatedTarget: from }) => { if (!root.contains(from)) back = from; });
  for (const name of ["keydown", "keypress", "keyup"]) host.addEventListener(name, (event) => event.stopPropagation()); // not for the page
  const hide = () => {
    const held = root.activeElement;
    host.remove(); words.replaceChildren();
    if (held) back?.focus();
    said = offered = close = back = undefined;
  };
  const show = (news) => {
    if (!news) return hide();
    if (!host.isConnected) document.documentElement.append(host); // new, or dropped by a page that rebuilt itself
    card.part = `card ${news.tone}`;
    close = news.actions.find(({ kind }) => kind === "close");
    if (said !== (said = JSON.stringify([news.id, news.title, news.lines]))) {
      const title = make("h2", { part: "title", dir: "auto" }, news.title);
      const lines = news.lines.map((line) => make("p", { part: "line", dir: "auto" }, line));
      setTimeout(() => words.replaceChildren(title, ...lines), 50); // read out, because their place was there before
    }
    if (offered !== (offered = JSON.stringify(news.actions))) {
      const held = [...actions.children].indexOf(root.activeElement);
      actions.replaceChildren(...news.actions.map(button));
      actions.children[held]?.focus({ preventScroll: true }); // the focus was ours
      since = performance.now();
    }
  };
  const button = (action) => {
    const looks = { type: "button", part: `action ${action.kind}`, title: action.note ?? "" };
    return make("button", { ...looks, onclick: (event) => act(action, event) }, action.label);
  };
  // Whether who clicked could see on what: the page may have hidden the card, covered it, or moved it under the hand.
  const seen = (pressed) => {
    const { left, top, width, height } = pressed.getBoundingClientRect();
    const at = (tree) => tree.elementFromPoint(left + width / 2, top + height / 2); // Firefox looks into the tree only
    return at(document) === host && at(root) === pressed && performance.now() - since > 300 &&
      getComputedStyle(host).opacity === "1" && words.checkVisibility({ visibilityProperty: true });
  };
  const act = async ({ act: wanted, label, kind }, { isTrusted, currentTarget: pressed }) => {
    if (!isTrusted || busy || (kind !== "close" && !seen(pressed))) return;
    busy = true; // a double click is one click
    if (kind === "close") hide();
    // A prompt goes to the clipboard first, while the click is fresh and no other tab is in front.
    const { copy } = (wanted.entry && await send("act", { act: { act: "copy", entry: wanted.entry } })) || {};
    const copied = copy !== undefined && await navigator.clipboard.writeText(copy).then(() => true, () => false);
    if (wanted.act === "copy") pressed.textContent = `${copied ? "✓" : "✗"} ${label}`;
    else await send("act", { act: { ...wanted, copied } });
    busy = false;
  };
  // One look whether this site answers; how, webRequest sees. The body is not fetched.
  const looks = () => ({ mode: "same-origin", redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(5000) });
  browser.runtime.onMessage.addListener(({ type, card: news, path }, { id }) => {
    if (id !== browser.runtime.id || life.signal.aborted) return undefined;
    if (type === "card") show(news);
    if (type === "probe") fetch(path, looks()).then(({ body }) => body?.cancel()).catch(() => {});
    return type === "context" ? new Promise((told) => { asked = told; port1.postMessage(""); }) : undefined;
  });
})();
