// Starts the page named in <html data-page>. Everything a page shows is drawn by wasm/pages; this file only says so
// when that cannot start, or breaks.
import init, { start } from './wasm/pages.js';

const { page } = document.documentElement.dataset;

function broken(error) {
  console.error('Understudy:', error);
  const line = document.createElement('p');
  line.className = 'trouble';
  line.setAttribute('role', 'alert');
  line.textContent = browser.i18n.getMessage('page_trouble_start');
  const main = document.createElement('main');
  main.append(line);
  document.getElementById('page').replaceChildren(main);
}

// A panic inside wasm ends as a RuntimeError, wherever it happened.
addEventListener('error', (event) => event.error instanceof WebAssembly.RuntimeError && broken(event.error));
addEventListener('unhandledrejection', (event) => event.reason instanceof WebAssembly.RuntimeError && broken(event.reason));

init({ module_or_path: new URL('wasm/pages_bg.wasm', import.meta.url) }).then(() => start(page)).catch(broken);
