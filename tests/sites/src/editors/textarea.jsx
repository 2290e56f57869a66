// A textarea controlled by React, as chat.deepseek.com and copilot.microsoft.com use it: the text lives in React's state, and what the state
// does not learn of is gone with the next render.

import { useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";

/** Mounts the editor into `place`; the arguments are those of `mountTipTap`. */
export function mountTextarea(place, { attributes, text = "", submit, changed }) {
  const handle = { text, set: null };
  const root = createRoot(place);
  flushSync(() => root.render(<Composer first={text} attributes={attributes} submit={submit} changed={changed} handle={handle} />));
  const element = place.querySelector("textarea");
  return {
    element,
    text: () => handle.text,
    set: (value) => flushSync(() => handle.set(value)),
    focus: () => element.focus(),
    destroy: () => root.unmount(),
  };
}

function Composer({ first, attributes, submit, changed, handle }) {
  const [value, setValue] = useState(first);
  useLayoutEffect(() => {
    handle.text = value;
    handle.set = setValue;
    changed?.();
  }, [value]);
  return (
    <textarea
      {...attributes}
      value={value}
      onChange={(event) => setValue(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
        event.preventDefault();
        submit();
      }}
    />
  );
}
