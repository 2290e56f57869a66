// The tap, against the promises made for it: every way of cutting a stream gives the same facts, no text of an answer
// crosses the port, and whatever breaks inside the tap, the page's own response stays what it was.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { listen, page, streamed, until } from "./page.mjs";

const STREAMS = new URL("../fixtures/streams/", import.meta.url);
const fixtures = readdirSync(STREAMS).filter((name) => name.endsWith(".sse")).map((name) => ({
  name,
  bytes: new Uint8Array(readFileSync(new URL(name, STREAMS))),
  expected: JSON.parse(readFileSync(new URL(name.replace(".sse", ".json"), STREAMS), "utf8")),
}));
// A control event with characters of two, three and four bytes, behind a byte order mark, with all three line ends.
fixtures.push({
  name: "every kind of byte",
  bytes: new TextEncoder().encode('\u{feff}event: error\r\ndata: {"error":{"message":"über – \u{1f9ea}"}}\r\rdata: {"type":"ping"}\n\r\n'),
  expected: { events: 2, never_told: [] },
});
const COMPLETION = "/api/organizations/o/chat_conversations/c/completion";

// One fetch of a stream for each way of cutting it, all in one page: the facts of each, and what the page read.
async function toldOfAll(ways, options) {
  const rest = [...ways];
  const tapped = page({ answer: () => streamed(rest.shift(), options) });
  const port = listen(tapped);
  const bodies = [];
  for (let at = 0; at < ways.length; at += 1) {
    const response = await tapped.fetch(COMPLETION, { method: "POST" });
    bodies.push(response.arrayBuffer().then((buffer) => Buffer.from(buffer), (error) => error));
  }
  const reads = await Promise.all(bodies);
  await port.until((facts) => facts.filter(({ fact }) => fact === "closed").length === ways.length);
  port.end();
  const told = ways.map(() => []);
  for (const fact of port.facts) if (fact.seq) told[fact.seq - 1].push({ ...fact, seq: 1 });
  return told.map((facts, at) => ({ facts, read: reads[at] }));
}
const told = async (chunks, options) => (await toldOfAll([chunks], options))[0];

test("there are streams to test with", () => assert.ok(fixtures.length > 10));

for (const { name, bytes, expected } of fixtures) {
  test(`${name}: every split point gives the same facts, and the page its bytes`, async () => {
    const ways = [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))];
    for (let at = 1; at < bytes.length; at += 1) ways.push([bytes.slice(0, at), bytes.slice(at)]);
    const [whole, ...cut] = await toldOfAll(ways);
    assert.equal(whole.facts.at(-1).events, expected.events, "the events as the standard counts them");
    const same = JSON.stringify(whole.facts);
    for (const [at, { facts, read }] of cut.entries()) {
      if (JSON.stringify(facts) !== same) assert.deepEqual(facts, whole.facts, at ? `cut at ${at}` : "byte by byte");
      assert.ok(read.equals(Buffer.from(bytes)), `the page's bytes, cut at ${at}`);
    }
  });

  test(`${name}: no text of the answer crosses the port`, async () => {
    const { facts } = await told([bytes]);
    const wire = JSON.stringify(facts);
    for (const word of expected.never_told) assert.ok(!wire.includes(word), word);
    for (const { fact, name: kind, data } of facts) {
      if (fact !== "event") continue;
      assert.ok(!/^content_block/.test(kind), kind);
      if (kind === "completion") assert.deepEqual(Object.keys(JSON.parse(data)).filter((key) => !/^(type|stop_reason|messageLimit)$/.test(key)), []);
    }
  });
}

test("the facts of a stream, in their order", async () => {
  const text = 'event: ping\ndata: {"type":"ping"}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta"}\n\n' +
    'data: {"type":"content_block_delta","delta":{"text":"velvet"}}\n\nevent: odd\ndata: velvet is no JSON\n\nevent: folded\ndata: {"a":\ndata:  1}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n';
  const { facts } = await told([new TextEncoder().encode(text)]);
  const url = `https://claude.ai${COMPLETION}`;
  assert.deepEqual(facts, [
    { fact: "stream", seq: 1, method: "POST", url, status: 200 },
    { fact: "event", seq: 1, name: "ping", data: '{"type":"ping"}' },
    { fact: "event", seq: 1, name: "odd", data: "" },
    { fact: "event", seq: 1, name: "folded", data: '{"a":\n 1}' },
    { fact: "event", seq: 1, name: "message_stop", data: '{"type":"message_stop"}' },
    { fact: "closed", seq: 1, events: 6, end: "end" },
  ]);
});

test("a stream that breaks off is told as an error, one that the page gave up as an abort", async () => {
  const chunk = new TextEncoder().encode('event: ping\ndata: {"type":"ping"}\n\n');
  const broken = await told([chunk], { error: new TypeError("network error") });
  assert.equal(broken.facts.at(-1).end, "error");
  assert.ok(broken.read instanceof TypeError, "the page sees the very error");

  const stop = new AbortController();
  const tapped = page({ answer: () => streamed([chunk], { error: new DOMException("stop", "AbortError") }) });
  const port = listen(tapped);
  stop.abort();
  const response = await tapped.fetch(COMPLETION, { method: "POST", signal: stop.signal });
  await assert.rejects(response.text(), { name: "AbortError" });
  await port.until((facts) => facts.some(({ end }) => end === "abort"));
  port.end();
});

test("error bodies are told, at most 4,096 characters of them; fine answers are not", async () => {
  const answers = {
    "/api/a": () => new Response("x".repeat(10_000), { status: 500, headers: { "content-type": "text/plain", "cf-mitigated": "challenge" } }),
    "/api/b": () => Response.json({ fine: true }),
    "/api/c": () => new Response("<html>the user's own page</html>", { headers: { "content-type": "text/html" } }),
    [COMPLETION]: () => new Response("<html>portal</html>", { headers: { "content-type": "text/html" } }),
    "/somewhere": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
  };
  const tapped = page({ answer: (path) => answers[path]() });
  const port = listen(tapped);
  for (const path of Object.keys(answers)) await (await tapped.fetch(path)).text();
  await port.until((facts) => facts.length >= 4);
  port.end();
  const seen = port.facts.slice(1).map(({ seq, status, body, cf_mitigated }) => ({ seq, status, body: body.length, cf_mitigated }));
  assert.deepEqual(seen, [
    { seq: 1, status: 500, body: 4096, cf_mitigated: "challenge" },
    { seq: 3, status: 200, body: 0, cf_mitigated: null },
    { seq: 4, status: 200, body: 19, cf_mitigated: null },
  ]);
});

test("other origins are none of our business", async () => {
  const tapped = page({ answer: () => new Response("no", { status: 500 }) });
  const port = listen(tapped);
  await tapped.fetch("https://assets-proxy.anthropic.com/x.js");
  await tapped.fetch(new URL("https://claude.ai.example/api/x"));
  await tapped.fetch(new Request("https://example.com/"));
  await (await tapped.fetch("/api/mine")).text();
  await port.until((facts) => facts.length === 2);
  assert.equal(port.facts[1].url, "https://claude.ai/api/mine");
  port.end();
});

test("a rejected fetch is told and rejects with the same error; of a Request nothing but its head is touched", async () => {
  const refusal = new TypeError("Failed to fetch");
  const tapped = page({ answer: () => { throw refusal; } });
  const port = listen(tapped);
  const request = new Request("https://claude.ai/api/x", { method: "POST", body: "velvet" });
  await assert.rejects(tapped.fetch(request), (error) => error === refusal);
  assert.equal(request.bodyUsed, false);
  await port.until((facts) => facts.length === 2);
  assert.deepEqual(port.facts[1], { fact: "rejected", seq: 1, method: "POST", url: "https://claude.ai/api/x", aborted: false, online: true });
  port.end();
});

test("the page gets the response object itself, and a fetch that looks like its own", async () => {
  const own = streamed([new TextEncoder().encode("data: 1\n\n")]);
  const tapped = page({ answer: () => own });
  assert.equal(await tapped.fetch(COMPLETION), own);
  assert.equal(tapped.window.fetch.name, "fetch");
  assert.equal(tapped.window.fetch.length, 0);
});

test("facts wait for the port, but not without a bound", async () => {
  const tapped = page({ answer: () => new Response("no", { status: 500 }) });
  for (let round = 0; round < 300; round += 1) await (await tapped.fetch("/api/x")).text();
  const port = listen(tapped);
  await (await tapped.fetch("/api/last")).text();
  await port.until((facts) => facts.some(({ url }) => url?.endsWith("/last")));
  assert.ok(port.facts.length < 210, `${port.facts.length} facts`); // those under way at the handshake come on top
  assert.equal(port.facts[0].fact, "ready");
  port.end();
});

test("the first handshake counts, only from this origin, and the page's scripts do not see it", async () => {
  const tapped = page({ answer: () => new Response("no", { status: 500 }) });
  let seen = 0;
  tapped.window.addEventListener("message", () => { seen += 1; });
  const foreign = listen(tapped, "understudy", "https://evil.example");
  assert.equal(seen, 1, "a message of somebody else's goes on to the page");
  const ours = listen(tapped);
  assert.equal(seen, 1, "the handshake does not");
  const late = listen(tapped);
  assert.equal(seen, 2, "a later one is none");
  await (await tapped.fetch("/api/x")).text();
  await ours.until((facts) => facts.length === 2);
  assert.deepEqual([foreign.facts.length, late.facts.length], [0, 0]);
  for (const port of [foreign, ours, late]) port.end();
});

test("what the page redefines later changes nothing", async () => {
  const tapped = page({ answer: () => streamed([new TextEncoder().encode('event: ping\ndata: {"type":"ping"}\n\n')]) });
  const port = listen(tapped);
  tapped.run(`
    for (const name of ["JSON", "URL", "TextDecoder", "Reflect", "Request", "setInterval"]) globalThis[name] = undefined;
  `);
  const spoilt = { Response: Response.prototype.clone, Reader: ReadableStreamDefaultReader.prototype.read };
  Response.prototype.clone = () => { throw new Error("spoilt"); };
  ReadableStreamDefaultReader.prototype.read = () => { throw new Error("spoilt"); };
  try {
    await tapped.fetch(COMPLETION);
    await port.until((facts) => facts.some(({ fact }) => fact === "closed"));
  } finally {
    Response.prototype.clone = spoilt.Response;
    ReadableStreamDefaultReader.prototype.read = spoilt.Reader;
  }
  assert.equal(port.facts.at(-1).events, 1);
  port.end();
});

// What the tap captures at its start, broken beforehand, one at a time.
const FAULTS = {
  "clone throws": [Response.prototype, "clone"],
  "the headers throw": [Headers.prototype, "get"],
  "reading throws": [ReadableStreamDefaultReader.prototype, "read"],
  "cancelling throws": [ReadableStreamDefaultReader.prototype, "cancel"],
  "getReader throws": [ReadableStream.prototype, "getReader"],
  "decoding throws": [TextDecoder.prototype, "decode"],
  "JSON.stringify throws": [JSON, "stringify"],
  "JSON.parse throws": [JSON, "parse"],
  "the port throws": "port",
};

for (const [fault, where] of Object.entries(FAULTS)) {
  test(`${fault}: the page's response is byte for byte the same`, async () => {
    const { bytes } = fixtures.find(({ name }) => name === "live.sse");
    const chunks = () => [bytes.slice(0, 700), bytes.slice(700)];
    const damage = ({ MessagePort }) => {
      const [target, name] = where === "port" ? [MessagePort.prototype, "postMessage"] : where;
      const whole = Object.getOwnPropertyDescriptor(target, name);
      Object.defineProperty(target, name, { ...whole, value() { throw new Error(fault); } });
      return () => Object.defineProperty(target, name, whole);
    };
    let mend;
    const tapped = page({
      answer: (path) => (path === COMPLETION ? streamed(chunks()) : new Response("down", { status: 503 })),
      before: (context, run) => {
        // JSON belongs to the context; everything else is shared with this file and mended below.
        mend = damage(where[0] === JSON ? Object.assign(context, { MessagePort: context.MessagePort }) : context);
        if (where[0] === JSON) run(`JSON.${where[1]} = () => { throw new Error("fault"); }`);
      },
    });
    if (where !== "port") mend();
    const port = listen(tapped);
    try {
      const [stream, error] = await Promise.all([tapped.fetch(COMPLETION), tapped.fetch("/api/x")]);
      assert.equal(error.status, 503);
      assert.equal(await error.text(), "down");
      assert.deepEqual(Buffer.from(await stream.arrayBuffer()), Buffer.from(bytes));
      await until(() => true);
    } finally {
      if (where === "port") mend();
      port.end();
    }
  });
}
