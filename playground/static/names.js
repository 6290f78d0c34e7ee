// Who is who and which channel is which, as the person looking would be told.

/** How a channel is called: `#dsl`, or the other person's post for a direct conversation. */
export function channelTitle(state, channel) {
  if (channel.kind !== "dm") return `#${channel.name}`;
  return state.personNamed(channel.with)?.name ?? channel.name;
}

/** True for the conversation between a person and the app. */
export function isWithApp(state, channel) {
  return channel.kind === "dm" && channel.with === state.data.app?.id;
}

/** What the drawing of text and lists needs to know about people and channels. */
export function namesFor(state) {
  return {
    get me() { return state.person; },
    person: (id) => state.personNamed(id)?.name,
    channel: (id) => state.channelNamed(id)?.name,
    people: () => state.data.people.filter((person) => !person.bot && !person.deleted),
    channels: () => state.data.channels.map((channel) => ({ id: channel.id, title: channelTitle(state, channel) })),
  };
}
