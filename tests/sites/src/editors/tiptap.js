// A TipTap composer, as claude.ai and grok.com use it.

import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { documentText, lines } from "../shared/lines.js";

// What a chat composer needs of the kit; the rest would turn typed Markdown into formats.
const TEXT_ONLY = {
  blockquote: false, bold: false, bulletList: false, code: false, codeBlock: false, heading: false, horizontalRule: false,
  italic: false, link: false, listItem: false, listKeymap: false, orderedList: false, strike: false, trailingNode: false, underline: false,
};

/**
 * Mounts the editor into `place`. `attributes` go to the editable element, `formats` keeps the whole starter kit, `submit` is called when
 * Enter is pressed (Shift+Enter breaks the line), `changed` after every change of the document.
 */
export function mountTipTap(place, { attributes, formats = false, text = "", submit, changed }) {
  const editor = new Editor({
    element: place,
    // The style sheet of the page carries TipTap's own rules: the site's policy forbids inline styles.
    injectCSS: false,
    extensions: [StarterKit.configure(formats ? { trailingNode: false } : TEXT_ONLY)],
    content: content(text),
    editorProps: {
      attributes,
      handleKeyDown: (view, event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return false;
        event.preventDefault();
        submit();
        return true;
      },
    },
    onUpdate: () => changed?.(),
  });
  return {
    element: editor.view.dom,
    text: () => documentText(editor.state.doc),
    set: (value) => editor.commands.setContent(content(value), { emitUpdate: true }),
    focus: () => editor.commands.focus("end"),
    destroy: () => editor.destroy(),
  };
}

function content(text) {
  return {
    type: "doc",
    content: lines(text).map((line) => ({ type: "paragraph", content: line ? [{ type: "text", text: line }] : [] })),
  };
}
