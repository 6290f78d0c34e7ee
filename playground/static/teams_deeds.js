// What a person does in Teams, each told to the server, after which the page looks again.

import { doInTeams } from "./teams_server.js";
import { attempt } from "./trouble.js";

/** Do a deed as the person one is; the answer, or null when it failed. */
export async function act(state, deed, body, opener = null) {
  const answer = await attempt(opener, () => doInTeams(deed, { person: state.person, ...body }));
  await state.refresh();
  return answer;
}

/** Write a message where one is, or in a thread; true when the server took it. */
export async function write(state, text, { thread, opener } = {}) {
  const place = { channel: state.channel, ...(thread && { thread: thread.id }) };
  return (await act(state, "message", { ...place, text }, opener)) !== null;
}

/** Use the message extension: beside the box one types in, at the top, or in the menu of a message. */
export function extend(state, command, where, opener, message) {
  const body = { where, channel: state.channel, command: command.id, ...(message && { message: message.id }) };
  return act(state, "extension", body, opener);
}

/** The extension's commands that are offered in a place. */
export const commandsIn = (state, where) => (state.data.commands ?? []).filter((command) => command.where.includes(where));

/** Press a button of the card in a message. */
export function pressIn(state, message) {
  return (action, inputs, opener) => {
    const deed = action.type === "Action.Execute" ? "execute" : "fetch";
    return act(state, deed, { channel: message.channel, message: message.id, action, inputs }, opener);
  };
}
