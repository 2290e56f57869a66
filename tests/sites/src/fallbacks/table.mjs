// The stand-ins for the fallback sites: host, name as shown, colours, and the script that plays the site.

export const FALLBACKS = [
  { host: "chatgpt.com", name: "ChatGPT", theme: "mono", entry: "src/fallbacks/chatgpt.js" },
];
