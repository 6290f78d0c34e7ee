// The stories of the tour: what is said, and what the hands do on the page meanwhile.
// People and channels are those of the pretend school; fields and buttons have the names that the app gives them.

const TEACHER = "U0TEACHER1";
const DSL = "U0DSL00001";
const STAFFROOM = "C0STAFF001";
const DSL_CHANNEL = "C0DSL00001";
/** The data-protection lead and their channel, which are in Teams. */
const DPO = "d9000000-0000-4000-8000-000000000017";
const DPO_CHANNEL = "19:pretendschooldpo@thread.tacv2";

const START = { danger: "no", adult: "none", trigger: "professional", identifiable: "yes" };
const CLEAR = {
  ...START, purpose: "harm", openness: "told", agreement: "agreed", advice: "confident",
  identity_risk: "none", role: "statutory", verified: "yes", content: "minimal",
};
const CLEAR_NOTE = { course: "followed", reason: "Seen twice this week. They asked for what we know.", recipient: "Council front door, duty social worker" };
const UNSURE_NOTE = { purpose: "unsure", reason: "Heard second-hand at lunch. Is it enough to pass on?", filed_at: "Safeguarding system" };

const RECORDS = { ...START, trigger: "records_request" };
const RECORDS_NOTE = { reason: "A letter asks for a copy of everything, from this term.", filed_at: "School office" };
const REFUSE = "case.decide.do_not_share";

const button = (message, action) => `${message} [data-action="${action}"]`;

async function run(hands) {
  await hands.press("#run");
  await hands.page("walk.page", "the first page of questions");
}

async function begin(hands) {
  await hands.turn("slack");
  await hands.remember([TEACHER, DSL]);
  await hands.begin(TEACHER, STAFFROOM);
}

const CLEAR_SHARE = [
  {
    say: "You are a class teacher. A social worker you know has rung: a child may be at risk. May you tell them what you saw?",
    do: async (hands) => { await begin(hands); await hands.show("#run"); },
  },
  { say: "You run /sharecheck. It asks a few questions, a small page at a time.", do: run },
  {
    say: "You tick what fits. You type no names, and nothing is saved until the end.",
    do: (hands) => hands.walk(CLEAR, 2),
  },
  {
    say: "The next pages follow the seven golden rules for sharing. A question that could not change the answer is left out.",
    do: async (hands) => { await hands.walk(CLEAR); await hands.page("walk.outcome", "the answer"); },
  },
  {
    say: "A clear yes, and why. Data-protection law does not stop you. You say your reason in a sentence.",
    do: async (hands) => { await hands.show("#view .view-blocks > *"); await hands.pace.beat(1800); await hands.fillIn(CLEAR_NOTE); },
  },
  {
    say: "Saved. You can share it now. The DSL is told, and the school can show why for years to come.",
    do: async (hands) => { await hands.send(); await hands.page("walk.done", "the page that says it is saved"); await hands.show("#view .view-blocks > *"); },
  },
];

const NOT_SURE = [
  {
    say: "The next day you are not sure at all. You start in the same way.",
    do: async (hands) => { await begin(hands); await run(hands); await hands.walk(START, 2); },
  },
  {
    say: "You need not go on alone. On any page you can ask the safeguarding lead (DSL). The rest is skipped.",
    do: async (hands) => { await hands.press('#view [data-action="walk.ask"]'); await hands.page("walk.outcome", "the page to ask the DSL"); },
  },
  { say: "You say what you would like help with. Still no names.", do: (hands) => hands.fillIn(UNSURE_NOTE) },
  {
    say: "It is on its way. You are told whom to ring if the risk grows: nobody has to sit and wait.",
    do: async (hands) => { await hands.send(); await hands.page("walk.done", "the page that says it is sent"); await hands.show("#view .view-blocks > *"); },
  },
  {
    say: "Now you are the DSL. A card is in your channel: how urgent, and what is in doubt. The story itself is not on it.",
    do: async (hands) => {
      await hands.close();
      await hands.become(DSL);
      await hands.open(DSL_CHANNEL);
      await hands.fresh(DSL_CHANNEL, "case.read", "the buttons in the DSL’s channel");
      await hands.show(await hands.freshThread(DSL_CHANNEL, "the card in the DSL’s channel"));
    },
  },
  {
    say: "You decide in its thread. The first decision counts, and a colleague who comes second sees who decided.",
    do: async (hands) => {
      const card = await hands.fresh(DSL_CHANNEL, "case.decide.share", "the buttons in the thread");
      await hands.press(button(card, "case.decide.share"));
      await hands.page("case.decide.share", "the box for the reason");
    },
  },
  {
    say: "You give a reason. It is always a person who decides, never the clock and never the computer.",
    do: async (hands) => { await hands.fillIn({ reason: "They need it to help. Tell them which parts are second-hand." }); await hands.send(); },
  },
  {
    say: "You are the teacher again. The answer has come to you in private. All of it is on the record.",
    do: async (hands) => {
      await hands.become(TEACHER);
      const channel = await hands.openApp();
      await hands.show(`${await hands.fresh(channel, "case.report", "the DSL’s answer")} .blocks`);
    },
  },
];

const DANGER = [
  {
    say: "Now someone may be hurt today. You say yes to the very first question.",
    do: async (hands) => { await begin(hands); await run(hands); await hands.fillIn({ danger: "yes", adult: "none" }); },
  },
  {
    say: "Whom to ring comes at once, and nothing more is asked. (The numbers are made up.)",
    do: async (hands) => { await hands.send(); await hands.page("case.reason", "the numbers to ring"); await hands.show("#view .view-blocks > *"); },
  },
  {
    say: "The DSL has heard already. The teacher is reminded to write down why, when it is safe.",
    do: async (hands) => {
      await hands.close();
      await hands.become(DSL);
      await hands.open(DSL_CHANNEL);
      await hands.fresh(DSL_CHANNEL, "case.read", "the buttons in the DSL’s channel");
      await hands.show(await hands.freshThread(DSL_CHANNEL, "the card in the DSL’s channel"));
    },
  },
];

const BOTH = [
  {
    say: "One school, two chat programs. You are the class teacher, on Slack. A parent has asked for a copy of all you hold on their child.",
    do: async (hands) => { await begin(hands); await run(hands); await hands.walk(RECORDS, 2); },
  },
  {
    say: "Parents have a right to ask, and the law says how it is answered. So it goes to the data-protection lead.",
    do: async (hands) => { await hands.page("walk.outcome", "the page about records"); await hands.show("#view .view-blocks > *"); },
  },
  {
    say: "You say what was asked for, and send it.",
    do: async (hands) => { await hands.fillIn(RECORDS_NOTE); await hands.send(); await hands.page("walk.done", "the page that says it is sent"); },
  },
  {
    say: "The data-protection lead works in Teams. You go there, and become them. The same case is in their channel.",
    do: async (hands) => {
      await hands.close();
      await hands.turn("teams");
      await hands.become(DPO);
      await hands.open(DPO_CHANNEL);
      await hands.fresh(DPO_CHANNEL, REFUSE, "the buttons in the channel in Teams");
      await hands.show(await hands.freshThread(DPO_CHANNEL, "the card in the channel in Teams"));
    },
  },
  {
    say: "You decide in the thread, in your own chat program. The reason is written on the card itself.",
    do: async (hands) => {
      const card = await hands.fresh(DPO_CHANNEL, REFUSE, "the buttons in the channel in Teams");
      await hands.writeIn(`${card} [data-block="f.reason"]`, "I answer it for the school, within a month. Please send nothing yourself.");
      await hands.press(button(card, REFUSE));
      await hands.gone(button(card, REFUSE), "the decision");
    },
  },
  {
    say: "You are the teacher again, back on Slack. The answer is there, and the record is one and the same.",
    do: async (hands) => {
      await hands.turn("slack");
      await hands.become(TEACHER);
      const channel = await hands.openApp();
      await hands.show(`${await hands.fresh(channel, "case.kept", "the answer on Slack")} .blocks`);
    },
  },
];

const story = (title, steps) => steps.map((step) => ({ title, ...step }));
const ON_SLACK = [...story("A clear yes", CLEAR_SHARE), ...story("Not sure", NOT_SURE), ...story("Danger", DANGER)];

/**
 * Every step in order: `title` of its story, what to `say`, and what to `do` with the hands.
 * The last story is for a school that has Teams too.
 */
export const stepsOf = (hasTeams) => (hasTeams ? [...ON_SLACK, ...story("Slack and Teams", BOTH)] : ON_SLACK);
