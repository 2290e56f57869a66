// The pages that take the whole window: the crash page, maintenance, restricted, login and logout.

import { h } from "../shared/dom.js";
import { request } from "./api.js";

const CRASHED_AT = "error_boundary_at";
const AGAIN_WITHIN_MS = 60_000;

/** The page of the global error boundary: any crash of the client shows it, not only a failing service. */
export function crashPage() {
  const last = Number(sessionStorage.getItem(CRASHED_AT));
  sessionStorage.setItem(CRASHED_AT, String(Date.now()));
  const again = Date.now() - last < AGAIN_WITHIN_MS;
  return fullPage(
    "Claude will return soon",
    "Claude is currently experiencing a temporary service disruption. We’re working on it, please check back soon.",
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: () => location.reload() }, "Try again"),
      h("a", { class: "button", href: "/" }, "Go to home"),
    ),
    again && h("p", { class: "small" }, "Still not working? You can reach out to support with this error code: ", h("code", {}, "0f5e11ab")),
  );
}

export function maintenancePage() {
  return fullPage("Claude is currently down for maintenance.", "Please check back soon.");
}

export function restrictedPage() {
  return fullPage("Your account has been disabled", "You can read about appeals in the help center.");
}

/** A whole page that is not the application. */
export function fullPage(title, text, ...more) {
  document.title = "Claude";
  return h("main", { class: "full-page" }, h("div", { class: "mark", "aria-hidden": "true" }, "✳"), h("h1", {}, title), h("p", {}, text), ...more);
}

/** The login page: an email address, then the code of the magic link. */
export function loginPage({ arrived, toast }) {
  const query = new URLSearchParams(location.search);
  const email = h("input", { type: "email", name: "email", id: "email", required: true, autocomplete: "email", placeholder: "Enter your email" });
  const code = h("input", { type: "text", name: "code", id: "code", required: true, "data-testid": "code", autocomplete: "one-time-code", placeholder: "Enter verification code" });
  const codeForm = h(
    "form",
    { hidden: true, onsubmit: verify },
    h("label", { for: "code" }, "Verification code"),
    code,
    h("button", { class: "primary" }, "Verify email address"),
  );
  const emailForm = h(
    "form",
    { onsubmit: sendLink },
    h("label", { for: "email" }, "Email"),
    email,
    h("button", { class: "primary", "data-testid": "continue" }, "Continue with email"),
  );
  const google = h("button", { type: "button", class: "wide", "data-testid": "login-with-google", onclick: withGoogle }, "Continue with Google");
  const note = query.get("reauth") === "1" && h("p", { role: "status" }, "You have been logged out. Please log in again.");
  return fullPage("Your ideas, amplified", "Log in to Claude", note, google, emailForm, codeForm);

  async function sendLink(event) {
    event.preventDefault();
    await attempt("There was an error sending you a login link. Please try again.", async () => {
      await request(`/api/auth/login_methods?email=${encodeURIComponent(email.value)}`, { backoff: false });
      await request("/api/auth/send_magic_link", { method: "POST", json: { email_address: email.value, utc_offset: 0, source: "claude" } });
      emailForm.hidden = true;
      codeForm.hidden = false;
      code.focus();
    });
  }

  async function verify(event) {
    event.preventDefault();
    await attempt("There was an error logging you in. Please try again.", async () => {
      await request("/api/auth/verify_magic_link", {
        method: "POST",
        json: { credentials: { method: "code", email_address: email.value, code: code.value }, source: "claude" },
      });
      arrived();
    });
  }

  async function withGoogle() {
    await attempt("There was an error logging you in. Please try again.", async () => {
      await request("/api/auth/verify_google", { method: "POST", json: { code: "stand-in", source: "claude" } });
      arrived();
    });
  }

  async function attempt(words, work) {
    try {
      await work();
    } catch (failure) {
      toast(words);
    }
  }
}

/** Logs out and goes to the login page; a forced logout goes there whatever the server says. */
export async function logout({ toast }) {
  const forced = new URLSearchParams(location.search).get("involuntary") === "1";
  try {
    await request("/api/auth/logout", { method: "POST", json: {} });
  } catch {
    if (!forced) {
      toast("There was an error logging you out. Please try again.");
      return;
    }
  }
  location.replace(forced ? "/login?from=logout&reauth=1" : "/login?from=logout");
}
