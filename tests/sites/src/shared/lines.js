// Text and the lines of an editor's document: one line is one block, so n blocks are joined by n - 1 newlines.

/** The lines of a text; CRLF and CR count as one newline. */
export function lines(text) {
  return text.replace(/\r\n?/g, "\n").split("\n");
}

/** The text of a ProseMirror document: textblocks one `\n` apart, a hard break is `\n`, anything else that is a leaf is nothing. */
export function documentText(doc) {
  const blocks = [];
  doc.descendants((node) => {
    if (!node.isTextblock) return true;
    let text = "";
    node.forEach((child) => {
      if (child.isText) text += child.text;
      else if (child.type.name === "hard_break" || child.type.name === "hardBreak") text += "\n";
    });
    blocks.push(text);
    return false;
  });
  return blocks.join("\n");
}
