// Runs beside claude.ai's page, in a world of its own: carries facts to the background and shows the card that comes back.
// It knows nothing and decides nothing. Its look is in card.css.
(() => {
  "use strict";
  globalThis.understudy?.abort(); // Firefox runs this again in open pages after an update
  const { signal } = (globalThis.understudy = new AbortController());
  const HOST = "understudy-card";
  document.querySelectorAll(HOST).forEach((stale) => stale.remove());

  const send = async (message, tries = 10) => {
    try {
      return await browser.runtime.sendMessage(message);
    } catch (error) {
      if (!globalThis.browser?.runtime?.id) return retire(); // updated or removed: this page is not ours any more
      if (tries <= 1 || !String(error?.message).includes("Receiving end does not exist")) return undefined;
      await new Promise((resume) => { setTimeout(resume, 200); });
      return send(message, tries - 1);
    }
  };
  const retire = () => {
    globalThis.understudy.abort();
    hide();
  };

  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    if (typeof data === "string" && data.length <= 65536 && !signal.aborted) send({ type: "fact", fact: data });
  };
  window.postMessage("understudy", location.origin, [port2]); // the tap is the only one to see it

  const report = (type) => send({ type, online: navigator.onLine });
  report("hello");
  for (const type of ["online", "offline"]) window.addEventListener(type, () => report("online"), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && report("hello"), { signal });

  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // What is on the page now: its parts, its content as JSON, its close action, and where the focus came from.
  let card, said, offered, close, back, busy;

  const mount = () => {
    const host = element(HOST, {});
    const root = host.attachShadow({ mode: "closed" });
    const words = element("div", { role: "status", part: "words" });
    const actions = element("div", { part: "actions" });
    const frame = element("section", { role: "region", "aria-label": "Understudy" }, words, actions);
    root.append(frame);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape" && close) act(close, undefined, event); });
    root.addEventListener("focusin", (event) => { if (!root.contains(event.relatedTarget)) back = event.relatedTarget; });
    // The page's shortcuts, such as "type anywhere to write", must not answer to keys meant for the card.
    for (const type of ["keydown", "keypress", "keyup"]) host.addEventListener(type, (event) => event.stopPropagation());
    // A page that rebuilds itself may drop us. A few times only: nobody wins a quarrel with a page.
    let mounts = 5;
    const keeper = new MutationObserver(() => { if (!host.isConnected && mounts-- > 0) document.documentElement.append(host); });
    keeper.observe(document, { childList: true });
    keeper.observe(document.documentElement, { childList: true });
    document.documentElement.append(host);
    return { host, root, frame, words, actions, keeper };
  };

  const hide = () => {
    const held = card?.root.activeElement;
    card?.keeper.disconnect();
    card?.host.remove();
    if (held) back?.focus();
    card = said = offered = close = back = undefined;
  };

  const show = (news) => {
    if (!news) return hide();
    card ??= mount();
    const { root, frame, words, actions } = card;
    frame.setAttribute("part", `card ${news.tone}`);
    close = news.actions.find(({ kind }) => kind === "close");
    if (said !== (said = JSON.stringify([news.id, news.title, news.lines]))) {
      const lines = [element("h2", { part: "title", dir: "auto" }, news.title)];
      for (const line of news.lines) lines.push(element("p", { part: "line", dir: "auto" }, line));
      setTimeout(() => words.replaceChildren(...lines), 50); // a region is read out only if it was there before its words
    }
    if (offered !== (offered = JSON.stringify(news.actions))) {
      const held = [...actions.children].indexOf(root.activeElement);
      actions.replaceChildren(...news.actions.map(button));
      actions.children[held]?.focus({ preventScroll: true }); // the focus was ours already
    }
  };

  const button = (action) => {
    const cross = action.kind === "close" && { "aria-label": action.label };
    const made = element("button", { type: "button", part: `action ${action.kind}`, title: action.note, ...cross }, cross ? "×" : action.label);
    made.addEventListener("click", (event) => act(action, made, event));
    return made;
  };

  const act = async (action, pressed, event) => {
    if (!event.isTrusted || busy) return;
    busy = true; // a double click is one click
    if (action === close) hide();
    const reply = await send({ type: "act", act: action.act });
    busy = false;
    if (typeof reply?.copy !== "string") return;
    await navigator.clipboard.writeText(reply.copy);
    pressed.textContent = `✓ ${action.label}`;
  };

  browser.runtime.onMessage.addListener((message, sender) => {
    if (sender.id === browser.runtime.id && message?.type === "card" && !signal.aborted) show(message.card);
  });
})();
