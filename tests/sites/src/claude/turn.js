// One turn: the completion request, its stream, and the client's own retries. It touches no DOM; what happens is told through `on`.

import { wait } from "../shared/clock.js";
import { Failure } from "./failure.js";
import { CLIENT_HEADERS } from "./headers.js";
import { EventReader } from "./sse.js";

// The client's default mode: only `overloaded_error` is retried, ten requests in all.
const MOST_REQUESTS = 10;
const FIRST_PAUSE_MS = 5_000;
const PAUSE_FACTOR = 1.5;

/**
 * Runs a turn to its end and never throws.
 *
 * @param {object} turn
 * @param {string} turn.url completion or retry_completion of the conversation
 * @param {object} turn.body the request body of the first request
 * @param {AbortSignal} turn.signal aborted by the user's Stop
 * @param {Array} turn.records gets one entry for each request: what came, byte for byte
 * @param {(event: object) => void} turn.on told of `opened`, `data` and `waiting`
 * @returns {Promise<{outcome: "ok"|"stopped"|"failed", requests: number, failure: Failure|null}>}
 */
export async function runTurn({ url, body, signal, records, on }) {
  let pause = FIRST_PAUSE_MS;
  let opened = false;
  for (let requests = 1; ; requests += 1) {
    try {
      await oneRequest({ url, body: retried(body, opened), signal, records, on: (event) => {
        opened ||= event.kind === "opened";
        on(event);
      } });
      return { outcome: "ok", requests, failure: null };
    } catch (error) {
      if (signal.aborted) return { outcome: "stopped", requests, failure: null };
      // The server knows the message already: an earlier request of this turn was accepted.
      if (requests > 1 && error.status === 409) return { outcome: "ok", requests, failure: null };
      if (!(error instanceof Failure)) throw error;
      if (!error.overloaded || requests === MOST_REQUESTS) return { outcome: "failed", requests, failure: error };
      on({ kind: "waiting", next: requests + 1 });
    }
    try {
      await wait(pause, signal);
    } catch {
      return { outcome: "stopped", requests, failure: null };
    }
    pause *= PAUSE_FACTOR;
  }
}

/**
 * A retry after a response has begun no longer carries what created the conversation and the messages. That much is known of a first send;
 * here it holds for every send, since a server that has adopted the ids would answer 409.
 */
function retried(body, opened) {
  if (!opened) return body;
  const { create_conversation_params: _created, turn_message_uuids: _named, ...rest } = body;
  return rest;
}

async function oneRequest({ url, body, signal, records, on }) {
  const record = { url, status: 0, contentType: "", text: "", bytes: 0, sha256: null, error: null, done: false };
  records.push(record);
  const chunks = [];
  try {
    const response = await window.fetch(url, {
      method: "POST",
      headers: { ...CLIENT_HEADERS, "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(body),
      signal,
    });
    record.status = response.status;
    record.contentType = response.headers.get("content-type") ?? "";
    if (!response.ok || !record.contentType.includes("text/event-stream")) {
      chunks.push(new Uint8Array(await response.arrayBuffer()));
      throw Failure.fromResponse(response, new TextDecoder().decode(chunks[0]));
    }
    on({ kind: "opened" });
    await readStream(response.body.getReader(), chunks, on);
  } catch (error) {
    record.error = String(error);
    // Firefox also calls a connection reset in the middle of a body an AbortError: only the signal knows whether it was the user.
    if (error instanceof Failure || signal.aborted) throw error;
    if (error instanceof TypeError || error?.name === "AbortError" || error?.name === "NetworkError") throw Failure.network(error);
    throw error;
  } finally {
    await seal(record, chunks);
  }
}

async function readStream(reader, chunks, on) {
  const events = new EventReader();
  let ended = false;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      // The answer is whole: how the connection then ends does not matter.
      if (ended) return;
      throw error;
    }
    if (part.done) break;
    chunks.push(part.value);
    for (const { event, data } of events.feed(part.value)) {
      const kind = data.type ?? event;
      if (kind === "error") {
        reader.cancel().catch(() => {});
        throw Failure.fromEvent(data);
      }
      if (kind === "message_stop" || data.delta?.stop_reason || data.stop_reason) ended = true;
      on({ kind: "data", event: kind, data });
    }
  }
  if (!ended) throw new Failure({ kind: "incomplete" });
}

async function seal(record, chunks) {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  record.bytes = all.length;
  record.text = new TextDecoder().decode(all);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  record.sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  record.done = true;
}
