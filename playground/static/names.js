// Who is who and which channel is which, as the person looking would be told.

/** How a channel is called: `#dsl` on Slack, or the other person's post for a direct conversation. */
export function channelTitle(state, channel) {
  if (channel.title) return channel.title;
  if (channel.kind !== "dm") return `#${channel.name}`;
  return nameOf(state, channel.with) ?? channel.name;
}

/** The post behind a person's id, or the app's name. */
function nameOf(state, id) {
  return id === state.data.app?.id ? state.data.app.name : state.personNamed(id)?.name;
}

/** True for the conversation between a person and the app. */
export function isWithApp(state, channel) {
  return channel.kind === "dm" && channel.with === state.data.app?.id;
}

/** What the drawing of text and lists needs to know about people and channels. */
export function namesFor(state) {
  return {
    get me() { return state.person; },
    person: (id) => nameOf(state, id),
    channel: (id) => state.channelNamed(id)?.name,
    people: () => state.data.people,
    channels: () => state.data.channels.map((channel) => ({ id: channel.id, title: channelTitle(state, channel) })),
  };
}
