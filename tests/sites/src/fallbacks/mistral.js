// chat.mistral.ai: ProseMirror. `/chat?q=` fills the composer and does not send.

import { mountProseMirror } from "../editors/prosemirror.js";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const ATTRIBUTES = { role: "textbox", "aria-multiline": "true", "aria-label": "Ask Le Chat anything", "data-placeholder": "Ask Le Chat anything" };

play({
  greeting: "What can I do for you?",
  loginPath: "/login",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = h("button", { type: "submit", class: "send", "aria-label": "Send question" }, "↑");
    const root = h("form", { class: "composer" }, place, h("div", { class: "row" }, button));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    return { root, place, button };
  },
  mount: (place, options) => mountProseMirror(place, { ...options, attributes: ATTRIBUTES }),
  inert: () => h("div", { ...ATTRIBUTES, class: "ProseMirror", contenteditable: "false", "aria-disabled": "true" }, h("p", {}, h("br"))),
  arrive(page) {
    const question = new URLSearchParams(location.search).get("q");
    if (question !== null && location.pathname === "/chat") page.fill(question);
  },
});
