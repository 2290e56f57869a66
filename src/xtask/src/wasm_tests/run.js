// Runs one suite of wasm tests and hands its report to the server: in this page, or in a worker of it. A worker's script is
// this very file.
const inWorker = typeof document === "undefined";
const LIMIT = 60000; // ms: a suite takes one or two seconds
const written = [];

// Called by the page.
export async function suite({ folder, tests, worker, next }) {
  const report = worker ? await inside(folder, tests) : await run(folder, tests);
  await fetch(`${folder}/report`, { method: "POST", body: report });
  if (next) location.replace(next);
}

function inside(folder, tests) {
  return new Promise((report) => {
    const worker = new Worker("/run.js", { type: "module" });
    worker.onmessage = ({ data }) => report(data);
    worker.onerror = ({ message }) => report(`the worker could not start: ${message}`);
    worker.postMessage({ folder, tests });
  });
}

if (inWorker) onmessage = async ({ data }) => postMessage(await run(data.folder, data.tests));

async function run(folder, tests) {
  try {
    const suite = await import(`${folder}/suite.js`);
    // What a test writes into the console is shown with the test, if it fails.
    for (const method of ["debug", "log", "info", "warn", "error"]) {
      console[method] = (...args) => { suite[`__wbgtest_console_${method}`](args); };
    }
    // The harness of wasm-bindgen-test asks for these two.
    globalThis.__wbg_test_invoke = (test) => test();
    globalThis.__wbg_test_output_writeln = (line) => { written.push(line, "\n"); };
    const wasm = await suite.default({ module_or_path: `${folder}/suite_bg.wasm` });
    const end = new Promise((_, reject) => { setTimeout(reject, LIMIT, "a test has not come to its end"); });
    await Promise.race([end, new suite.WasmBindgenTestContext(false).run(tests.map((name) => wasm[name]))]);
  } catch (error) {
    written.push(`the suite broke: ${error} ${error?.stack ?? ""}\n`);
  }
  return (inWorker ? "" : document.getElementById("output").textContent) + written.join("");
}
