// The part of `browser.*` that Understudy calls, for a page that is no extension: the stores hold what they are given, and
// every other call is written down. A test breaks single functions of it in the ways a browser can break them.
((messages) => {
  const listeners = new Set();
  const calls = [];
  const area = () => {
    const items = new Map();
    const told = () => { for (const listener of [...listeners]) listener({}, ""); };
    return {
      get: async (key) => Object.fromEntries([...items].filter(([name]) => key === null || [key].flat().includes(name))),
      set: async (added) => { for (const [name, value] of Object.entries(added)) items.set(name, structuredClone(value)); told(); },
      remove: async (name) => { items.delete(name); told(); },
    };
  };
  const noted = (name, answer) => (...args) => { calls.push(`${name} ${JSON.stringify(args)}`); return answer; };
  const api = {
    storage: {
      session: area(),
      local: { ...area(), setAccessLevel: noted("setAccessLevel", Promise.resolve()) },
      onChanged: { addListener: (listener) => { listeners.add(listener); }, removeListener: (listener) => { listeners.delete(listener); } },
    },
    tabs: {
      create: noted("tabs.create", Promise.resolve({ id: 7 })),
      update: noted("tabs.update", Promise.resolve({ id: 8, windowId: 3 })),
      query: noted("tabs.query", Promise.resolve([{ id: 5, windowId: 2, lastAccessed: 1 }, { id: 6, windowId: 3, lastAccessed: 2 }])),
      getCurrent: noted("tabs.getCurrent", Promise.resolve(undefined)),
      remove: noted("tabs.remove", Promise.resolve(undefined)),
      sendMessage: noted("tabs.sendMessage", Promise.resolve(undefined)),
    },
    windows: { update: noted("windows.update", Promise.resolve({})) },
    notifications: {
      create: noted("notifications.create", Promise.resolve("understudy")),
      clear: noted("notifications.clear", Promise.resolve(true)),
    },
    scripting: { executeScript: noted("executeScript", Promise.resolve([])) },
    alarms: { create: noted("alarms.create", undefined) },
    action: {
      setBadgeText: noted("setBadgeText", Promise.resolve()),
      setBadgeBackgroundColor: noted("setBadgeBackgroundColor", Promise.resolve()),
      setBadgeTextColor: noted("setBadgeTextColor", Promise.resolve()),
      setTitle: noted("setTitle", Promise.resolve()),
    },
    permissions: {
      getAll: async () => ({ permissions: ["storage"], origins: ["https://claude.ai/*"] }),
      contains: noted("permissions.contains", Promise.resolve(true)),
      request: noted("permissions.request", Promise.resolve(true)),
      remove: noted("permissions.remove", Promise.resolve(true)),
    },
    runtime: {
      id: "understudy-under-test",
      getURL: (path) => `chrome-extension://understudy-under-test/${path}`,
      sendMessage: noted("runtime.sendMessage", Promise.resolve(undefined)),
      openOptionsPage: noted("openOptionsPage", Promise.resolve()),
    },
    i18n: {
      getUILanguage: () => "en-US",
      getMessage: (key, args) => (messages[key]?.message ?? "").replace(/\$([1-9])/g, (_, place) => args[place - 1] ?? ""),
    },
  };
  globalThis.browser = api;
  return { api, calls, listeners };
})
