// background.js itself: the queue and the recovery. Its wasm is replaced by a module that does what it is told here; the
// real one runs in the browsers' tests.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { until } from "./page.mjs";

const SOURCE = new URL("../../extension/background.js", import.meta.url);
const EVENTS = {
  webRequest: ["onBeforeRequest", "onHeadersReceived", "onCompleted", "onErrorOccurred"],
  runtime: ["onMessage", "onInstalled", "onStartup"],
  permissions: ["onAdded", "onRemoved"],
  tabs: ["onUpdated", "onRemoved"],
  alarms: ["onAlarm"],
  commands: ["onCommand"],
};

// One life of the background, in a fresh module; `wasm` are the exports of wasm/background.js.
async function background(wasm, { handoff, open = [], notices, stored = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "understudy-"));
  mkdirSync(join(folder, "wasm"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const name of ["background.js", "words.js"]) cpSync(new URL(name, SOURCE), join(folder, name));
  writeFileSync(join(folder, "wasm/background.js"), `
    const { init, Background, renew } = globalThis.wasm;
    export { Background, renew };
    export default init;
  `);
  const listeners = {};
  const removed = [];
  const injected = [];
  const opened = [];
  const browser = {
    sidePanel: { open: (place) => { opened.push(place); } },
    runtime: { getURL: (path) => `chrome-extension://own/${path}` },
    i18n: { getMessage: () => "en", getUILanguage: () => "en-US" },
    storage: { local: { get: async () => stored }, session: { remove: async (key) => { removed.push(key); }, get: async (key) => (handoff ? { [key]: handoff } : {}) } },
    scripting: {
      insertCSS: async ({ target, files }) => { injected.push([target.tabId, ...files]); },
      executeScript: async ({ target, files, world }) => { injected.push([target.tabId, ...files, world]); },
    },
    tabs: {
      create: async ({ url }) => { opened.push(url); },
      query: async (asked) => { assert.deepEqual(asked, { url: ["https://claude.ai/*"], discarded: false }); return open; },
      sendMessage: async (id) => { if (!open.find((tab) => tab.id === id).listens) throw new Error("Receiving end does not exist."); },
    },
  };
  for (const [name, events] of Object.entries(EVENTS)) {
    browser[name] = Object.assign(browser[name] ?? {}, Object.fromEntries(events.map((event) => [event, {
      addListener(listener, ...filter) {
        const other = listeners[`${name}.${event}`]?.listener;
        listeners[`${name}.${event}`] = { listener: (...args) => (other?.(...args), listener(...args)), filter };
      },
    }])));
  }
  const clicks = new Set(); // as in a browser, a listener that is there already is not added again
  const allow = () => { browser.notifications = { onClicked: { addListener: (listener) => { clicks.add(listener); } } }; };
  if (notices) allow();
  Object.assign(globalThis, { browser, wasm, self: new EventTarget() });
  await import(pathToFileURL(join(folder, "background.js")));
  rmSync(folder, { recursive: true });
  const fire = (event, ...args) => listeners[event].listener(...args);
  const trap = () => globalThis.self.dispatchEvent(Object.assign(new Event("error"), { error: new WebAssembly.RuntimeError("unreachable") }));
  const click = () => Promise.all([...clicks].map((listener) => listener("understudy")));
  return { listeners, removed, injected, opened, fire, trap, allow, click };
}

// A wasm module whose instances answer events with `answer(instance number, name, args)`.
function instances(answer) {
  const seen = { starts: 0, renewals: 0, events: [] };
  const wasm = {
    init: async () => {},
    renew() { seen.renewals += 1; },
    Background: {
      async start(hand) {
        seen.starts += 1;
        seen.hand = hand;
        const number = seen.starts;
        return { event: async (name, args) => { seen.events.push([number, name]); return answer(number, name, args); } };
      },
    },
  };
  return { seen, wasm };
}

test("every listener stands when the module's first turn is over, though wasm never comes", async () => {
  const { wasm } = instances(() => {});
  const { listeners } = await background({ ...wasm, init: () => new Promise(() => {}) });
  const wanted = Object.entries(EVENTS).flatMap(([name, events]) => events.map((event) => `${name}.${event}`));
  assert.deepEqual(Object.keys(listeners).sort(), wanted.sort());
  for (const event of EVENTS.webRequest) {
    assert.deepEqual(listeners[`webRequest.${event}`].filter[0], { urls: ["https://claude.ai/*"] });
  }
});

test("events wait for wasm, and for each other", async () => {
  let ready, under = 0, most = 0;
  const { seen, wasm } = instances(async () => {
    most = Math.max(most, (under += 1));
    await new Promise((resume) => { setImmediate(resume); });
    under -= 1;
  });
  const { fire } = await background({ ...wasm, init: () => new Promise((resume) => { ready = resume; }) });
  const all = [
    fire("webRequest.onBeforeRequest", {}), fire("webRequest.onHeadersReceived", {}), fire("runtime.onMessage", {}, {}),
    fire("webRequest.onCompleted", {}), fire("alarms.onAlarm", {}), fire("tabs.onRemoved", 1),
  ];
  await until(() => ready);
  assert.deepEqual(seen.events, []);
  ready();
  await Promise.all(all);
  assert.deepEqual(seen.events.map(([, name]) => name), ["started", "headers", "message", "done", "tick", "tab-closed"]);
  assert.equal(most, 1);
  assert.equal(seen.starts, 1);
});

test("a click on a notice is heard from the first turn on, or from the moment when notices are allowed, and once", async () => {
  for (const notices of [true, false]) {
    const { seen, wasm } = instances(() => {});
    const { fire, allow, click } = await background(wasm, { notices });
    if (!notices) allow();
    if (!notices) fire("permissions.onAdded", { permissions: ["notifications"] });
    fire("permissions.onAdded", { origins: ["https://chatgpt.com/*"] });
    await click();
    assert.deepEqual(seen.events.map(([, name]) => name).filter((name) => name === "notice"), ["notice"]);
  }
});

test("a tab that is not complete tells nobody", async () => {
  const { seen, wasm } = instances(() => {});
  const { fire } = await background(wasm, { handoff: "1" });
  await fire("tabs.onUpdated", 3, { status: "loading" });
  await fire("tabs.onUpdated", 3, { title: "x" });
  await fire("tabs.onUpdated", 3, { status: "complete" });
  await fire("alarms.onAlarm", {});
  assert.deepEqual(seen.events.map(([, name]) => name), ["tab-complete", "tick"]);
});

test("a tab that is complete starts wasm only if a handoff may wait for it", async () => {
  const { seen, wasm } = instances(() => {});
  const { fire } = await background(wasm);
  await fire("tabs.onUpdated", 3, { status: "complete" });
  assert.equal(seen.starts, 0);
  await fire("alarms.onAlarm", {});
  await fire("tabs.onUpdated", 3, { status: "complete" });
  await fire("alarms.onAlarm", {});
  assert.deepEqual(seen.events.map(([, name]) => name), ["tick", "tab-complete", "tick"], "when it runs it costs nothing");
});

test("pages that were open before the install get the scripts, in their order; those that have them do not", async () => {
  const { wasm } = instances(() => {});
  const { fire, injected } = await background(wasm, { open: [{ id: 3 }, { id: 4, listens: true }] });
  await fire("runtime.onInstalled", { reason: "install" });
  await until(() => injected.length === 3);
  assert.deepEqual(injected, [[3, "card.css"], [3, "tap.js", "MAIN"], [3, "bridge.js", undefined]]);
});

test("a command of the keyboard is told to wasm; the panel opens at once, for the browser forgets the keys", async () => {
  const { seen, wasm } = instances(() => {});
  const { fire, opened } = await background(wasm);
  fire("commands.onCommand", "open-panel", { id: 3, windowId: 8 });
  assert.deepEqual(opened, [{ windowId: 8 }]);
  await fire("commands.onCommand", "hand-over", { id: 3, windowId: 8 });
  assert.deepEqual(seen.events.map(([, name]) => name), ["command"]);
});

test("the welcome page opens with the first installation and never again", async () => {
  for (const [reason, stored, wanted] of [["install", {}, 1], ["install", { agreed: "" }, 0], ["update", {}, 0], ["browser_update", {}, 0]]) {
    const { wasm } = instances(() => {});
    const { fire, injected, opened } = await background(wasm, { stored, open: [{ id: 3 }] });
    await fire("runtime.onInstalled", { reason });
    await until(() => injected.length === 3);
    assert.deepEqual(opened, Array(wanted).fill("chrome-extension://own/welcome.html"), reason);
  }
});

test("a message gets the reply of wasm; what wasm spawned comes in through the same queue", async () => {
  const { seen, wasm } = instances((number, name, [message]) => (name === "message" ? { copy: message.text } : undefined));
  const { fire } = await background(wasm);
  assert.deepEqual(await fire("runtime.onMessage", { text: "saved" }, {}), { copy: "saved" });
  await seen.hand("filled", "job", null);
  assert.deepEqual(seen.events.at(-1), [1, "filled"]);
});

for (const [kind, hangs, broken] of [
  ["a trap that leaves the promise hanging", true, () => new Promise(() => {})],
  ["an exception", false, () => { throw new WebAssembly.RuntimeError("unreachable"); }],
]) {
  test(`${kind} loses no event: a fresh instance gets it once more, and then those behind it`, async () => {
    const { seen, wasm } = instances((number, name) => (number === 1 && name === "started" ? broken() : `${name} by ${number}`));
    const { fire, trap, removed } = await background(wasm);
    const all = [fire("webRequest.onBeforeRequest", {}), fire("webRequest.onHeadersReceived", {}), fire("webRequest.onCompleted", {})];
    await until(() => seen.events.length >= 1);
    if (hangs) trap();
    assert.deepEqual(await Promise.all(all), ["started by 2", "headers by 2", "done by 2"]);
    assert.deepEqual([seen.starts, seen.renewals, removed], [2, 1, []]);
  });
}

test("an event that no instance survives is let go, and the next one is served", async () => {
  const { seen, wasm } = instances((number, name) => {
    if (name === "started") throw new WebAssembly.RuntimeError("unreachable");
    return name;
  });
  const { fire } = await background(wasm);
  assert.deepEqual(await Promise.all([fire("webRequest.onBeforeRequest", {}), fire("webRequest.onCompleted", {})]), [undefined, "done"]);
  assert.equal(seen.events.length, 4);
});

test("a snapshot that kills every start is let go before the third, and the event is not lost", async () => {
  const { seen, wasm } = instances((number, name) => name);
  const start = wasm.Background.start;
  let tries = 0, gone;
  wasm.Background.start = async (hand) => {
    tries += 1;
    if (!gone().length) throw new WebAssembly.RuntimeError("unreachable");
    return start(hand);
  };
  const { fire, removed } = await background(wasm);
  gone = () => removed;
  assert.equal(await fire("webRequest.onBeforeRequest", {}), "started");
  assert.deepEqual([tries, removed, seen.events], [3, ["engine"], [[1, "started"]]]);
});

test("a wasm that does not load at first costs no event", async () => {
  const { wasm } = instances((number, name) => name);
  let loads = 0;
  const { fire } = await background({ ...wasm, init: async () => { if ((loads += 1) === 1) throw new Error("not now"); } });
  assert.equal(await fire("webRequest.onBeforeRequest", {}), "started");
});

// words.js in a fresh module, where the browser speaks `own` and gives `given`, and the package holds the languages of `files`.
async function worded(own, given, files) {
  const asked = [];
  const i18n = { getUILanguage: () => own, getMessage: (key) => given[key] ?? "" };
  const runtime = { getURL: (path) => { asked.push(path); return `data:application/json,${encodeURIComponent(files[path.split("/")[1]] ?? "")}`; } };
  Object.assign(globalThis, { browser: { i18n, runtime } });
  const { default: words } = await import(`${new URL("words.js", SOURCE)}?${Math.random()}`);
  await words();
  return { asked, say: i18n.getMessage };
}

test("words that the browser gives are left alone", async () => {
  const { asked, say } = await worded("de", { ext_language: "de", k: "Wort" }, {});
  assert.deepEqual([asked, say("k")], [[], "Wort"]);
});

test("words that the browser does not give are read from the package, in the nearest language there is", async () => {
  const file = (k) => JSON.stringify({ ext_language: { message: "?" }, k: { message: k } });
  const files = { en: file("$2 before $1"), de: file("$2 vor $1"), pt_BR: file("$2 antes de $1") };
  for (const [own, said] of [["de", "b vor $2"], ["de-AT", "b vor $2"], ["pt-BR", "b antes de $2"], ["sv", "b before $2"]]) {
    const { say } = await worded(own, {}, files);
    assert.deepEqual([say("k", ["$2", "b"]), say("none", []), say("ext_language")], [said, "", "?"], own);
  }
  const { say } = await worded("sv", {}, {});
  assert.equal(say("k", []), "", "a package without words holds nobody up");
});
