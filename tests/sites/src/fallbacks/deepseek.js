// chat.deepseek.com: a textarea controlled by React, a send control without a name, and no prefilling: `?q=` is ignored. `?lab=plain` plays
// one without a framework.

import { mountPlain } from "../editors/plain.js";
import { mountTextarea } from "../editors/textarea.jsx";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const TEXTAREA = { id: "chat-input", name: "user query", className: "ds-textarea__textarea", placeholder: "Message DeepSeek", rows: 2 };
const ARROW = "M8.3125 0.980206 14 6.7 12.9 7.8 8.9 3.8V15H7.4V3.8L3.4 7.8 2.3 6.7Z";

play({
  greeting: "How can I help you?",
  loginPath: "/sign_in",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = h("div", { role: "button", tabindex: "0", class: "send ds-button--primary ds-button--circle" });
    button.append(arrow());
    const press = () => {
      if (button.getAttribute("aria-disabled") !== "true") submit();
    };
    button.addEventListener("click", press);
    button.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") press();
    });
    return { root: h("div", { class: "composer" }, place, h("div", { class: "row" }, button)), place, button };
  },
  mount: (place, options) => (options.variants.has("plain") ? mountPlain : mountTextarea)(place, { ...options, attributes: TEXTAREA }),
  inert: () => h("textarea", { id: TEXTAREA.id, name: TEXTAREA.name, class: TEXTAREA.className, placeholder: TEXTAREA.placeholder, rows: "2", disabled: true }),
  enable(button, on) {
    button.classList.toggle("ds-button--disabled", !on);
    button.setAttribute("aria-disabled", String(!on));
  },
});

function arrow() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["width", "16"], ["height", "16"], ["viewBox", "0 0 16 16"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  path.setAttribute("d", ARROW);
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}
