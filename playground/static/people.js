// The switcher: whose eyes you are looking through.

import { avatar, h, showList } from "./dom.js";

/** A count of unread messages, with the word for those who hear it. */
export function unreadBadge(count) {
  if (!count) return null;
  return h("span", { class: "badge" }, String(Math.min(count, 99)), h("span", { class: "unseen" }, " unread"));
}

function personButton({ person, current, unread }, onPick) {
  const guest = person.guest && !/guest/i.test(person.name) && h("span", { class: "tag" }, "Guest");
  return h("li", {},
    h("button", { type: "button", class: "person", "aria-pressed": String(current), onclick: () => onPick(person.id) },
      avatar(person.id, person.name),
      h("span", { class: "person-name", dir: "auto" }, person.name),
      guest,
      current ? h("span", { class: "you" }, "You") : unreadBadge(unread),
    ));
}

/** Keep the list of people in step with the state; picking one looks through their eyes. */
export function showPeople(state, list, onPick) {
  const pick = (id) => {
    onPick(id);
    list.querySelector(`[data-key="${CSS.escape(id)}"] button`)?.focus();
  };
  const show = () => {
    const rows = state.data.people.map((person) => ({ person, current: person.id === state.person, unread: state.unreadFor(person) }));
    showList(list, rows, {
      key: (row) => row.person.id,
      print: (row) => JSON.stringify(row),
      draw: (row) => personButton(row, pick),
    });
  };
  state.addEventListener("change", show);
  state.addEventListener("others", show);
}
