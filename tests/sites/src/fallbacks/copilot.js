// copilot.microsoft.com: a textarea controlled by React. `?q=` does not reach the composer.

import { mountTextarea } from "../editors/textarea.jsx";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const TEXTAREA = { id: "userInput", placeholder: "Message Copilot", rows: 2 };

play({
  greeting: "Hi there. What’s on your mind?",
  loginPath: "/login",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = h(
      "button",
      { type: "button", class: "send", title: "Submit message", "aria-label": "Submit message", "data-testid": "submit-button", onclick: submit },
      "↑",
    );
    return { root: h("div", { class: "composer" }, place, h("div", { class: "row" }, button)), place, button };
  },
  mount: (place, options) =>
    mountTextarea(place, { ...options, attributes: { ...TEXTAREA, "data-testid": "composer-input", "aria-label": "Message Copilot" } }),
  inert: () => h("textarea", { id: TEXTAREA.id, placeholder: TEXTAREA.placeholder, rows: "2", "data-testid": "composer-input", "aria-label": "Message Copilot", disabled: true }),
});
