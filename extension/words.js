// Chromium may give a process of the extension none of its words, from its start on. Then they are read from the package.
const read = (language) => fetch(browser.runtime.getURL(`_locales/${language}/messages.json`)).then((file) => file.json());
export default async ({ i18n } = browser, own = i18n.getUILanguage().replace("-", "_")) => {
  if (i18n.getMessage("ext_language")) return;
  const words = await read(own).catch(() => read(own.slice(0, 2))).catch(() => read("en")).catch(() => ({}));
  i18n.getMessage = (key, args = []) => (words[key]?.message ?? "").replace(/\$(\d)/g, (_, place) => args[place - 1] ?? "");
};
