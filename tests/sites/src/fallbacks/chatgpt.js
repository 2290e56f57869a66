// chatgpt.com: ProseMirror. `?prompt=` fills the composer, `?q=` fills and submits; both leave the address afterwards.
// `?legacy=1` plays the composer as it was before September 2026. A hidden copy of the composer stands in the page, as on the real one.

import { mountProseMirror } from "../editors/prosemirror.js";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const query = new URLSearchParams(location.search);
const legacy = query.get("legacy") === "1";

const NEW = { "data-composer-markdown": "", "data-placeholder": "Ask ChatGPT", role: "textbox", "aria-multiline": "true", "aria-label": "Ask ChatGPT" };
const OLD = { id: "prompt-textarea", "data-placeholder": "Ask anything", role: "textbox", "aria-multiline": "true", "aria-label": "Chat with ChatGPT" };
const ATTRIBUTES = legacy ? OLD : NEW;

play({
  greeting: "What’s on the agenda today?",
  loginPath: "/auth/login",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = legacy
      ? h("button", { type: "submit", id: "composer-submit-button", "data-testid": "send-button", class: "send", "aria-label": "Send prompt" }, "↑")
      : h("button", { type: "submit", class: "send", "aria-label": "Send" }, "↑");
    const root = h("form", { class: "composer", "data-chatgpt-composer": !legacy, "data-type": "unified-composer" }, place, h("div", { class: "row" }, button));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    return { root, place, button };
  },
  mount: (place, options) => mountProseMirror(place, { ...options, attributes: ATTRIBUTES }),
  inert: () => h("div", { ...ATTRIBUTES, class: "ProseMirror", contenteditable: "false", "aria-disabled": "true" }, h("p", {}, h("br"))),
  decoy: () =>
    h(
      "form",
      { hidden: true, "data-chatgpt-composer": true },
      h("div", { ...NEW, class: "ProseMirror", contenteditable: "true" }, h("p", {}, h("br"))),
    ),
  arrive(page) {
    const prompt = query.get("prompt");
    const question = query.get("q");
    if (prompt === null && question === null) return;
    const rest = new URLSearchParams(location.search);
    rest.delete("prompt");
    rest.delete("q");
    history.replaceState(null, "", location.pathname + (rest.size > 0 ? `?${rest}` : ""));
    page.fill(prompt ?? question);
    if (prompt === null) page.submit();
  },
});
