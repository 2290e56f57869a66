// What the stand-ins for the fallback sites have in common: the page around the composer, sending, prefilling and the variants.
//
// A variant is asked for by `?lab=`, by a cookie `lab` of the host, or by `<meta name="lab-variant">`; several are joined by commas:
// - `login`        the site sends the user to its login page; there is no composer
// - `nocomposer`   the page loads, but no composer ever comes
// - `draft`        the composer already holds something that the user was writing
// - `slow`         for 3 s there is only a composer that takes no input; then it is replaced by the real one
// - `rerender`     the live composer is replaced by a new, empty one 1.5 s after it came
// - `renamed`      the composer has lost its id
// - `no-…`         a way of writing into it does not work: see `spoil.js`
//
// `window.lab` is for tests: `model()` is the text by the editor's own model, `sent` what the page has submitted.

import { wait } from "../shared/clock.js";
import { cookie, h, meta } from "../shared/dom.js";
import { spoil } from "./spoil.js";

/** The text in the composer under `?lab=draft`. */
const DRAFT = "Something I was writing here,\nnot yet finished";

const HYDRATION_MS = 200;
const SLOW_HYDRATION_MS = 3_000;
const RERENDER_MS = 1_500;

/**
 * Plays a site.
 *
 * @param {object} site
 * @param {string} site.greeting the headline over the composer
 * @param {string} site.loginPath where the site sends people who must log in
 * @param {() => {root: Element, place: Element, button: Element}} site.frame makes the markup around the editor; called again for each life
 * @param {(place: Element, options: object) => object} site.mount mounts the editor
 * @param {() => Element} site.inert a composer that takes no input yet
 * @param {(site: object) => void} [site.arrive] what the site does with its URL parameters, once the composer lives
 */
export async function play(site) {
  const variants = new Set((new URLSearchParams(location.search).get("lab") ?? cookie("lab") ?? meta("lab-variant") ?? "").split(","));
  const root = document.getElementById("root");
  const thread = h("section", { class: "thread", "aria-label": "Conversation" });
  const dock = h("div", { class: "dock" });
  const sent = [];
  let editor = null;
  let button = null;

  const page = {
    text: () => editor?.text() ?? null,
    fill: (text) => editor.set(text),
    submit,
    dialog: (element) => document.body.append(element),
  };
  window.lab = {
    model: page.text,
    sent,
    draft: DRAFT,
    get ready() {
      return editor !== null;
    },
    setModel: page.fill,
  };

  if (variants.has("login")) {
    history.replaceState(null, "", site.loginPath);
    root.replaceChildren(loginWall(site.loginPath));
    return;
  }
  root.replaceChildren(h("main", { class: "chat" }, h("h1", {}, site.greeting), thread, dock));
  if (variants.has("nocomposer")) {
    dock.append(h("p", { role: "status" }, "Loading…"));
    return;
  }
  if (site.decoy) document.body.append(site.decoy());
  if (variants.has("slow")) {
    const { root: frame, place } = site.frame({ submit: () => {} });
    place.append(site.inert());
    dock.replaceChildren(frame);
  }
  await wait(variants.has("slow") ? SLOW_HYDRATION_MS : HYDRATION_MS);
  live(variants.has("draft") ? DRAFT : "");
  if (variants.has("renamed")) editor.element.removeAttribute("id");
  spoil(variants, () => editor);
  if (!variants.has("no-link")) site.arrive?.(page);
  if (variants.has("rerender")) {
    await wait(RERENDER_MS);
    editor.destroy();
    live("");
  }

  function live(text) {
    const frame = site.frame({ submit });
    button = frame.button;
    dock.replaceChildren(frame.root);
    editor = site.mount(frame.place, { text, variants, submit, changed });
    changed();
    editor.focus();
  }

  function changed() {
    const text = page.text() ?? "";
    const blank = text.trim() === "";
    site.enable?.(button, !blank);
    if (!site.enable) button.disabled = blank;
    // On the editor's surroundings: an attribute of the editor's own node is a mutation that it would look into.
    dock.classList.toggle("is-empty", text === "");
  }

  function submit() {
    const text = page.text();
    if (text.trim() === "") return;
    sent.push(text);
    editor.set("");
    thread.append(
      h("div", { class: "turn human" }, text),
      h("div", { class: "turn assistant" }, "This is a stand-in: your message was received, and there is nobody here to answer it."),
    );
    thread.lastElementChild.scrollIntoView({ block: "end" });
  }
}

function loginWall(path) {
  return h(
    "main",
    { class: "login" },
    h("h1", {}, "Welcome back"),
    h("p", {}, "Log in to continue."),
    h("a", { class: "primary", href: path }, "Log in"),
    h("a", { href: "/auth/login" }, "Log in another way"),
  );
}
