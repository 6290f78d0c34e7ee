// Says aloud, for those who listen to the page, what has just arrived.

import { channelTitle } from "./names.js";

const LONGEST = 160;

function wordsOf(message) {
  const said = message.text || message.summary || message.blocks?.map((block) => block.text?.text ?? "").join(" ") || "";
  return said.replace(/[*_~`<>]/g, "").slice(0, LONGEST);
}

/** Announce messages that others wrote since the last look; not those that were there on arrival. */
export function announceMessages(state, region) {
  let seen = new Set();
  let person = null;
  state.addEventListener("change", () => {
    if (!state.loaded || !state.isActive) return;
    const all = state.data.channels.flatMap((channel) => state.messagesIn(channel.id).map((message) => ({ channel, message })));
    const news = person === state.person ? all.filter(({ message }) => !seen.has(message.ts) && message.user !== state.person) : [];
    seen = new Set(all.map(({ message }) => message.ts));
    person = state.person;
    const lines = news.map(({ channel, message }) => `${message.name} in ${channelTitle(state, channel)}: ${wordsOf(message)}`);
    if (lines.length) region.textContent = lines.join(". ");
  });
}
