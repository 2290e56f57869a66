// Runs in a fallback's page when a handoff comes there: writes the text into its composer, in the one way it is told, and
// reports what stands there afterwards. It never sends anything.
(() => {
  "use strict";
  if (globalThis.understudyFill?.()) return; // already here, and not a leftover of an older version
  globalThis.understudyFill = () => globalThis.browser?.runtime?.id;

  const BLOCK = /^(ADDRESS|ARTICLE|BLOCKQUOTE|DD|DIV|DL|DT|FIGURE|H[1-6]|HR|LI|OL|P|PRE|SECTION|TABLE|TD|TH|TR|UL)$/;
  const [POLL, PAUSE, CALM] = [50, 30, 400]; // ms
  const pause = (ms) => new Promise((resume) => { setTimeout(resume, ms); }); // never a frame: they stall in hidden tabs

  const editable = (box) => ("value" in box ? !box.disabled && !box.readOnly : box.isContentEditable) &&
    box.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box.getBoundingClientRect().height > 0;
  const find = (selectors) => {
    for (const selector of selectors) for (const box of document.querySelectorAll(selector)) if (editable(box)) return box;
    return undefined;
  };

  // The text as a reader sees it: one line break between blocks; a `<br>` is one unless it only props up its block.
  const read = (box) => {
    if ("value" in box) return box.value;
    const lines = [];
    let line; // the open one
    const end = () => {
      if (line !== undefined) lines.push(line);
      line = undefined;
    };
    const props = (node) => {
      for (let at = node; at !== box && !(at !== node && BLOCK.test(at.nodeName)); at = at.parentNode) {
        for (let next = at.nextSibling; next; next = next.nextSibling) if (next.nodeType === 1 || next.data) return false;
      }
      return true;
    };
    const walk = (parent) => {
      for (const node of parent.childNodes) {
        if (node.nodeType === 3) line = (line ?? "") + node.data;
        else if (node.nodeName === "BR") line = (line ?? "") + (props(node) ? "" : "\n");
        else if (BLOCK.test(node.nodeName)) {
          end();
          const before = lines.length;
          walk(node);
          if (lines.length === before) line ??= ""; // an empty block is an empty line
          end();
        } else walk(node);
      }
    };
    walk(box);
    end();
    return lines.join("\n");
  };
  const same = (one, other) => one.replace(/\n+$/, "") === other.replace(/\n+$/, "");

  // The ways of writing, each as it was measured to work on the editors it is meant for.
  const escape = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const tellInput = (box) => box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  const select = (box) => {
    box.focus();
    if ("value" in box) box.select();
    else getSelection().selectAllChildren(box);
  };
  const paste = async (box, type, data) => {
    select(box);
    await pause(PAUSE); // editors learn of a selection a turn later
    const clipboardData = new DataTransfer(); // Chromium reads this one, Firefox `data` and `dataType`
    clipboardData.setData(type, data);
    const all = { clipboardData, data, dataType: type, bubbles: true, cancelable: true, composed: true };
    box.dispatchEvent(new ClipboardEvent("paste", all));
  };
  const WAYS = {
    dom(box, text) {
      box.focus();
      box.replaceChildren(...text.split("\n").map((line) => {
        const block = document.createElement("p");
        block.append(line || document.createElement("br"));
        return block;
      }));
      tellInput(box);
    },
    "pm-paste": (box, text) => paste(box, "text/html", text.split("\n").map((line, at) =>
      `<p${at ? "" : " data-pm-slice=\"0 0 []\""}>${escape(line)}</p>`).join("")),
    paste: (box, text) => paste(box, "text/plain", text),
    "before-input"(box, data) {
      select(box);
      box.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertText", data, bubbles: true, cancelable: true, composed: true }));
    },
    "insert-text"(box, text) {
      select(box);
      document.execCommand("insertText", false, text);
    },
    "insert-html"(box, text) {
      select(box);
      document.execCommand("insertHTML", false, escape(text).replaceAll("\n", "<br>"));
    },
    value(box, text) {
      box.focus();
      box.value = text; // the page's own setter, if it has one, is in another world
      tellInput(box);
    },
  };

  // One line above the composer, gone with the first input or after a minute.
  const hintAt = (box, text) => {
    const { left, top, width } = box.getBoundingClientRect();
    const host = document.createElement("understudy-hint");
    const line = document.createElement("div");
    host.style.cssText = `all:initial;position:fixed;z-index:2147483647;left:${left}px;top:${Math.max(8, top - 48)}px;max-width:${width}px`;
    line.style.cssText = "padding:8px 14px;border-radius:10px;background:#1d5b4f;color:#fff;font:500 14px/1.4 system-ui,sans-serif";
    line.setAttribute("role", "status");
    host.attachShadow({ mode: "closed" }).append(line);
    document.querySelectorAll("understudy-hint").forEach((old) => old.remove());
    document.documentElement.append(host);
    setTimeout(() => { line.textContent = text; }, POLL);
    box.addEventListener("input", () => host.remove(), { once: true });
    setTimeout(() => host.remove(), 60000);
  };

  const fill = async ({ selectors, technique, text, appearMs, settleMs, overwrite, hint }) => {
    const asked = Date.now();
    let box;
    while (!(box = find(selectors))) {
      if (Date.now() - asked > appearMs) return { outcome: "no-composer" };
      await pause(POLL);
    }
    const began = Date.now();
    if (technique === "by-hand") {
      box.focus();
      hintAt(box, hint);
      return { outcome: "written", read: read(box), tookMs: 0 };
    }
    if (!overwrite && read(box).trim() && !same(read(box), text)) return { outcome: "occupied" };

    // A page that comes alive late replaces or empties its composer: only what still stands after a while counts, and what
    // vanished is written again, at most twice. Anything else that stands there is reported, not mended.
    let [writes, written, equal] = [0, undefined, 0];
    for (;;) {
      box = find(selectors);
      const stands = box ? read(box) : "";
      if (box && same(stands, text)) {
        equal ||= Date.now();
        if (Date.now() - equal >= CALM) return { outcome: "written", read: stands, tookMs: Date.now() - began };
      } else if (box && (writes === 0 || (writes < 3 && !stands.trim() && (equal || box !== written)))) {
        await WAYS[technique](box, text);
        [writes, written, equal] = [writes + 1, box, 0];
      } else if (Date.now() - began > settleMs) {
        return { outcome: "written", read: stands, tookMs: Date.now() - began };
      } else equal = stands.trim() ? 0 : equal;
      await pause(POLL);
    }
  };

  let last = Promise.resolve(); // one order after another
  browser.runtime.onMessage.addListener((message, sender) => {
    if (sender.id !== browser.runtime.id || message?.type !== "fill") return undefined;
    return (last = last.catch(() => {}).then(() => fill(message.order)));
  });
})();
