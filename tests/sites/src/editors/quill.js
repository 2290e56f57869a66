// A Quill composer, as gemini.google.com uses it.

import Quill from "quill";
import { lines } from "../shared/lines.js";

/** Mounts the editor into `place`; the arguments are those of `mountTipTap`. */
export function mountQuill(place, { attributes, text = "", submit, changed }) {
  const quill = new Quill(place, {
    theme: null,
    modules: {
      toolbar: false,
      keyboard: {
        bindings: {
          send: {
            key: "Enter",
            shiftKey: false,
            handler: () => {
              submit();
              return false;
            },
          },
        },
      },
    },
  });
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") quill.root.classList.add(...value.split(" "));
    else quill.root.setAttribute(name, value);
  }
  const set = (value) => quill.setText(`${lines(value).join("\n")}\n`);
  if (text) set(text);
  quill.on("text-change", () => changed?.());
  return {
    element: quill.root,
    // Quill's document always ends with a newline of its own.
    text: () => quill.getText().replace(/\n$/, ""),
    set,
    focus: () => quill.focus(),
    destroy: () => quill.disable(),
  };
}
