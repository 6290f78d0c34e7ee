// The few emoji that messages about safeguarding need; any other shortcode stays as it was typed.

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫",
  warning: "⚠️", rotating_light: "🚨", sos: "🆘", red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡",
  large_green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫", question: "❓", exclamation: "❗",
  bulb: "💡", information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", clock3: "🕒", alarm_clock: "⏰",
  bell: "🔔", lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️", eyes: "👀", eye: "👁️", ear: "👂", speech_balloon: "💬",
  memo: "📝", pencil2: "✏️", clipboard: "📋", page_facing_up: "📄", file_folder: "📁", inbox_tray: "📥", outbox_tray: "📤",
  calendar: "📅", bar_chart: "📊", chart_with_upwards_trend: "📈", telephone_receiver: "📞", phone: "☎️", email: "✉️",
  link: "🔗", arrow_right: "➡️", arrow_left: "⬅️", leftwards_arrow_with_hook: "↩️", repeat: "🔁", wave: "👋",
  thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", tada: "🎉", raised_hand: "✋", handshake: "🤝", school: "🏫",
  busts_in_silhouette: "👥", bust_in_silhouette: "👤", star: "⭐", sparkles: "✨", heart: "❤️", smile: "😄", mag: "🔍",
};

/** The picture for a shortcode without its colons, or null when it is not one of ours. */
export function emojiFor(code) {
  return Object.hasOwn(EMOJI, code) ? EMOJI[code] : null;
}
