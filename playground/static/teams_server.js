// What the Teams side asks the playground's server, in the shape that the rest of the page knows from Slack.

import { get, post } from "./server.js";

const seconds = (id) => (Number(id) / 1000).toFixed(3);

function messageOf(message, people, person) {
  const { id, thread, mine, by } = message;
  const user = mine ? person : people.get(by) ?? by;
  return { ...message, ts: seconds(id), thread_ts: thread && seconds(thread), user, name: by, edited: message.updated };
}

function channelOf({ id, name, kind, private: isPrivate, with_app: withApp, note }, app) {
  const isChat = kind === "chat";
  return { id, name, title: name, kind: isChat ? "dm" : "channel", with: isChat ? app.id : null, private: isPrivate, with_app: withApp, note, no_threads: isChat };
}

/** Everything on a person's screen. */
export async function readTenant(person) {
  const seen = await get(`/play/teams/state?person=${encodeURIComponent(person)}`);
  const people = new Map(seen.people.map(({ id, name }) => [name, id]));
  const messages = seen.channels.map(({ id, messages: some }) => [id, some.map((one) => messageOf(one, people, person))]);
  return {
    team: seen.tenant, me: seen.me, app: seen.app, people: seen.people, version: seen.version,
    group: seen.team, commands: seen.commands, has_app: seen.has_app, blocked: seen.blocked,
    channels: seen.channels.map((channel) => channelOf(channel, seen.app)),
    messages: Object.fromEntries(messages),
    view: seen.dialog, notices: seen.toasts,
  };
}

/** Do something as a person: `message`, `extension`, `fetch`, `execute`, `submit`, `close`. */
export const doInTeams = (deed, body) => post(`/play/teams/${deed}`, body);

/** Where the Teams side gets what it shows. */
export const TEAMS = { read: readTenant, events: "/play/teams/events?person=", keeps: "teams/" };
