// The small question before a step that is hard to undo.

import { freshId, h } from "./dom.js";
import { textNodes } from "./mrkdwn.js";

const DEFAULTS = { title: "Are you sure?", text: "", confirm: "Yes", deny: "Cancel" };

function frame(confirm, names, answer) {
  const title = freshId("confirm");
  const part = (name) => confirm[name] ?? { type: "plain_text", text: DEFAULTS[name] };
  const style = confirm.style === "danger" ? "danger" : "primary";
  return h("dialog", { class: "confirm", "aria-labelledby": title },
    h("h2", { id: title, dir: "auto" }, part("title").text),
    h("div", { class: "prose" }, textNodes(part("text"), names)),
    h("div", { class: "foot" },
      h("button", { type: "button", class: "button plain", dir: "auto", onclick: () => answer(false) }, part("deny").text),
      h("button", { type: "button", class: `button ${style}`, dir: "auto", onclick: () => answer(true) }, part("confirm").text)),
  );
}

/** Ask; true when the person confirmed, false when they went back. */
export function askFirst(confirm, names) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const answer = (yes) => {
      resolve(yes);
      dialog.remove();
      before?.focus();
    };
    const dialog = frame(confirm, names, answer);
    dialog.addEventListener("close", () => answer(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
