"use strict";
// Deals random pairs of conversations, hides which checkpoint said what until the vote, and keeps the votes.
(() => {
const {one, all, make, tokens} = Spyglass, {branches, talks} = Spyglass.data.rate;
const TRIES = 200; // for each pair: a run of which most texts are equal has few to deal
let deck = [], at = 0, votes = 0, pair = null;

one("#needs-script").hidden = true;
one("#rater").value = Ratings.rater();
const pick = from => from[Math.floor(Math.random() * from.length)];
const chosen = name => all(`[name=${name}]:checked`).map(box => box.value);

// Pairs of unequal texts, each once; which of the two stands left is by lot, since both orders are drawn alike.
function deal(many) {
  const packs = chosen("pack"), allowed = chosen("branch").map(Number), dealt = new Set(), found = [];
  const open = talks.filter(talk => packs.includes(talk.pack)).map(talk => ({
    data: talk.data, at: talk.at.map(([branch, same], index) => ({branch, same, index})).filter(one => allowed.includes(one.branch)),
  })).filter(talk => new Set(talk.at.map(one => one.same)).size > 1);
  for (let tries = many * TRIES; open.length && tries && found.length < many; tries--) {
    const talk = pick(open), left = pick(talk.at), right = pick(talk.at);
    const key = JSON.stringify([talk.data, [left.index, right.index].sort()]);
    if (left.same === right.same || dealt.has(key)) continue;
    dealt.add(key);
    found.push({data: talk.data, sides: [left.index, right.index]});
  }
  return found;
}

const place = talk => talk.variant ? {branch: talk.branch, step: talk.step, variant: talk.variant} : {branch: talk.branch, step: talk.step};
const name = talk => `${talk.branch}${talk.variant ? ` ${talk.variant}` : ""} at ${tokens(talk.tokens)} (step ${talk.step})`;

function show() {
  pair = null;
  one("#deal").hidden = true;
  one("#pair").hidden = at >= deck.length;
  one("#done").hidden = at < deck.length;
  one("#tally").textContent = `${votes} vote${votes === 1 ? "" : "s"} kept in this browser.`;
  if (at >= deck.length) return;
  const {data, sides} = deck[at];
  Spyglass.load(data, () => {
    const talk = Spyglass.data.talk, base = {rater: Ratings.rater(), pack: talk.pack, prompt: talk.prompt, variables: talk.variables ?? {}, repeat: talk.repeat};
    const both = sides.map(side => talk.talks[side]);
    const rating = {...base, kind: "pair", a: place(both[0]), b: place(both[1])};
    if (Ratings.judged(rating)) return next(); // the first vote counts
    pair = {both, rating, voted: false};
    one("#progress").textContent = `${at + 1} of ${deck.length}`;
    Object.assign(one("#bar"), {max: deck.length, value: at});
    one("#reveal").textContent = "";
    draw();
  });
}

// Both conversations, turn beside turn; with checks once the vote is given.
function draw() {
  const {both, voted} = pair, turns = Math.max(...both.map(talk => talk.turns.length));
  const head = both.map((talk, side) => make("div", {}, make("h3", {}, voted ? name(talk) : ["left", "right"][side]),
    ...(talk.system ? [make("p", {class: "said soft", dir: "auto"}, talk.system)] : []),
    ...(voted && talk.passed !== null ? [make("p", {class: "note"}, talk.passed ? "✓ passes" : "✗ fails")] : [])));
  const cell = (talk, i) => {
    const turn = talk.turns[i];
    if (!turn) return make("div");
    const checks = voted ? [make("ul", {class: "checks"}, ...turn.checks.map(([passed, text]) => make("li", {class: passed ? "right" : "wrong"}, `${passed ? "✓" : "✗"} ${text}`)))] : [];
    return make("div", {}, make("p", {class: "user said", dir: "auto"}, turn.user), make("p", {class: "reply said", dir: "auto"}, turn.reply || "(empty reply)"), ...checks);
  };
  const rows = Array.from({length: turns}, (_, i) => both.map(talk => cell(talk, i)));
  one("#talks").replaceChildren(...head, ...rows.flat());
  all("[data-winner], #skip").forEach(button => { button.hidden = voted; });
  one("#next").hidden = !voted;
}

function vote(winner) {
  if (!pair || pair.voted) return;
  Ratings.add({...pair.rating, winner, time: new Date().toISOString()});
  votes++;
  pair.voted = true;
  one("#reveal").textContent = `The left was ${name(pair.both[0])}, the right ${name(pair.both[1])}.`;
  one("#bar").value = at + 1;
  draw();
}

function next() {
  at++;
  show();
}

one("#deal").addEventListener("submit", event => {
  event.preventDefault();
  const rater = one("#rater").value.trim();
  if (!rater) return one("#rater").focus();
  Spyglass.keep("spyglass-rater", rater);
  const many = Spyglass.clamp(Number(one("#many").value) || 10, 1, 500);
  [deck, at, votes] = [deal(many), 0, 0];
  one("#dealt").textContent = deck.length ? "" : "There is no pair of unequal texts in these packs and branches.";
  if (deck.length) show();
  document.activeElement.blur();
});
all("[data-winner]").forEach(button => button.addEventListener("click", () => vote(button.dataset.winner)));
one("#skip").addEventListener("click", next);
one("#next").addEventListener("click", next);
one("#again").addEventListener("click", () => {
  one("#done").hidden = true;
  one("#deal").hidden = false;
});
one("#export-ratings").addEventListener("click", () => Ratings.download(Ratings.rater()));

addEventListener("keydown", event => {
  if (!pair || event.target.matches("input, select, button") || event.ctrlKey || event.metaKey || event.altKey) return;
  const winner = {arrowleft: "a", arrowdown: "tie", arrowright: "b"}[event.key.toLowerCase()];
  if (winner && !pair.voted) vote(winner);
  else if (event.key === "Enter" && pair.voted || event.key.toLowerCase() === "s" && !pair.voted) next();
  else return;
  event.preventDefault();
});
})();
