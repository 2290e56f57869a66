// A bare ProseMirror composer: paragraphs and hard breaks, as chatgpt.com and chat.mistral.ai use it.

import { baseKeymap, chainCommands, exitCode } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { Schema } from "prosemirror-model";
import { EditorState, Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { documentText, lines } from "../shared/lines.js";

const SCHEMA = new Schema({
  nodes: {
    doc: { content: "paragraph+" },
    paragraph: { content: "inline*", group: "block", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    text: { group: "inline" },
    hard_break: { inline: true, group: "inline", selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
});

/** Mounts the editor into `place`; the arguments are those of `mountTipTap`. */
export function mountProseMirror(place, { attributes, text = "", submit, changed }) {
  const breakLine = chainCommands(exitCode, (state, dispatch) => {
    dispatch?.(state.tr.replaceSelectionWith(SCHEMA.nodes.hard_break.create()).scrollIntoView());
    return true;
  });
  const send = () => {
    submit();
    return true;
  };
  const watch = new Plugin({
    view: () => ({
      update: (view, before) => {
        if (!before.doc.eq(view.state.doc)) changed?.();
      },
    }),
  });
  const view = new EditorView(place, {
    state: EditorState.create({
      doc: documentOf(text),
      plugins: [
        history(),
        keymap({ Enter: send, "Shift-Enter": breakLine, "Mod-z": undo, "Mod-y": redo, "Shift-Mod-z": redo }),
        keymap(baseKeymap),
        watch,
      ],
    }),
    attributes,
  });
  return {
    element: view.dom,
    text: () => documentText(view.state.doc),
    set: (value) => {
      const { state } = view;
      view.dispatch(state.tr.replaceWith(0, state.doc.content.size, documentOf(value).content));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function documentOf(text) {
  return SCHEMA.node("doc", null, lines(text).map((line) => SCHEMA.node("paragraph", null, line ? [SCHEMA.text(line)] : [])));
}
