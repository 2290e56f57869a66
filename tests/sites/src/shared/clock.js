// The clock of the stand-in pages: real waiting times by default, divided by the lab's speed where a test asks for it.

import { meta } from "./dom.js";

const KEPT = "lab-speed";

/**
 * How many times faster than life the page waits: `window.__LAB_SPEED`, else `?lab-speed=` (kept for the tab), else
 * `<meta name="lab-speed">`, else 1.
 */
export function speed() {
  const asked = new URLSearchParams(location.search).get("lab-speed");
  if (asked) sessionStorage.setItem(KEPT, asked);
  const value = Number(window.__LAB_SPEED ?? asked ?? sessionStorage.getItem(KEPT) ?? meta("lab-speed"));
  return value > 0 ? value : 1;
}

/** Waits `ms` milliseconds of the site's own time; an aborted signal ends it early with its reason. */
export function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms / speed());
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
