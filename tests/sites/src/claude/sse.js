// Server-sent events out of a byte stream: `event:` and `data:` lines up to a blank line, whatever the chunks cut through.

/** Feeds on byte chunks and gives the whole events among what has come so far. */
export class EventReader {
  #decoder = new TextDecoder();
  #rest = "";

  /** Events completed by this chunk: `{event, data}` with the data parsed; an event whose data is not JSON is skipped. */
  feed(chunk) {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const blocks = this.#rest.split(/\r?\n\r?\n/);
    this.#rest = blocks.pop();
    return blocks.map(parseBlock).filter(Boolean);
  }
}

function parseBlock(block) {
  let event = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  try {
    return { event, data: JSON.parse(data.join("\n")) };
  } catch {
    return null;
  }
}
