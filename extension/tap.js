// Runs in claude.ai's own world, before any script of the page: sees the body of an error and how an answer ends, in passing.
// No text of an answer leaves this file unasked, and whatever fails in here stays in here.
(() => { "use strict";
  const [SITE, API, TURN] = ["https://claude.ai", /^\/(edge-)?api\//, /\/(retry_)?completion2?$/];
  const LOAD = /\/chat_conversations\/[\da-f-]{36}$/;
  const NOISE = /^\/(sentry|cdn-cgi|v1)|\/(event_logging|telemetry|metrics|client-health|experiences|notification|dust)/;
  const TOLD = /^(message_(start|delta|stop|limit)|error)$/;
  const [BODY, DATA, WAITING, BEAT, PATIENCE] = [4096, 16384, 200, 15000, 2000]; // two of characters, facts, two of ms
  // Originals: the page may redefine any of them later. Each takes its `this` first.
  const [bare, own] = [Function.prototype.bind.bind(Function.prototype.call), Object.getOwnPropertyDescriptor];
  const methods = (type, ...names) => names.map((name) => bare(own(type.prototype, name).get ?? type.prototype[name]));
  const [clone, status, headers, body, whole] = methods(Response, "clone", "status", "headers", "body", "text");
  const [askedUrl, askedMethod, askedSignal] = methods(Request, "url", "method", "signal");
  const [read, cancel] = methods(ReadableStreamDefaultReader, "read", "cancel");
  const [[reader], [header], [decode]] = [methods(ReadableStream, "getReader"), methods(Headers, "get"), methods(TextDecoder, "decode")];
  const [[post], [gaveUp], [online]] = [methods(MessagePort, "postMessage"), methods(AbortSignal, "aborted"), methods(Navigator, "onLine")];
  const [Asked, Address, Decoder, Stream, { apply, defineProperty }] = [Request, URL, TextDecoder, ReadableStream, Reflect];
  const [every, stop, later] = [setInterval, clearInterval, setTimeout].map((timer) => timer.bind(window));
  const [clock, [then], settled] = [performance.now.bind(performance), methods(Promise, "then"), Promise.resolve.bind(Promise)];
  const [{ parse, stringify }, hear] = [JSON, bare(own(MessagePort.prototype, "onmessage").set)];
  let port, waiting = [], count = 0, leaving = false, said = "", loads = [];
  const safely = (step) => { try { step()?.catch?.(() => {}); } catch {} };
  const tell = (fact) => safely(() => (port ? post(port, stringify(fact)) : waiting.length < WAITING && waiting.push(fact)));
  // A promise of its own, so that a rejection the page does not handle is still reported.
  const passOn = (answer, came, broke) => then(settled(answer), (value) => { safely(() => came(value)); return value; },
    (error) => { safely(() => broke(error)); throw error; });
  // Server-sent events as the standard frames them, wherever chunks end. Of a line too long, its beginning is kept.
  const framer = (emit) => {
    const decoder = new Decoder(); // drops a byte order mark by itself
    let line = "", name = "", data, cut = false;
    const take = () => {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === "event") name = value;
      if (field === "data" && !(data?.length > DATA)) data = data === undefined ? value : `${data}\n${value}`;
      if (line === "" && data !== undefined) emit(name, data);
      if (line === "") [name, data] = ["", undefined];
      line = "";
    };
    return (bytes) => {
      const text = decode(decoder, bytes, { stream: true });
      (cut ? text.replace(/^\n/, "") : text).split(/\r\n|[\r\n]/).forEach((piece, at) => {
        if (at) take();
        if (line.length <= 2 * DATA) line += piece;
      });
      if (text) cut = text.endsWith("\r"); // perhaps in the middle of CRLF
    };
  };
  const typed = (data) => { try { return parse(data)?.type; } catch {} }; // what may be told of one event
  const control = (event, data) => {
    const name = /^(message)?$/.test(event) ? typed(data) : event;
    return TOLD.test(name) ? { name, data: data.length > DATA ? "" : data } : undefined;
  };
  // In place of its body, the response gets one that reads a chunk when the page asks for one, and hands on chunk, end, error
  // and cancelling as they are. Until then the body is untouched: `text()` takes it as ever.
  const watchStream = ({ told, aborted }, response) => {
    let source, beat, events = 0;
    said = "";
    const frames = framer((name, data) => {
      const event = control(name, data);
      if (event) tell({ fact: "event", seq: told.seq, ...event });
      events += 1;
      said += `${data}\n`;
    });
    const over = (end) => tell({ fact: "closed", seq: told.seq, events, end });
    const giveUp = (reason) => { if (source) over("abort"); return (source ?? body(response)).cancel(reason); };
    const silent = (since) => tell({ fact: "progress", seq: told.seq, events, silent_ms: Math.round(clock() - since) });
    const pull = async (passed) => {
      if (!source) tell({ fact: "stream", ...told });
      source ??= body(response).getReader();
      safely(() => { beat = every(silent, BEAT, clock()); }); // a page that does not read does not wait
      const came = (step) => { stop(beat); if (step.done) over("end"); else frames(step.value); };
      const broke = (error) => { stop(beat); over(aborted(error) ? "abort" : "error"); };
      const { done, value } = await passOn(source.read(), came, broke);
      if (done) passed.close(); else passed.enqueue(value);
    };
    const passed = body(response) && new Stream({ pull, cancel: giveUp }, { highWaterMark: 0 });
    defineProperty(response, "body", { get: () => passed, configurable: true });
  };
  const beginning = async (copy, decoder = new Decoder(), before = "") => { // of an error's body
    const { done, value } = await read(copy);
    const text = before + decode(decoder, value, { stream: !done });
    return done || text.length >= BODY ? text.slice(0, BODY) : beginning(copy, decoder, text);
  };
  const watch = async (asked, response) => {
    const [content_type, cf_mitigated] = ["content-type", "cf-mitigated"].map((name) => header(headers(response), name));
    const [told, turn] = [{ ...asked.told, status: status(response) }, TURN.test(asked.path)];
    if (/event-stream/i.test(content_type)) return turn && watchStream({ ...asked, told }, response);
    const failed = turn || told.status >= 400;
    // Two are kept: a list loads the one under the pointer, too.
    if (!failed && /json/i.test(content_type) && LOAD.test(asked.path)) loads = [await whole(clone(response)), ...loads.slice(0, 1)];
    // A page where data should be tells enough by its type; it may be a user's file, so it is not read.
    if (!failed && !(/html/i.test(content_type) && API.test(asked.path))) return;
    const copy = failed && reader(body(clone(response)));
    later(() => safely(() => cancel(copy)), PATIENCE); // nobody waits longer for it
    tell({ fact: "response", ...told, content_type, cf_mitigated, body: copy ? await beginning(copy).catch(() => "") : "" });
  };
  // What `fetch` was asked. Of a `Request` nothing is touched but its URL, method and signal.
  const question = (input, init) => {
    const request = input instanceof Asked ? input : undefined;
    const url = new Address(request ? askedUrl(request) : input.href ?? input, document.baseURI);
    if (url.origin !== SITE || NOISE.test(url.pathname)) return undefined;
    const method = String(init?.method ?? (request ? askedMethod(request) : "GET")).toUpperCase();
    const signal = init?.signal ?? (request && askedSignal(request));
    const aborted = (error) => leaving || (signal ? gaveUp(signal) : error?.name === "AbortError");
    return { told: { seq: (count += 1), method, url: url.href }, path: url.pathname, aborted };
  };
  window.fetch = new Proxy(window.fetch, { apply(fetch, self, args) {
    let answer = apply(fetch, self, args);
    safely(() => {
      const asked = question(...args);
      const broke = (error) => tell({ fact: "rejected", ...asked.told, aborted: asked.aborted(error), online: online(navigator) });
      if (asked) answer = passOn(answer, (response) => watch(asked, response), broke);
    });
    return answer;
  } });
  // The bridge's port, posted before a script of the page could post one; none of them gets to see it.
  window.addEventListener("message", function greet(event) {
    if (event.data !== "understudy" || event.origin !== SITE || event.ports.length !== 1) return;
    event.stopImmediatePropagation();
    window.removeEventListener("message", greet, { capture: true });
    [port] = event.ports;
    hear(port, () => post(port, [said, ...loads]));
    waiting.splice(0).forEach(tell);
  }, { capture: true });
  // Firefox rejects what is under way when a page is left: nobody's failure.
  for (const name of ["pagehide", "pageshow"]) window.addEventListener(name, () => { leaving = name === "pagehide"; });
  tell({ fact: "ready" });
})();
