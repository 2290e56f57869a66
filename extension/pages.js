// Starts the page named in <html data-page>. All of it is drawn by wasm/pages; this file only says so when that breaks.
import init, { start } from './wasm/pages.js';
import words from './words.js';
function broken(error) {
  console.error('Understudy:', error);
  const [main, line] = ['main', 'p'].map((name) => document.createElement(name));
  const [lang, dir, textContent] = ['ext_language', 'ext_direction', 'page_trouble_start'].map((key) => browser.i18n.getMessage(key));
  main.append(Object.assign(line, { className: 'trouble', role: 'alert', lang, dir, textContent }));
  document.getElementById('page').replaceChildren(main);
}
for (const name of ['error', 'unhandledrejection']) // a panic inside wasm
  addEventListener(name, ({ error, reason = error }) => reason instanceof WebAssembly.RuntimeError && broken(reason));
init({ module_or_path: new URL('wasm/pages_bg.wasm', import.meta.url) }).then(() => words()).then(() => start(document.documentElement.dataset.page)).catch(broken);
