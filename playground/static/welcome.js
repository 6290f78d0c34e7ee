// The first visit: what this is in a sentence, and two ways to begin.

import { COMMAND, say } from "./composer.js";
import { readMemory, writeMemory } from "./memory.js";
import { attempt } from "./trouble.js";

/** The tour, fetched when it is first wanted: most visits go without it. */
async function openTour(sides, root) {
  const { Tour } = await import("./tour.js");
  root.tour ??= new Tour(sides, root);
  return root.tour;
}

/** Show the invitation until it is taken up, or something is in the channel; the tour can be started again later. */
export function startWelcome(state, card, tourRoot, sides) {
  let over = Boolean(readMemory("welcomed").over);
  const show = () => {
    const isQuiet = state.loaded && state.messagesIn(state.channel).length === 0;
    card.hidden = over || !isQuiet || state.person !== state.first;
  };
  const end = () => {
    over = true;
    writeMemory("welcomed", { over });
    show();
  };
  for (const button of document.querySelectorAll(".start-tour")) {
    button.addEventListener("click", async () => {
      const tour = await attempt(button, () => openTour(sides, tourRoot));
      if (!tour) return;
      end();
      tour.start(button);
    });
  }
  card.querySelector("#try-it").addEventListener("click", async (event) => {
    await say(state, COMMAND, { opener: event.currentTarget });
    end();
  });
  state.addEventListener("change", show);
}
