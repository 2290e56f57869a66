// A Lexical composer: for plain text, as www.perplexity.ai uses it, or the rich one.

import { createEmptyHistoryState, registerHistory } from "@lexical/history";
import { registerPlainText } from "@lexical/plain-text";
import { registerRichText } from "@lexical/rich-text";
import {
  $createLineBreakNode, $createParagraphNode, $createTextNode, $getRoot, COMMAND_PRIORITY_HIGH, createEditor, KEY_ENTER_COMMAND,
} from "lexical";
import { lines } from "../shared/lines.js";

const HISTORY_STEP_MS = 300;

/** Mounts the editor into `place`; the arguments are those of `mountTipTap`, and `rich` for the rich one. */
export function mountLexical(place, { attributes, rich = false, text = "", submit, changed }) {
  const element = document.createElement("div");
  element.contentEditable = "true";
  element.spellcheck = true;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  place.append(element);

  const editor = createEditor({
    namespace: "composer",
    onError: (error) => {
      throw error;
    },
  });
  editor.setRootElement(element);
  const undo = [
    (rich ? registerRichText : registerPlainText)(editor),
    registerHistory(editor, createEmptyHistoryState(), HISTORY_STEP_MS),
    editor.registerCommand(
      KEY_ENTER_COMMAND,
      (event) => {
        if (!event || event.shiftKey || event.isComposing) return false;
        event.preventDefault();
        submit();
        return true;
      },
      COMMAND_PRIORITY_HIGH,
    ),
    editor.registerTextContentListener(() => changed?.()),
  ];
  const set = (value) => editor.update(() => write(value), { discrete: true });
  set(text);
  return {
    element,
    text: () => editor.getEditorState().read(read),
    set,
    focus: () => element.focus(),
    destroy: () => {
      for (const stop of undo) stop();
      editor.setRootElement(null);
    },
  };
}

/** One `\n` between paragraphs; Lexical's own `getTextContent` of the root puts two. */
function read() {
  return $getRoot()
    .getChildren()
    .map((block) => block.getTextContent())
    .join("\n");
}

function write(value) {
  const paragraph = $createParagraphNode();
  lines(value).forEach((line, index) => {
    if (index > 0) paragraph.append($createLineBreakNode());
    if (line) paragraph.append($createTextNode(line));
  });
  $getRoot().clear().append(paragraph);
  paragraph.selectEnd();
}
