// The composer: a plain look-alike until the application has hydrated, then TipTap.

import { wait } from "../shared/clock.js";
import { h } from "../shared/dom.js";
import { mountTipTap } from "../editors/tiptap.js";

/** The name of the composer for screen readers, in both its lives. */
export const LABEL = "Write your prompt to Claude";

const HYDRATION_MS = 150;

/** The look-alike that the document brings with it. */
export function staticComposer() {
  return h("textarea", { class: "static-composer", "aria-label": LABEL, placeholder: "How can I help you today?", rows: "2" });
}

/** The composer's place, its editor (once hydrated), its attachments and its two buttons. */
export class Composer {
  #editor = null;
  #busy = false;
  #attachments = [];

  constructor({ models, submit, stop, upload }) {
    this.place = h("div", { class: "composer-editor" }, staticComposer());
    this.banner = h("div", { class: "banner", "data-testid": "composer-notice-banner", role: "status", hidden: true });
    this.chips = h("ul", { class: "chips", "aria-label": "Attachments", hidden: true });
    this.models = h(
      "select",
      { "data-testid": "model-selector-dropdown", "aria-label": "Model" },
      models.map(({ id, name }) => h("option", { value: id }, name)),
    );
    const file = h("input", { type: "file", hidden: true, "data-testid": "file-upload", "aria-label": "Upload files", multiple: true });
    file.addEventListener("change", () => {
      for (const one of file.files) upload(one);
      file.value = "";
    });
    this.send = h("button", { type: "button", class: "send", "aria-label": "Send message", disabled: true, onclick: submit }, "↑");
    this.stop = h("button", { type: "button", class: "send", "aria-label": "Stop response", hidden: true, onclick: stop }, "■");
    this.root = h(
      "fieldset",
      { class: "composer", "aria-label": "Composer" },
      this.banner,
      this.place,
      this.chips,
      h(
        "div",
        { class: "composer-row" },
        h("button", { type: "button", class: "round", "aria-label": "Add files", onclick: () => file.click() }, "+"),
        file,
        this.models,
        this.send,
        this.stop,
      ),
    );
    this.submit = submit;
  }

  /** Replaces the look-alike by the editor; what was typed into the look-alike moves along. */
  async hydrate() {
    await wait(HYDRATION_MS);
    const typed = this.place.querySelector("textarea")?.value ?? "";
    this.place.replaceChildren();
    this.#editor = mountTipTap(this.place, {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": LABEL, "data-testid": "chat-input", "data-placeholder": "How can I help you today?" },
      text: typed,
      submit: this.submit,
      changed: () => this.#refresh(),
    });
    this.#refresh();
  }

  get ready() {
    return this.#editor !== null;
  }

  /** The text by the editor's own document. */
  get text() {
    return this.#editor ? this.#editor.text() : (this.place.querySelector("textarea")?.value ?? "");
  }

  set text(value) {
    this.#editor.set(value);
    this.#refresh();
  }

  get empty() {
    return this.text === "" && this.#attachments.length === 0;
  }

  get model() {
    return this.models.value;
  }

  set model(id) {
    this.models.value = id;
  }

  get attachments() {
    return this.#attachments;
  }

  set attachments(list) {
    this.#attachments = list;
    this.chips.replaceChildren(...list.map((one) => h("li", {}, one.name)));
    this.chips.hidden = list.length === 0;
  }

  /** While an answer is coming the send button is a stop button. */
  set busy(value) {
    this.#busy = value;
    this.#refresh();
  }

  /** Shows a notice above the composer; `null` takes it away. */
  notice(text) {
    this.banner.textContent = text ?? "";
    this.banner.hidden = text === null;
  }

  focus() {
    this.#editor?.focus();
  }

  #refresh() {
    this.send.hidden = this.#busy;
    this.stop.hidden = !this.#busy;
    const text = this.text;
    this.send.disabled = text.trim() === "";
    this.place.classList.toggle("is-empty", this.ready && text === "");
  }
}
