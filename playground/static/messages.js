// One message: who, when, what it says, and its buttons.

import { blockNodes } from "./blocks.js";
import { clock, fromTs, fullDate } from "./dates.js";
import { avatar, h, icon } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { sendAction } from "./server.js";
import { moreActions } from "./shortcuts.js";
import { attempt } from "./trouble.js";
import { Values } from "./values.js";

function stamp(message) {
  const date = fromTs(message.ts);
  return h("time", { class: "stamp", datetime: date.toISOString(), title: fullDate(date) }, clock(date));
}

function byLine(message) {
  return h("div", { class: "by" },
    h("bdi", { class: "author" }, message.name),
    message.bot && h("span", { class: "tag" }, "App"),
    stamp(message),
    message.edited && h("span", { class: "edited" }, "(edited)"),
  );
}

function actFrom(state, message, values) {
  return (action, opener) => attempt(opener, async () => {
    const place = { person: state.person, view_id: null, channel: message.channel, ts: message.ts };
    await sendAction({ ...place, ...action, values: values.toJSON() });
    await state.refresh();
  });
}

function content(message, { state, names }) {
  if (!message.blocks?.length) return h("div", { class: "prose" }, mrkdwn(message.text ?? "", names));
  const values = new Values();
  const act = actFrom(state, message, values);
  return h("div", { class: "blocks" }, blockNodes(message.blocks, { values, act, names, level: 4 }));
}

/** A message as an element; `compact` leaves out the picture and the name when the same person wrote just before. */
export function messageNode(message, context, compact = false) {
  const kind = ["message", compact && "compact", message.ephemeral && "ephemeral", message.bot && "from-app"].filter(Boolean).join(" ");
  return h("article", { class: kind, "aria-label": `${message.name}, ${clock(fromTs(message.ts))}` },
    compact ? h("span", { class: "gutter" }, stamp(message)) : avatar(message.user ?? "", message.name, message.bot),
    h("div", { class: "message-body" },
      message.ephemeral && h("div", { class: "only-you" }, icon("eye"), "Only you can see this"),
      !compact && byLine(message),
      content(message, context),
    ),
    moreActions(message, context.state),
  );
}
