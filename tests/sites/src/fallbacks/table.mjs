// The stand-ins for the fallback sites: host, name as shown, colours, and the script that plays the site.

export const FALLBACKS = [
  { host: "chatgpt.com", name: "ChatGPT", theme: "chatgpt", entry: "src/fallbacks/chatgpt.js" },
  { host: "gemini.google.com", name: "Gemini", theme: "gemini", entry: "src/fallbacks/gemini.js" },
  { host: "www.perplexity.ai", name: "Perplexity", theme: "perplexity", entry: "src/fallbacks/perplexity.js" },
  { host: "chat.deepseek.com", name: "DeepSeek", theme: "deepseek", entry: "src/fallbacks/deepseek.js" },
  { host: "chat.mistral.ai", name: "Le Chat", theme: "mistral", entry: "src/fallbacks/mistral.js" },
  { host: "grok.com", name: "Grok", theme: "grok", entry: "src/fallbacks/grok.js" },
  { host: "copilot.microsoft.com", name: "Copilot", theme: "copilot", entry: "src/fallbacks/copilot.js" },
];
