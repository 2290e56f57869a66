// grok.com: TipTap with its whole starter kit. `?q=` asks "Send this message?" and does nothing before the answer.

import { mountTipTap } from "../editors/tiptap.js";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const ATTRIBUTES = {
  class: "tiptap", role: "textbox", "aria-multiline": "true", "aria-label": "Ask Grok anything", "data-placeholder": "What do you want to know?",
};

play({
  greeting: "Grok",
  loginPath: "/sign-in",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = h("button", { type: "submit", class: "send", "aria-label": "Submit", "data-testid": "chat-submit" }, "↑");
    const root = h("form", { class: "composer" }, place, h("div", { class: "row" }, button));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    return { root, place, button };
  },
  mount: (place, options) => mountTipTap(place, { ...options, attributes: ATTRIBUTES, formats: true }),
  inert: () => h("div", { ...ATTRIBUTES, class: "tiptap ProseMirror", contenteditable: "false", "aria-disabled": "true" }, h("p", {}, h("br"))),
  arrive(page) {
    const question = new URLSearchParams(location.search).get("q");
    if (question === null) return;
    const behind = document.getElementById("root");
    const close = () => {
      behind.inert = false;
      back.remove();
    };
    const send = h("button", { type: "button", class: "primary" }, "Send");
    const cancel = h("button", { type: "button" }, "Cancel");
    const back = h(
      "div",
      { class: "dialog-back" },
      h(
        "div",
        { class: "dialog", role: "dialog", "aria-modal": "true", "aria-labelledby": "dialog-title" },
        h("h2", { id: "dialog-title" }, "Send this message?"),
        h("pre", { tabindex: "0" }, question),
        h("div", { class: "row" }, cancel, send),
      ),
    );
    cancel.addEventListener("click", close);
    send.addEventListener("click", () => {
      close();
      page.fill(question);
      page.submit();
    });
    behind.inert = true;
    page.dialog(back);
    send.focus();
  },
});
