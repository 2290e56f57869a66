// The tap, against the promises made for it: every way of cutting a stream gives the same facts, no text of an answer
// crosses the port, and whatever breaks inside the tap, the page's own response stays what it was.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { listen, page, readAll, streamed } from "./page.mjs";

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
    bodies.push(readAll(response).catch((error) => error));
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

test("the facts of a stream, in their order: what steers it, and nothing else", async () => {
  const text = 'event: ping\ndata: {"type":"ping"}\n\nevent: message_start\ndata: {"type":"message_start"}\n\n' +
    'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\ndata: {"type":"content_block_delta","delta":{"text":"velvet"}}\n\n' +
    'event: tool_approval\ndata: {"type":"tool_approval","input":"velvet"}\n\nevent: compaction_status\ndata: velvet\n\n' +
    'data: {"velvet":true}\n\ndata: velvet is no JSON\n\nevent: message\ndata: {"type":"error","error":\ndata: {}}\n\n' +
    'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  const { facts } = await told([new TextEncoder().encode(text)]);
  const url = `https://claude.ai${COMPLETION}`;
  assert.deepEqual(facts, [
    { fact: "stream", seq: 1, method: "POST", url, status: 200 },
    { fact: "event", seq: 1, name: "message_start", data: '{"type":"message_start"}' },
    { fact: "event", seq: 1, name: "error", data: '{"type":"error","error":\n{}}' },
    { fact: "event", seq: 1, name: "message_stop", data: '{"type":"message_stop"}' },
    { fact: "closed", seq: 1, events: 10, end: "end" },
  ]);
});

test("what the page has loaded of its conversations is told when it is asked for, and never by itself", async () => {
  const uuid = (n) => `01a21ca2-dd33-70bc-85cd-49a735e0139${n}`;
  const load = (n) => `/api/organizations/o/chat_conversations/${uuid(n)}`;
  const json = (value, init) => new Response(JSON.stringify(value), { headers: { "content-type": "application/json" }, ...init });
  const begun = ["message_start", "content_block_delta"].map((type) => ({ type, text: "velvet" }));
  const stream = () => streamed(begun.map((event) => new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`)));
  const answers = {
    [load(1)]: () => json({ uuid: uuid(1), text: "velvet" }),
    [load(2)]: () => json({ uuid: uuid(2) }),
    [load(3)]: () => json({ uuid: uuid(3) }),
    [load(4)]: () => json({ error: "velvet" }, { status: 500 }),
    [load(5)]: () => new Response("<p>velvet</p>", { headers: { "content-type": "text/html" } }),
    "/api/organizations/o/chat_conversations_v2": () => json(["a list is no conversation"]),
    [COMPLETION]: stream,
  };
  const tapped = page({ answer: (url) => answers[url.replace("?tree=True", "")]() });
  const port = listen(tapped);
  for (const path of Object.keys(answers)) {
    const response = await tapped.fetch(`${path}?tree=True`);
    if (path === load(1)) assert.deepEqual(await response.json(), { uuid: uuid(1), text: "velvet" }, "the page's own copy");
    else await readAll(response);
  }
  await port.until((facts) => facts.at(-1)?.fact === "closed");
  assert.deepEqual(port.kept, []);
  const told = port.facts.filter(({ url, status }) => url && status === 200).map(({ fact, url }) => [fact, new URL(url).pathname]);
  assert.deepEqual(told, [["response", load(5)], ["stream", COMPLETION]], "of a conversation that loads, nothing");
  port.ask();
  await port.until(() => port.kept.length > 0);
  // Two conversations, the newest first; what failed is none.
  const lines = begun.map((event) => `${JSON.stringify(event)}\n`).join("");
  assert.deepEqual(port.kept, [[lines, JSON.stringify({ uuid: uuid(3) }), JSON.stringify({ uuid: uuid(2) })]]);
  port.end();
});

test("only the stream of an answer is looked at", async () => {
  const own = streamed([new TextEncoder().encode('event: error\ndata: {"velvet":1}\n\n')]);
  const body = own.body;
  const tapped = page({ answer: (path) => (path === COMPLETION ? streamed([]) : own) });
  const port = listen(tapped);
  const other = await tapped.fetch("/api/organizations/o/mcp/x");
  assert.equal(other.body, body);
  assert.ok(!Object.hasOwn(other, "body"));
  await readAll(other);
  await readAll(await tapped.fetch(COMPLETION));
  await port.until((facts) => facts.at(-1)?.fact === "closed");
  assert.deepEqual(port.facts.filter(({ seq }) => seq === 1), []);
  port.end();
});

test("one line of many megabytes costs what its length costs, and is counted", async () => {
  const chunk = new TextEncoder().encode("x".repeat(16_384));
  const line = (chunks) => [new TextEncoder().encode("event: error\ndata: "), ...Array(chunks).fill(chunk), new TextEncoder().encode("\n\n")];
  const time = async (chunks) => {
    const [, before] = [await told(line(8)), performance.now()];
    const { facts, read } = await told(line(chunks));
    assert.equal(read.length, chunks * chunk.length + 21);
    assert.deepEqual(facts.slice(1), [
      { fact: "event", seq: 1, name: "error", data: "" },
      { fact: "closed", seq: 1, events: 1, end: "end" },
    ]);
    return performance.now() - before;
  };
  const [short, long] = [await time(64), await time(512)]; // 1 MB, 8 MB
  // Eight times the length; sixty-four times the work, if every chunk were looked at with all that came before it.
  assert.ok(long < 1_000 && long < short * 24 + 100, `${short} ms, ${long} ms`);
});

// Ways of giving a stream up half-way. Each gets the response and resolves when the page believes that it is over.
const WAYS_OUT = {
  "reader.cancel()": async ({ body }) => { const reader = body.getReader(); await reader.read(); await reader.cancel("why"); },
  "cancel before anything is read": async ({ body }) => body.cancel("why"),
  "break out of a loop": async ({ body }) => { for await (const chunk of body) if (chunk) break; },
  "cancel of what it is piped through": async ({ body }) => {
    const reader = body.pipeThrough(new TransformStream()).getReader();
    await reader.read();
    await reader.cancel("why");
  },
  "a sink that refuses": async ({ body }) => {
    await assert.rejects(body.pipeTo(new WritableStream({ write() { throw new Error("full"); } })), /full/);
  },
  "cancel of both branches": async ({ body }) => {
    const [one, two] = body.tee();
    await Promise.all([one.cancel("why"), two.cancel("why")]);
  },
  "a new response around it": async ({ body }) => { const reader = new Response(body).body.getReader(); await reader.read(); await reader.cancel("why"); },
};
for (const [name, leave] of Object.entries(WAYS_OUT)) {
  test(`${name}: the page's giving up reaches the source at once, and nothing more is read`, async () => {
    let cancelled = 0, sent = 0;
    const source = new ReadableStream({
      pull(controller) { controller.enqueue(new TextEncoder().encode(`event: ping\ndata: ${(sent += 1)}\n\n`)); },
      cancel() { cancelled += 1; },
    }, { highWaterMark: 0 });
    const tapped = page({ answer: () => new Response(source, { headers: { "content-type": "text/event-stream" } }) });
    const port = listen(tapped);
    const response = await tapped.fetch(COMPLETION, { method: "POST" });
    await Promise.race([leave(response), new Promise((_, reject) => { setTimeout(reject, 2000, new Error("it hangs")).unref(); })]);
    assert.equal(cancelled, 1);
    assert.ok(sent <= 3, `${sent} chunks were read`);
    if (sent) await port.until((facts) => facts.some(({ end }) => end === "abort"));
    assert.ok(port.facts.filter(({ fact }) => fact === "closed").length <= 1);
    port.end();
  });
}

// What a page can do with a body, and what it gets: with the tap as without it.
const READINGS = {
  "arrayBuffer()": async (response) => Buffer.from(await response.arrayBuffer()),
  "text()": async (response) => Buffer.from(await response.text()),
  "clone(), both read": async (response) => {
    const copy = response.clone();
    return Buffer.concat(await Promise.all([readAll(response), readAll(copy)]));
  },
  "body taken, then clone()": async (response) => [response.body instanceof ReadableStream, Buffer.concat([await readAll(response.clone()), await readAll(response)])],
  "body taken, then text()": async (response) => [response.body.locked, Buffer.from(await response.text())],
  "tee()": async (response) => Buffer.concat(await Promise.all(response.body.tee().map((body) => readAll({ body })))),
  "a part, then the rest": async (response) => {
    const reader = response.body.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return [response.bodyUsed, Buffer.concat([value, await readAll(response)])];
  },
  "pipeThrough()": async (response) => readAll({ body: response.body.pipeThrough(new TransformStream()) }),
  "async iteration": async (response) => {
    const chunks = [];
    for await (const chunk of response.body) chunks.push(chunk);
    return Buffer.concat(chunks);
  },
  "read after the end": async (response) => {
    const reader = response.body.getReader();
    while (!(await reader.read()).done);
    return [await reader.read(), await reader.closed, response.bodyUsed];
  },
  "text() twice": async (response) => {
    await response.text();
    return response.text().catch(({ name }) => name);
  },
  "chunk by chunk": async (response) => {
    const sizes = [];
    for await (const chunk of response.body) sizes.push([chunk.constructor.name, chunk.length]);
    return [sizes, response.body.locked];
  },
  "body is one and the same": async (response) => [response.body === response.body, Object.keys(response), response.bodyUsed, response.body.locked],
};
for (const [name, take] of Object.entries(READINGS)) {
  test(`${name}: the page gets what it gets without us`, async () => {
    const { bytes } = fixtures.find((fixture) => fixture.name === "live.sse");
    const chunks = [bytes.slice(0, 700), bytes.slice(700, 701), bytes.slice(701)];
    const port = listen(page({ answer: () => streamed(chunks) }));
    const tapped = page({ answer: () => streamed(chunks) });
    assert.deepEqual(await take(await tapped.fetch(COMPLETION)), await take(streamed(chunks)));
    port.end();
  });
}

test("silence is told while the page waits, and not while it does not read", async () => {
  const beats = new Map();
  const source = new ReadableStream({ pull: () => new Promise(() => {}) }, { highWaterMark: 0 });
  const tapped = page({
    answer: () => new Response(source, { headers: { "content-type": "text/event-stream" } }),
    before: (context) => Object.assign(context, {
      setInterval: (step, ms, ...args) => { beats.set(step, [ms, args]); return step; },
      clearInterval: (step) => beats.delete(step),
    }),
  });
  const port = listen(tapped);
  const response = await tapped.fetch(COMPLETION);
  assert.equal(beats.size, 0);
  const reader = response.body.getReader();
  reader.read().catch(() => {});
  assert.equal(beats.size, 1);
  for (const [step, [ms, args]] of beats) {
    assert.equal(ms, 15_000);
    step(...args);
  }
  await port.until((facts) => facts.some(({ fact }) => fact === "progress"));
  const { events, silent_ms } = port.facts.at(-1);
  assert.ok(events === 0 && Number.isInteger(silent_ms) && silent_ms >= 0);
  await reader.cancel();
  assert.equal(beats.size, 0);
  port.end();
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
  await assert.rejects(readAll(response), { name: "AbortError" });
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

test("of an error's body no more is read than is told, and not for longer than a person waits", async () => {
  let sent = 0, cancelled = 0;
  const endless = () => new ReadableStream({
    pull(controller) { controller.enqueue(new Uint8Array(1000).fill(120)); sent += 1; },
    cancel() { cancelled += 1; },
  }, { highWaterMark: 0 });
  const hanging = () => new ReadableStream({ pull: () => new Promise(() => {}), cancel() { cancelled += 1; } });
  const tapped = page({
    answer: (path) => new Response(path === "/api/long" ? endless() : hanging(), { status: 500 }),
    before: (context) => Object.assign(context, { setTimeout: (step) => setTimeout(step, 50) }),
  });
  const port = listen(tapped);
  const long = await tapped.fetch("/api/long");
  await port.until((facts) => facts.length === 2);
  assert.equal(port.facts[1].body.length, 4096);
  assert.ok(sent < 8, `${sent} chunks were read`);
  await long.body.cancel();
  const hung = await tapped.fetch("/api/hanging");
  await hung.body.cancel();
  await port.until((facts) => facts.length === 3);
  assert.deepEqual([port.facts[2].body, port.facts[2].status, cancelled], ["", 500, 2]);
  port.end();
});

test("telemetry is dropped before anything else", async () => {
  const tapped = page({ answer: () => new Response("no", { status: 500 }) });
  const port = listen(tapped);
  for (const path of [
    "/api/event_logging/batch", "/sentry/x", "/api/organizations/o/notification/x", "/edge-api/client-health/y", "/cdn-cgi/rum",
    "/api/frame/telemetry", "/api/claude_code/metrics2/x", "/api/organizations/o/experiences/e", "/v1/mobile/x", "/api/organizations/o/dust/d",
  ]) assert.ok(!Object.hasOwn(await tapped.fetch(path), "body"), path);
  await tapped.fetch("/api/mine");
  await port.until((facts) => facts.length === 2);
  assert.equal(port.facts[1].seq, 1);
  port.end();
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
  const ping = new TextEncoder().encode('event: ping\ndata: {"type":"ping"}\n\n');
  const tapped = page({ answer: (path) => (path === COMPLETION ? streamed([ping]) : new Response("down", { status: 500 })) });
  const port = listen(tapped);
  tapped.run(`
    for (const name of ["JSON", "URL", "TextDecoder", "Reflect", "Request", "setInterval"]) globalThis[name] = undefined;
  `);
  const spoilt = { Response: Response.prototype.clone, Reader: ReadableStreamDefaultReader.prototype.read };
  Response.prototype.clone = () => { throw new Error("spoilt"); };
  ReadableStreamDefaultReader.prototype.read = () => { throw new Error("spoilt"); };
  try {
    assert.equal((await tapped.fetch(COMPLETION)).status, 200);
    assert.equal((await tapped.fetch("/api/x")).status, 500);
    await port.until((facts) => facts.some(({ body }) => body === "down"));
  } finally {
    Response.prototype.clone = spoilt.Response;
    ReadableStreamDefaultReader.prototype.read = spoilt.Reader;
  }
  await readAll(await tapped.fetch(COMPLETION));
  await port.until((facts) => facts.some(({ fact }) => fact === "closed"));
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
      assert.deepEqual(await readAll(stream), Buffer.from(bytes));
    } finally {
      if (where === "port") mend();
      port.end();
    }
  });
}
