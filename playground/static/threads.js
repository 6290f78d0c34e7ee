// A thread, opened under the message that it answers.

import { clock, fromTs } from "./dates.js";
import { freshId, h, icon, showList } from "./dom.js";

/** The conversation's first messages, each with its replies; a reply without its first message stands alone. */
export function threadsOf(messages) {
  const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
  const roots = new Set(messages.filter((message) => !isReply(message)).map((message) => message.ts));
  const replies = groupByThread(messages.filter(isReply));
  return messages
    .filter((message) => !isReply(message) || !roots.has(message.thread_ts))
    .map((message) => ({ message, replies: replies.get(message.ts) ?? [] }));
}

function groupByThread(replies) {
  const groups = new Map();
  for (const reply of replies) groups.set(reply.thread_ts, [...(groups.get(reply.thread_ts) ?? []), reply]);
  return groups;
}

/** Which threads are open: what a person chose, else only the newest thread of the channel. */
export class OpenThreads {
  #chosen = new Map();

  isOpen(ts, newest) {
    return this.#chosen.get(ts) ?? ts === newest;
  }

  toggle(ts, open) {
    this.#chosen.set(ts, open);
  }
}

function summary(replies, open) {
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return open ? `Hide ${count}` : `${count}, the last at ${clock(fromTs(replies.at(-1).ts))}`;
}

function toggleButton({ message, replies, open }, id, onToggle) {
  const words = replies.length ? summary(replies, open) : open ? "Close the thread" : "Reply in thread";
  return h("button", {
    type: "button", class: replies.length ? "thread-toggle" : "thread-toggle start",
    "aria-expanded": String(open), "aria-controls": id,
    onclick: () => onToggle(message.ts, !open),
  }, icon(open ? "up" : "thread"), h("span", { class: "words" }, words));
}

function drawReplies(list, thread, context) {
  showList(list, thread.replies, {
    key: (reply) => reply.ts,
    print: (reply) => JSON.stringify(reply),
    draw: (reply) => context.messageNode(reply, context),
  });
}

/** A message with its thread; a redraw keeps the replies that have not changed, and what is being typed. */
export function threadNode(thread, context, onToggle, old) {
  const id = old?.threadId ?? freshId("thread");
  const same = old?.root && old.rootShown === thread.print;
  const root = same ? old.root : context.messageNode(thread.message, context, thread.compact);
  const box = old?.box ?? h("div", { class: "thread", id, role: "group", "aria-label": "Thread" }, h("div", { class: "replies" }));
  drawReplies(box.firstElementChild, thread, context);
  if (thread.open && !thread.readOnly && box.children.length === 1) box.append(context.composerNode(context.state, { thread: thread.message }));
  box.hidden = !thread.open;
  const node = old ?? h("div", { class: "threaded" });
  const cannotReply = thread.message.ephemeral || (thread.readOnly && !thread.replies.length);
  const toggle = cannotReply ? [] : [toggleButton(thread, id, onToggle)];
  const focused = node.querySelector(":scope > .thread-toggle") === document.activeElement && document.activeElement !== document.body;
  fill(node, [root, ...toggle, box]);
  if (focused) node.querySelector(":scope > .thread-toggle")?.focus();
  Object.assign(node, { root, rootShown: thread.print, box, threadId: id });
  return node;
}

function fill(node, wanted) {
  for (const child of [...node.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, place) => {
    if (node.children[place] !== child) node.insertBefore(child, node.children[place] ?? null);
  });
}
