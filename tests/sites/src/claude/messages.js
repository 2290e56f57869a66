// The conversation on the page: messages, the card under a failed answer, and what screen readers are told.

import { h } from "../shared/dom.js";

/** The list of messages of one conversation. */
export class Messages {
  constructor() {
    this.list = h("div", { class: "messages" });
    this.live = h("div", { class: "visually-hidden", "aria-live": "polite" });
    this.root = h("section", { class: "thread", "aria-label": "Conversation" }, this.list, this.live);
  }

  clear() {
    this.list.replaceChildren();
  }

  /** Adds the user's message. */
  human(text) {
    const element = h("div", { class: "turn human", "data-test-render-count": "1" }, h("div", { "data-testid": "user-message", class: "bubble" }, text));
    this.list.append(element);
    element.scrollIntoView({ block: "end" });
    return element;
  }

  /** Adds an answer, whole or still to come. */
  assistant(text, streaming) {
    const answer = new Answer(text, streaming, this.live);
    this.list.append(answer.root);
    return answer;
  }

  /** Marks the user's message as not delivered. */
  static notDelivered(element) {
    element.append(h("div", { class: "not-delivered", "data-testid": "failed-send-indicator" }, "Not delivered"));
    element.nextElementSibling?.scrollIntoView({ block: "end" });
  }
}

/** One answer of Claude's. */
class Answer {
  #live;

  constructor(text, streaming, live) {
    this.#live = live;
    this.body = h("div", { class: "font-claude-response" }, text);
    this.state = h("div", { class: "waiting" });
    this.root = h("div", { class: "turn assistant", "data-test-render-count": "1", "data-is-streaming": String(streaming) }, this.body, this.state);
    if (streaming) live.textContent = "Claude is responding";
  }

  get text() {
    return this.body.textContent;
  }

  append(text) {
    this.state.textContent = "";
    this.body.append(text);
    this.#follow();
  }

  /** Says that the request is tried again by itself. */
  waiting(attempt) {
    this.state.textContent = `Trying again shortly (attempt ${attempt})`;
  }

  finish() {
    this.root.dataset.isStreaming = "false";
    this.state.textContent = "";
    this.#live.textContent = "Claude finished the response";
  }

  /** Puts the card with the client's own words under the answer. */
  fail(words, retry) {
    this.finish();
    this.#live.textContent = words;
    this.root.append(
      h(
        "div",
        { class: "failure-card", role: "alert" },
        h("span", {}, words),
        retry && h("button", { type: "button", "data-testid": "action-bar-retry", onclick: retry }, "Retry"),
      ),
    );
    this.#follow();
  }

  #follow() {
    this.root.scrollIntoView({ block: "end" });
  }
}
