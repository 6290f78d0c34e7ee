// A small menu that opens beside its button: arrow keys move in it, Escape closes it.

import { h } from "./dom.js";

function placeBeside(menu, opener) {
  const { left, top, bottom } = opener.getBoundingClientRect();
  const below = bottom + 4 + menu.offsetHeight <= innerHeight - 8;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, below ? bottom + 4 : top - 4 - menu.offsetHeight)}px`;
}

function moveIn(menu, event) {
  const items = [...menu.querySelectorAll("button")];
  const now = items.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}

/** Open a menu of `{words, about?, onPick}` beside its button; closed, it is gone and the button has the focus again. */
export function openMenu(opener, items) {
  const draw = ({ words, about, onPick }) => h("button", {
    type: "button", role: "menuitem", onclick: () => { menu.hidePopover(); onPick(); },
  }, words, about && h("span", { class: "option-about" }, about));
  const menu = h("div", {
    popover: "auto", class: "menu", role: "menu", "aria-label": opener.getAttribute("aria-label") ?? "Menu",
    onkeydown: (event) => moveIn(menu, event),
    ontoggle: (event) => { if (event.newState === "closed") leave(); },
  }, items.map(draw));
  const leave = () => {
    opener.setAttribute("aria-expanded", "false");
    menu.remove();
  };
  opener.after(menu);
  opener.setAttribute("aria-expanded", "true");
  menu.showPopover({ source: opener });
  placeBeside(menu, opener);
  menu.querySelector("button")?.focus({ focusVisible: true });
}
