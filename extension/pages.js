// Starts the page named in <html data-page>. Everything a page shows is drawn by wasm/pages; this file only says so
// when that cannot start, or breaks.
import init, { start } from './wasm/pages.js';
function broken(error) {
  console.error('Understudy:', error);
  const [main, line] = ['main', 'p'].map((name) => document.createElement(name));
  main.append(Object.assign(line, { className: 'trouble', role: 'alert', textContent: browser.i18n.getMessage('page_trouble_start') }));
  document.getElementById('page').replaceChildren(main);
}
// A panic inside wasm ends as a RuntimeError, wherever it happened.
for (const name of ['error', 'unhandledrejection']) {
  addEventListener(name, ({ error, reason = error }) => reason instanceof WebAssembly.RuntimeError && broken(reason));
}
init({ module_or_path: new URL('wasm/pages_bg.wasm', import.meta.url) })
  .then(() => start(document.documentElement.dataset.page)).catch(broken);
