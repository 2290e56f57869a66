// A textarea that no framework looks after.

/** Mounts the editor into `place`; the arguments are those of `mountTipTap`. */
export function mountPlain(place, { attributes, text = "", submit, changed }) {
  const element = document.createElement("textarea");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name === "className" ? "class" : name, value);
  element.value = text;
  element.addEventListener("input", () => changed?.());
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  place.append(element);
  return {
    element,
    text: () => element.value,
    set: (value) => {
      element.value = value;
      changed?.();
    },
    focus: () => element.focus(),
    destroy: () => element.remove(),
  };
}
