// Runs in claude.ai's own world, before any script of the page. It wraps `fetch` to see what webRequest cannot: error
// bodies, and how a stream ends. The page gets its very response at once; what is read here is a clone. Of a stream only
// control events are told on: the text of an answer never leaves this file. Whatever fails in here stays in here.
(() => {
  "use strict";
  const SITE = "https://claude.ai";
  const [BODY, DATA, LINE, WAITING, BEAT] = [4096, 16384, 4194304, 200, 15000]; // three of characters, facts, ms

  // Originals: the page, or another extension, may redefine any of them later. Each takes its `this` as first argument.
  const [bare, own] = [Function.prototype.bind.bind(Function.prototype.call), Object.getOwnPropertyDescriptor];
  const methods = (type, ...names) => names.map((name) => own(type.prototype, name)).map(({ get, value }) => bare(get ?? value));
  const [clone, status, headers, body, whole] = methods(Response, "clone", "status", "headers", "body", "text");
  const [askedUrl, askedMethod, askedSignal] = methods(Request, "url", "method", "signal");
  const [read, cancel] = methods(ReadableStreamDefaultReader, "read", "cancel");
  const [[header], [post], [decode]] = [methods(Headers, "get"), methods(MessagePort, "postMessage"), methods(TextDecoder, "decode")];
  const [[reader], [gaveUp], [online]] = [methods(ReadableStream, "getReader"), methods(AbortSignal, "aborted"), methods(Navigator, "onLine")];
  const [Asked, Address, Decoder, { apply }, { parse, stringify }] = [Request, URL, TextDecoder, Reflect, JSON];
  const [clock, every, stop] = [performance.now.bind(performance), setInterval.bind(window), clearInterval.bind(window)];
  let port, waiting = [], count = 0, leaving = false;
  const safely = (step) => { try { step()?.catch(() => {}); } catch {} };
  const tell = (fact) => safely(() => {
    const line = stringify(fact);
    if (port) post(port, line);
    else if (waiting.length < WAITING) waiting.push(line);
  });

  // Server-sent events as the standard frames them, whatever the borders of the chunks. Called without bytes at the end.
  const framer = (emit) => {
    const decoder = new Decoder(); // drops a byte order mark by itself
    let rest = "", name = "", data;
    const take = (line) => {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === "event") name = value;
      if (field === "data") data = data === undefined ? value : `${data}\n${value}`;
      if (line === "" && data !== undefined) emit(name, data);
      if (line === "") [name, data] = ["", undefined];
    };
    return (bytes) => {
      const lines = (rest + decode(decoder, bytes, { stream: bytes !== undefined })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop(); // with a CR at its end, which may be half of a CRLF
      lines.forEach(take);
      if (rest.length > LINE) throw new RangeError("a line without an end");
      if (bytes === undefined && rest.endsWith("\r")) take(rest.slice(0, -1));
    };
  };

  // What may be told of one event: nothing, if it could carry text of the answer.
  const control = (name, data) => {
    let value;
    try { value = name.startsWith("content_block") ? { type: name } : parse(data); } catch { return { name, data: "" }; }
    if (String(value?.type).startsWith("content_block")) return undefined;
    name ||= String(value?.type ?? "message");
    if (value?.completion === undefined) return { name, data: data.length > DATA ? "" : data };
    const { stop_reason, messageLimit } = value; // the format of 2024: an end or a limit beside a piece of text
    const plain = !stop_reason && (messageLimit?.type ?? "within_limit") === "within_limit";
    return plain ? undefined : { name, data: stringify({ type: "completion", stop_reason, messageLimit }) };
  };

  const watchStream = async ({ seq, method, url, aborted }, response) => {
    const source = reader(body(clone(response)));
    let events = 0, last = clock(), step;
    tell({ fact: "stream", seq, method, url, status: status(response) });
    const beat = every(() => tell({ fact: "progress", seq, events, silent_ms: Math.round(clock() - last) }), BEAT);
    const frames = framer((name, data) => {
      const event = control(name, data);
      if (event) tell({ fact: "event", seq, ...event });
      events += 1;
    });
    try {
      for (step = {}; !step.done; frames(step.value)) {
        step = await read(source).catch((error) => ({ done: true, end: aborted(error) ? "abort" : "error" }));
        last = clock();
      }
      tell({ fact: "closed", seq, events, end: step.end ?? "end" });
    } finally {
      stop(beat);
      safely(() => cancel(source)); // nothing piles up for us if we gave up
    }
  };

  const watch = async (asked, response) => {
    const [content_type, cf_mitigated] = ["content-type", "cf-mitigated"].map((name) => header(headers(response), name));
    if (/event-stream/i.test(content_type)) return watchStream(asked, response);
    const failed = status(response) >= 400 || /\/(retry_)?completion2?$/.test(asked.path);
    // A page where data should be tells enough by its type; it may be a file of the user's, so it is not read.
    if (!failed && !(/html/i.test(content_type) && /^\/(edge-)?api\//.test(asked.path))) return;
    const [{ seq, method, url }, text] = [asked, failed ? await whole(clone(response)).catch(() => "") : ""];
    tell({ fact: "response", seq, method, url, status: status(response), content_type, cf_mitigated, body: text.slice(0, BODY) });
  };

  // What `fetch` was asked. Of a `Request` nothing is touched but its URL, method and signal.
  const question = (input, init) => {
    const request = input instanceof Asked ? input : undefined;
    const url = new Address(request ? askedUrl(request) : input.href ?? input, document.baseURI);
    if (url.origin !== SITE) return undefined;
    const method = String(init?.method ?? (request ? askedMethod(request) : "GET")).toUpperCase();
    const signal = init?.signal ?? (request && askedSignal(request));
    const aborted = (error) => leaving || (signal ? gaveUp(signal) : error?.name === "AbortError");
    return { seq: (count += 1), method, url: url.href, path: url.pathname, aborted };
  };
  // A promise of its own, so that a rejection which the page does not handle is still reported to it.
  const passOn = async (answer, asked) => {
    try {
      const response = await answer;
      safely(() => watch(asked, response));
      return response;
    } catch (error) {
      const { seq, method, url, aborted } = asked;
      safely(() => tell({ fact: "rejected", seq, method, url, aborted: aborted(error), online: online(navigator) }));
      throw error;
    }
  };
  window.fetch = new Proxy(window.fetch, { apply(fetch, self, args) {
    const answer = apply(fetch, self, args);
    let asked;
    safely(() => { asked = question(...args); });
    return asked ? passOn(answer, asked) : answer;
  } });
  // The bridge's port. It was posted before a script of the page could post one, and none of them gets to see it.
  window.addEventListener("message", function greet(event) {
    if (event.data !== "understudy" || event.origin !== SITE || event.ports.length !== 1) return;
    event.stopImmediatePropagation();
    window.removeEventListener("message", greet, { capture: true });
    [port] = event.ports;
    waiting.splice(0).forEach((line) => safely(() => post(port, line)));
  }, { capture: true });
  // Firefox rejects what is under way when a page is left: nobody's failure.
  for (const name of ["pagehide", "pageshow"]) window.addEventListener(name, () => { leaving = name === "pagehide"; });
  tell({ fact: "ready" });
})();
