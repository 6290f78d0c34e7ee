// What has been filled in so far, in the shape of Slack's `view.state.values`.

const START = {
  plain_text_input: (element) => ({ value: element.initial_value ?? null }),
  number_input: (element) => ({ value: element.initial_value ?? null }),
  email_text_input: (element) => ({ value: element.initial_value ?? null }),
  url_text_input: (element) => ({ value: element.initial_value ?? null }),
  radio_buttons: (element) => ({ selected_option: element.initial_option ?? null }),
  static_select: (element) => ({ selected_option: element.initial_option ?? null }),
  checkboxes: (element) => ({ selected_options: element.initial_options ?? [] }),
  multi_static_select: (element) => ({ selected_options: element.initial_options ?? [] }),
  datepicker: (element) => ({ selected_date: element.initial_date ?? null }),
  timepicker: (element) => ({ selected_time: element.initial_time ?? null }),
  users_select: (element) => ({ selected_user: element.initial_user ?? null }),
  multi_users_select: (element) => ({ selected_users: element.initial_users ?? [] }),
  conversations_select: (element) => ({ selected_conversation: element.initial_conversation ?? null }),
  multi_conversations_select: (element) => ({ selected_conversations: element.initial_conversations ?? [] }),
  channels_select: (element) => ({ selected_channel: element.initial_channel ?? null }),
};

const keyOf = (block, action) => JSON.stringify([block, action]);

/** The element's own part of an entry: `{value}`, `{selected_option}` and so on. */
export function startOf(element) {
  return { type: element.type, ...START[element.type](element) };
}

export const holdsValue = (element) => Object.hasOwn(START, element?.type ?? "");

/** True when nothing was filled in. */
export function isBlank(entry) {
  const [value] = Object.entries(entry).filter(([name]) => name !== "type").map(([, part]) => part);
  return value === null || value === undefined || (typeof value === "string" ? value.trim() === "" : value.length === 0);
}

/** All elements of a list of blocks that can hold a value, with their block. */
export function elementsOf(blocks) {
  const inBlock = (block) => [block.element, block.accessory, ...(block.type === "actions" ? block.elements : [])];
  return blocks.flatMap((block) => inBlock(block).filter(holdsValue).map((element) => ({ block, element })));
}

/** The answers of one view or message; what the person filled in outlives a redraw with the same ids, as on Slack. */
export class Values {
  #entries = new Map();
  #start;

  /** `start` is what the server already knows, in the shape of `state.values`: a page that is loaded again goes on there. */
  constructor(start = {}) {
    this.#start = start;
  }

  /** Take over new blocks: known ids keep what was filled in, new ids start as the app says, others are dropped. */
  keep(blocks) {
    const before = this.#entries;
    this.#entries = new Map();
    for (const { block, element } of elementsOf(blocks)) {
      const key = keyOf(block.block_id, element.action_id);
      const old = before.get(key)?.entry ?? this.#start[block.block_id]?.[element.action_id];
      const entry = old?.type === element.type ? old : startOf(element);
      this.#entries.set(key, { block: block.block_id, action: element.action_id, entry });
    }
    this.#start = {};
  }

  get(block, action) {
    return this.#entries.get(keyOf(block, action))?.entry;
  }

  set(block, action, entry) {
    this.#entries.set(keyOf(block, action), { block, action, entry });
  }

  toJSON() {
    const values = {};
    for (const { block, action, entry } of this.#entries.values()) (values[block] ??= {})[action] = entry;
    return values;
  }
}
