// A page of claude.ai as the tap sees one: the real tap.js, run in a context of its own with Node's real Response, streams,
// TextDecoder and MessageChannel. Only the network is a stand-in: `answer` says what the page's own `fetch` does.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { MessageChannel } from "node:worker_threads";

const TAP = readFileSync(new URL("../../extension/tap.js", import.meta.url), "utf8");

class Navigator {
  get onLine() {
    return true;
  }
}

// Loads the tap; `before` may damage what it is going to capture, `answer` is the fetch of the page.
export function page({ answer, before = () => {} }) {
  const window = new EventTarget();
  const context = {
    window, performance, setInterval, clearInterval, setTimeout, URL, Request, Response, Headers, TextDecoder, ReadableStream,
    ReadableStreamDefaultReader, AbortSignal, EventTarget, Navigator, console,
    MessagePort: MessageChannel.prototype.constructor === MessageChannel ? new MessageChannel().port1.constructor : undefined,
    navigator: new Navigator(),
    document: { baseURI: "https://claude.ai/new" },
  };
  window.fetch = async function fetch(...args) {
    return answer(...args);
  };
    createContext(context);
  before(context, (code) => runInContext(code, context));
  runInContext(TAP, context);
  return { window, fetch: (...args) => window.fetch(...args), context, run: (code) => runInContext(code, context) };
}

// Hands the tap a port, as the bridge does, and collects every fact that comes out.
export function listen({ window }, marker = "understudy", origin = "https://claude.ai") {
  const { port1, port2 } = new MessageChannel();
  const [facts, kept] = [[], []]; // what is told, and what is told when asked
  port1.on("message", (line) => (typeof line === "string" ? facts.push(JSON.parse(line)) : kept.push(line)));
  port1.unref();
  const event = Object.assign(new Event("message"), { data: marker, origin, ports: [port2] });
  window.dispatchEvent(event);
  return { facts, kept, event, ask: () => port1.postMessage(""), end: () => port1.close(), until: (done) => until(() => done(facts)) };
}

// Waits for a condition, not for a time.
export async function until(condition, tries = 2000) {
  for (let round = 0; round < tries; round += 1) {
    if (condition()) return;
    await new Promise((resume) => { setImmediate(resume); });
  }
  throw new Error("the condition did not come true");
}

// Reads a body chunk by chunk, as a page does that shows an answer while it comes.
export async function readAll({ body }) {
  const chunks = [];
  for (let reader = body.getReader(), step = {}; !step.done;) {
    step = await reader.read();
    if (step.value) chunks.push(step.value);
  }
  return Buffer.concat(chunks);
}

// A response whose body comes in exactly these chunks, and ends, or breaks with `error`.
export function streamed(chunks, { error, ...init } = {}) {
  const rest = [...chunks];
  const body = new ReadableStream({
    pull(controller) {
      if (rest.length > 0) controller.enqueue(rest.shift());
      else if (error) controller.error(error);
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" }, ...init });
}
