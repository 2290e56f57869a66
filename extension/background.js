// The background: a service worker in Chrome, an event page in Firefox. Either may die between any two events, so every
// listener stands before the first turn ends. Events go to wasm one after another; what they mean is decided there.
import init, { Background, renew } from "./wasm/background.js";

const CLAUDE = { urls: ["https://claude.ai/*"] };
const LIMIT = 20000; // ms: a healthy event takes a few; one that never ends must not hold up the others for ever
let background, fail = () => {}, failures = 0, last = Promise.resolve();
async function handle(name, args) {
  const trap = new Promise((_, reject) => { fail = reject; });
  const timer = setTimeout(fail, LIMIT);
  try {
    background ??= init({ module_or_path: new URL("wasm/background_bg.wasm", import.meta.url) }).then(() => Background.start(hand));
    const reply = await Promise.race([trap, background.then((instance) => instance.event(name, args))]);
    failures = 0;
    return reply;
  } catch {
    // The instance is poisoned: the next event finds a fresh one, made from the stored snapshot. If it is the snapshot that
    // does it, it goes; saved prompts are not in it.
    background = undefined;
    try { renew(); } catch {}
    if (++failures > 2) await browser.storage.session.remove("engine").catch(() => {});
  } finally {
    clearTimeout(timer);
  }
}
const hand = (name, ...args) => (last = last.then(() => handle(name, args)));
const on = (event, name, ...filter) => event.addListener((...args) => hand(name, ...args), ...filter);
on(browser.webRequest.onBeforeRequest, "started", CLAUDE, ["requestBody"]);
on(browser.webRequest.onHeadersReceived, "headers", CLAUDE, ["responseHeaders"]);
on(browser.webRequest.onCompleted, "done", CLAUDE);
on(browser.webRequest.onErrorOccurred, "failed", CLAUDE);
on(browser.runtime.onMessage, "message");
for (const event of [browser.permissions.onAdded, browser.permissions.onRemoved]) on(event, "permissions");
on(browser.tabs.onRemoved, "tab-closed");
browser.tabs.onUpdated.addListener((tab, change) => { if (change.status === "complete") hand("tab-complete", tab); });
for (const event of [browser.alarms.onAlarm, browser.runtime.onInstalled, browser.runtime.onStartup]) on(event, "tick");
self.addEventListener("error", ({ error }) => { if (error instanceof WebAssembly.RuntimeError) fail(); });
