// Where the focus was in a drawing of blocks, so that a new drawing of the same can have it back.

const FIELDS = ":is(input, select, textarea, button)";
const fieldsOf = (root, block) => [...root.querySelectorAll(`[data-block="${CSS.escape(block)}"] ${FIELDS}`)];

/** The place of the focus inside `root`: its block, and which of the block's fields; null when it is elsewhere. */
export function whereFocusWas(root) {
  const active = document.activeElement;
  const block = root.contains(active) && active.closest("[data-block]")?.dataset.block;
  if (!block) return null;
  return { block, place: fieldsOf(root, block).indexOf(active), caret: active.selectionStart };
}

/** Give the focus back; false when the field is gone. */
export function putFocusBack(root, was) {
  const field = was ? fieldsOf(root, was.block)[was.place] : null;
  field?.focus();
  if (field && typeof was.caret === "number" && /^(text|textarea)$/.test(field.type)) field.setSelectionRange(was.caret, was.caret);
  return Boolean(field);
}
