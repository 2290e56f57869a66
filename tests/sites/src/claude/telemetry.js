// The client's own telemetry on the same origin: noise that an observer of claude.ai has to tell from the product.

import { wait } from "../shared/clock.js";
import { CLIENT_HEADERS } from "./headers.js";

const EVERY_MS = 5_000;
const BATCH_MOST = 100;

const events = [];

/** Notes an event for the next batch. */
export function track(name) {
  events.push({ event_type: "ui", event_data: { event_name: name, client_timestamp: new Date().toISOString() } });
}

/** Sends batches for as long as the page lives; nobody ever learns whether they arrived. */
export async function startTelemetry() {
  addEventListener("pagehide", flush);
  for (;;) {
    await wait(EVERY_MS);
    track("heartbeat");
    flush();
  }
}

function flush() {
  if (events.length === 0) return;
  window.fetch("/api/event_logging/v2/batch", {
    method: "POST",
    keepalive: true,
    headers: { ...CLIENT_HEADERS, "content-type": "application/json" },
    body: JSON.stringify({ events: events.splice(0, BATCH_MOST) }),
  }).catch(() => {});
}
