// gemini.google.com: Quill inside `<rich-textarea>`, with a hidden editable clipboard beside it. No URL parameter means anything here.

import { mountQuill } from "../editors/quill.js";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const LABEL = "Enter a prompt for Gemini";
const ATTRIBUTES = {
  class: "textarea", role: "textbox", "aria-multiline": "true", "aria-label": LABEL, "data-placeholder": "Ask Gemini",
};

play({
  greeting: "Hello",
  loginPath: "/auth/login",
  frame({ submit }) {
    const place = h("div", { class: "ql-place" });
    const clipboard = h("div", { class: "ql-clipboard", contenteditable: "true", tabindex: "-1", "aria-hidden": "true" });
    const button = h("button", { type: "button", class: "send-button send", "aria-label": "Send message", onclick: submit }, "➤");
    const root = h("div", { class: "composer" }, h("rich-textarea", { class: "place" }, clipboard, place), h("div", { class: "row" }, button));
    return { root, place, button };
  },
  mount: (place, options) => mountQuill(place, { ...options, attributes: ATTRIBUTES }),
  inert: () => h("div", { ...ATTRIBUTES, class: "ql-editor textarea", contenteditable: "false", "aria-disabled": "true" }, h("p", {}, h("br"))),
});
