// Requests other than completions: one way in, with the client's backing off and its reactions to a dead session and to a bot check.

import { wait } from "../shared/clock.js";
import { Failure } from "./failure.js";
import { CLIENT_HEADERS } from "./headers.js";

// After a failure a URL is left alone for 1 s, then 2 s, …; never longer than a minute, whatever the server asks for.
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MOST_MS = 10_000;
const RETRY_AFTER_MOST_MS = 60_000;
// A dead session is asked again a little before the user is logged out.
const SESSION_RETRIES = 2;
const SESSION_RETRY_MS = 1_000;
const CHALLENGE_AT_MOST_EVERY_MS = 60_000;
const CHALLENGE_KEY = "bootstrap_cf_challenge_at";

const held = new Map();

/**
 * Sends one request and gives its JSON (`null` for an empty answer), or throws a `Failure`. `window.fetch` is looked up at the call, as the
 * web client does.
 */
export async function request(path, { method = "GET", json, body, backoff = method === "GET" } = {}) {
  if (backoff) await held.get(path)?.gate;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await once(path, method, json, body);
      held.delete(path);
      return answer;
    } catch (failure) {
      if (failure.challenge) goToChallenge();
      if (failure.session && attempt < SESSION_RETRIES) {
        await wait(SESSION_RETRY_MS);
        continue;
      }
      if (failure.session) leaveSession();
      if (backoff && (failure.service || failure.status === 429 || failure.kind === "network")) hold(path, failure.retryAfter);
      throw failure;
    }
  }
}

/** Reads the answer of a fetch that is under way. */
export async function answerOf(promise) {
  let response;
  let text;
  try {
    response = await promise;
    text = await response.text();
  } catch (error) {
    throw Failure.network(error);
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && text === "") return null;
  if (!response.ok || !type.includes("json")) {
    const failure = Failure.fromResponse(response, text);
    failure.retryAfter = Number(response.headers.get("retry-after")) || 0;
    throw failure;
  }
  return JSON.parse(text);
}

/** Sends the browser to the bot check and back; at most once a minute. Says whether it did. */
export function goToChallenge() {
  const last = Number(sessionStorage.getItem(CHALLENGE_KEY));
  if (Date.now() - last < CHALLENGE_AT_MOST_EVERY_MS) return false;
  sessionStorage.setItem(CHALLENGE_KEY, String(Date.now()));
  location.assign(`/api/challenge_redirect?to=${encodeURIComponent(location.pathname + location.search)}`);
  return true;
}

/** Logs the user out, because the server no longer knows the session. */
export function leaveSession() {
  if (!location.pathname.startsWith("/log")) location.assign("/logout?involuntary=1");
}

function once(path, method, json, body) {
  const headers = json === undefined ? CLIENT_HEADERS : { ...CLIENT_HEADERS, "content-type": "application/json" };
  return answerOf(window.fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json) }));
}

function hold(path, retryAfterSeconds) {
  const before = held.get(path)?.ms ?? BACKOFF_FIRST_MS / 2;
  const asked = retryAfterSeconds ? Math.min(retryAfterSeconds * 1_000, RETRY_AFTER_MOST_MS) : 0;
  const ms = Math.min(before * 2, BACKOFF_MOST_MS);
  held.set(path, { ms, gate: wait(Math.max(ms, asked)) });
}
