// On a small screen the page shows one part at a time; a bar at the foot changes between them.

/** Which part is in sight: "chat", "channels", "people" or "panel". */
export function showPane(name, { focus = false } = {}) {
  document.body.dataset.pane = name;
  for (const button of document.querySelectorAll("[data-to]")) {
    if (button.dataset.to === name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (focus) document.querySelector(`[data-pane-head="${name}"]`)?.focus();
}

/** Make the buttons that change the part in sight work. */
export function startPanes(onChange) {
  for (const button of document.querySelectorAll("[data-to]")) {
    button.addEventListener("click", () => {
      showPane(button.dataset.to, { focus: true });
      onChange();
    });
  }
  showPane("chat");
}

function showCount(badge, count) {
  badge.textContent = count ? String(count) : "";
  badge.hidden = count === 0;
}

/** Show in the bar what is unread out of sight: how many messages in one's other channels, and how many people have some. */
export function watchUnread(state, { channels, people }) {
  state.addEventListener("change", () => {
    if (!state.isActive) return;
    showCount(channels, state.data.channels.reduce((sum, channel) => sum + state.unreadIn(channel.id), 0));
  });
  state.addEventListener("others", () => {
    if (!state.isActive) return;
    const waiting = state.data.people.filter((person) => person.id !== state.person && state.unreadFor(person) > 0);
    showCount(people, waiting.length);
  });
}
