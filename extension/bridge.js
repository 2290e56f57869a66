// Runs beside claude.ai's page, in a world of its own: carries facts to the background and shows the card that comes back.
// It knows nothing and decides nothing. The card's look is in card.css.
(() => {
  "use strict";
  const HOST = "understudy-card";
  globalThis.understudy?.abort(); // Firefox runs this again in open pages after an update
  const life = (globalThis.understudy = new AbortController());
  document.querySelectorAll(HOST).forEach((stale) => stale.remove());
  life.signal.addEventListener("abort", () => hide());

  const send = async (message, tries = 10) => {
    try {
      return await browser.runtime.sendMessage(message);
    } catch (error) {
      if (!globalThis.browser?.runtime?.id) return life.abort(); // updated or removed: this page is not ours any more
      if (tries <= 1 || !String(error?.message).includes("Receiving end does not exist")) return undefined;
      return new Promise((answer) => { setTimeout(() => answer(send(message, tries - 1)), 200); });
    }
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => !life.signal.aborted && data.length <= 65536 && send({ type: "fact", fact: data });
  window.postMessage("understudy", location.origin, [port2]); // the tap is the only one to see it
  const report = (type) => send({ type, online: navigator.onLine });
  for (const name of ["online", "offline"]) window.addEventListener(name, () => report("online"), life);
  window.addEventListener("pageshow", (event) => event.persisted && report("hello"), life);
  report("hello");

  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // What stands in the page: its parts, its words and buttons as JSON, its close action, where the focus was before.
  let card, said, offered, close, back, busy;
  const mount = () => {
    const host = element(HOST, {});
    const root = host.attachShadow({ mode: "closed" });
    const [words, actions] = [element("div", { role: "status", part: "words" }), element("div", { part: "actions" })];
    const frame = element("section", { role: "region", "aria-label": "Understudy" }, words, actions);
    root.append(frame);
    root.addEventListener("keydown", (event) => event.key === "Escape" && close && act(close, undefined, event));
    root.addEventListener("focusin", ({ relatedTarget: from }) => { if (!root.contains(from)) back = from; });
    // The page's shortcuts, such as "type anywhere to write", must not answer to keys meant for the card.
    for (const name of ["keydown", "keypress", "keyup"]) host.addEventListener(name, (event) => event.stopPropagation());
    return { host, root, frame, words, actions };
  };
  const hide = () => {
    const held = card?.root.activeElement;
    card?.host.remove();
    if (held) back?.focus();
    card = said = offered = close = back = undefined;
  };
  const show = (news) => {
    if (!news) return hide();
    card ??= mount();
    const { host, root, frame, words, actions } = card;
    if (!host.isConnected) document.documentElement.append(host); // new, or dropped by a page that rebuilt itself
    frame.setAttribute("part", `card ${news.tone}`);
    close = news.actions.find(({ kind }) => kind === "close");
    if (said !== (said = JSON.stringify([news.id, news.title, news.lines]))) {
      const lines = news.lines.map((line) => element("p", { part: "line", dir: "auto" }, line));
      lines.unshift(element("h2", { part: "title", dir: "auto" }, news.title));
      setTimeout(() => words.replaceChildren(...lines), 50); // read out, because their place was there before
    }
    if (offered !== (offered = JSON.stringify(news.actions))) {
      const held = [...actions.children].indexOf(root.activeElement);
      actions.replaceChildren(...news.actions.map(button));
      actions.children[held]?.focus({ preventScroll: true }); // the focus was ours already
    }
  };

  const button = (action) => {
    const { label, kind, note } = action;
    const looks = { type: "button", part: `action ${kind}`, title: note, "aria-label": kind === "close" && label };
    const made = element("button", looks, kind === "close" ? "×" : label);
    made.addEventListener("click", (event) => act(action, made, event));
    return made;
  };
  const act = async (action, pressed, event) => {
    if (!event.isTrusted || busy) return;
    busy = true; // a double click is one click
    if (action.kind === "close") hide();
    const reply = await send({ type: "act", act: action.act });
    busy = false;
    if (typeof reply?.copy !== "string") return;
    await navigator.clipboard.writeText(reply.copy);
    pressed.textContent = `✓ ${action.label}`;
  };

  browser.runtime.onMessage.addListener((message, sender) => {
    if (sender.id === browser.runtime.id && message?.type === "card" && !life.signal.aborted) show(message.card);
  });
})();
