// www.perplexity.ai: Lexical. `?q=` on `/search/new`, `/search` or `/` submits at once. `?lab=rich` plays the rich editor, which other sites
// have.

import { mountLexical } from "../editors/lexical.js";
import { h } from "../shared/dom.js";
import { play } from "./site.js";

const ATTRIBUTES = {
  id: "ask-input", role: "textbox", "aria-multiline": "true", "aria-label": "Ask anything", "data-placeholder": "Ask anything…",
};
const ASKING_PATHS = ["/", "/search", "/search/new"];

play({
  greeting: "Where knowledge begins",
  loginPath: "/auth/login",
  frame({ submit }) {
    const place = h("div", { class: "place" });
    const button = h("button", { type: "button", class: "send", "aria-label": "Submit", "data-testid": "submit-button", onclick: submit }, "→");
    return { root: h("div", { class: "composer" }, place, h("div", { class: "row" }, button)), place, button };
  },
  mount: (place, options) => mountLexical(place, { ...options, attributes: ATTRIBUTES, rich: options.variants.has("rich") }),
  inert: () => h("div", { ...ATTRIBUTES, "data-lexical-editor": "true", contenteditable: "false", "aria-disabled": "true" }, h("p", {}, h("br"))),
  arrive(page) {
    const question = new URLSearchParams(location.search).get("q");
    if (question === null || !ASKING_PATHS.includes(location.pathname)) return;
    page.fill(question);
    page.submit();
    history.replaceState(null, "", "/search/stand-in");
  },
});
