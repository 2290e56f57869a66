// The background: a service worker in Chrome, an event page in Firefox. Either may die between any two events, so every
// listener stands before the first turn ends. Events go to wasm one after another; what they mean is decided there.
import init, { Background, renew } from "./wasm/background.js";
import words from "./words.js";
const { alarms, commands, permissions, runtime, scripting, sidePanel, storage, tabs, webRequest } = browser;
const CLAUDE = { urls: ["https://claude.ai/*"] };
const LIMIT = 20000; // ms: a healthy event takes a few; one that never ends must not hold up the others for ever
let background, fail = () => {}, last = Promise.resolve();
async function handle(name, args, tries = 3) {
  const [trap, timer] = [new Promise((_, reject) => { fail = reject; }), setTimeout(fail, LIMIT)];
  try {
    background ??= init({ module_or_path: new URL("wasm/background_bg.wasm", import.meta.url) }).then(() => words()).then(() => Background.start(hand));
    return await Promise.race([trap, background.then((instance) => instance.event(name, args))]);
  } catch {
    // The instance is poisoned, and what it was told, a prompt perhaps, goes to a fresh one, made from the stored snapshot.
    // If it is the snapshot that does it, it goes, and the event to one more; saved prompts are not in it.
    try { background = undefined; renew(); } catch {}
    if (tries === 2) await storage.session.remove("engine").catch(() => {});
    return tries > 1 ? handle(name, args, tries - 1) : undefined;
  } finally { clearTimeout(timer); }
}
const hand = (name, ...args) => (last = last.then(() => handle(name, args)));
const on = (event, name, ...filter) => event.addListener((...args) => hand(name, ...args), ...filter);
on(webRequest.onBeforeRequest, "started", CLAUDE, ["requestBody"]);
on(webRequest.onHeadersReceived, "headers", CLAUDE, ["responseHeaders"]);
on(webRequest.onCompleted, "done", CLAUDE);
on(webRequest.onErrorOccurred, "failed", CLAUDE);
const clicked = () => hand("notice"), noticed = () => browser.notifications?.onClicked.addListener(clicked); // missing until allowed
noticed(), permissions.onAdded.addListener(noticed);
const { onAlarm } = alarms, { onInstalled, onMessage, onStartup } = runtime, { onAdded, onRemoved } = permissions;
const plain = { message: [onMessage], permissions: [onAdded, onRemoved], "tab-closed": [tabs.onRemoved], tick: [onAlarm, onInstalled, onStartup] };
for (const [name, events] of Object.entries(plain)) for (const event of events) on(event, name);
commands?.onCommand.addListener((name, tab) => (name === "open-panel" ? sidePanel.open({ windowId: tab.windowId }) : hand("command", name)));
// Every page of every tab comes by here: wasm is not started for it, unless a handoff was begun since the browser was.
tabs.onUpdated.addListener(async (tab, { status }) => {
  if (status === "complete" && (background || (await storage.session.get("handoff")).handoff)) hand("tab-complete", tab);
});
// A page that was open before gets its scripts here, if the browser has not given them to it: Chrome does not.
runtime.onInstalled.addListener(async ({ reason }) => {
  if (reason === "install" && !Object.keys(await storage.local.get(null)).length) tabs.create({ url: runtime.getURL("welcome.html") });
  for (const { id: tabId } of await tabs.query({ url: CLAUDE.urls, discarded: false })) {
    const add = (files, more) => scripting.executeScript({ target: { tabId }, files, ...more });
    tabs.sendMessage(tabId, {}).catch(() => scripting.insertCSS({ target: { tabId }, files: ["card.css"] })
      .then(() => add(["tap.js"], { world: "MAIN" })).then(() => add(["bridge.js"]))).catch(() => {});
  }
});
self.addEventListener("error", ({ error }) => { if (error instanceof WebAssembly.RuntimeError) fail(); });
