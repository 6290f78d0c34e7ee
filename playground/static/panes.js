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
export function startPanes() {
  for (const button of document.querySelectorAll("[data-to]")) {
    button.addEventListener("click", () => showPane(button.dataset.to, { focus: true }));
  }
  showPane("chat");
}

/** Show the unread messages of the channels that are out of sight, beside the bar's word. */
export function watchUnread(state, badge) {
  state.addEventListener("change", () => {
    const others = state.data.channels.filter((channel) => channel.id !== state.channel);
    const count = others.reduce((sum, channel) => sum + state.unreadIn(channel.id), 0);
    badge.textContent = count ? String(count) : "";
    badge.hidden = count === 0;
  });
}
