"use strict";
// Two checkpoints' conversations beside each other: differences marked, keys for walking, stars, and blind comparison.
(() => {
const {one, all, make, tokens, address} = Spyglass, data = Spyglass.data.talk, talks = data.talks;
const name = talk => `${talk.branch}${talk.variant ? ` ${talk.variant}` : ""} at ${tokens(talk.tokens)} (step ${talk.step})`;
const key = talk => `${talk.branch}@${talk.step}${talk.variant ? `@${talk.variant}` : ""}`; // columns are each pack's own
const place = talk => talk.variant ? {branch: talk.branch, step: talk.step, variant: talk.variant} : {branch: talk.branch, step: talk.step};
const newest = talks.reduce((best, talk, i) => talk.tokens >= talks[best].tokens ? i : best, 0);
const before = i => talks[i].before ?? i; // the checkpoint before it on its path; the first stands alone
let right = newest, left = before(right);
let blind = null; // while two are hidden: which of left and right stands on the left
let waiting = null; // a vote that waits for its rater's name

one("#plain").hidden = true;
for (const [id, set] of [["#left", i => { left = i; }], ["#right", i => { right = i; }]]) {
  const select = one(id);
  talks.forEach((talk, i) => select.append(make("option", {value: i}, name(talk))));
  select.addEventListener("change", () => { set(Number(select.value)); blind = null; draw(true); });
}

// Words that are not in the other text's longest common run of words are marked.
function marked(text, other) {
  const a = text.split(/(\s+)/), b = new Set(lcs(a, other.split(/(\s+)/)));
  return a.map((word, i) => b.has(i) || !word.trim() ? word : make("mark", {}, word));
}

// Indices of the words of `a` in a longest common subsequence; long texts are compared by their first 400 words.
function lcs(a, b) {
  const n = Math.min(a.length, 800), m = Math.min(b.length, 800), best = Array.from({length: n + 1}, () => new Uint16Array(m + 1));
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  }
  const found = [];
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[i] === b[j]) { found.push(i); i++; j++; } else if (best[i + 1][j] >= best[i][j + 1]) i++; else j++;
  }
  return found;
}

const verdicts = checks => make("ul", {class: "checks"}, ...checks.map(([passed, text]) => make("li", {class: passed ? "right" : "wrong"}, `${passed ? "✓" : "✗"} ${text}`)));

// The cells of one conversation from top to bottom: its head, its turns, the checks of the whole.
function cells(talk, other, heading, hidden) {
  const head = [make("h3", {}, heading)];
  if (!hidden) head.push(make("p", {class: "note"}, `${talk.passed === null ? "no checks" : talk.passed ? "✓ passes" : "✗ fails"} · spoken to ${talk.rendering}`));
  if (talk.system) head.push(make("p", {class: "said soft", dir: "auto"}, talk.system));
  const turns = talk.turns.map((turn, i) => {
    const against = other.turns[i]?.reply ?? "";
    const reply = make("p", {class: "reply said", dir: "auto"}, ...(turn.reply ? marked(turn.reply, against) : ["(empty reply)"]));
    const parts = [make("p", {class: "user said", dir: "auto"}, turn.user), reply];
    if (hidden) return parts;
    const notes = [turn.stop];
    if (turn.margin !== null) notes.push(turn.margin === 0 ? "prefers neither the right words nor the wrong" : `prefers the ${turn.margin < 0 ? "wrong" : "right"} words by ${Math.abs(turn.margin).toFixed(2)} (log-probability a token)`);
    if (turn.reference !== null) notes.push(`example answer: ${signed(turn.reference)} (log-probability a token)`);
    const checks = [...turn.checks, ...(turn.persona ? [turn.persona] : [])];
    return [...parts, verdicts(checks), make("p", {class: "note"}, notes.join(" · "))];
  });
  const whole = hidden || !talk.checks.length ? [] : [make("h3", {}, "on the whole"), verdicts(talk.checks)];
  return [head, ...turns, whole].map(parts => make("div", {}, ...parts));
}

const signed = number => (number < 0 ? "−" : "+") + Math.abs(number).toFixed(2);

// Shows the two; `isStep`: the browser's button can go back to those before.
function draw(isStep = false) {
  one("#left").value = left;
  one("#right").value = right;
  const [a, b] = blind ? blind.map(i => talks[i]) : [talks[left], talks[right]], hidden = blind !== null;
  // Row by row, so that turns stand level; a talk cut short by its context limit may have fewer.
  const alone = [make("div", {class: "empty"}, "Nothing to compare it with.")];
  const sides = [a === b ? alone : cells(a, b, hidden ? "A" : name(a), hidden), cells(b, a, hidden ? "B" : name(b), hidden)];
  const rows = Array.from({length: Math.max(...sides.map(side => side.length))}, (_, i) => sides.map(side => side[i] ?? make("div")));
  one("#talks").replaceChildren(...rows.flat());
  one("#votes").hidden = !hidden;
  one("#reveal").textContent = "";
  all("#stars, #walk").forEach(part => { part.hidden = hidden; });
  all("#left, #right").forEach(select => {
    select.disabled = hidden;
    select.closest("label").hidden = hidden; // it names them
  });
  if (hidden) return;
  stars();
  // The prompts beside this one, and this page opened anew, show the same checkpoints.
  address.write({a: key(talks[left]), b: key(talks[right])}, isStep, "");
  all("#prompt-before, #prompt-after").forEach(link => { link.hash = location.hash; });
}

const base = () => ({rater: Ratings.rater(), pack: data.pack, prompt: data.prompt, variables: data.variables ?? {}, repeat: data.repeat, time: new Date().toISOString()});
const same = rating => rating.rater === Ratings.rater() && rating.pack === data.pack && rating.prompt === data.prompt && rating.repeat === data.repeat &&
  JSON.stringify(rating.variables) === JSON.stringify(data.variables ?? {});

function stars() {
  const at = place(talks[right]), mine = Ratings.all().find(r => r.kind === "stars" && same(r) && JSON.stringify(r.at) === JSON.stringify(at));
  all("[data-stars]").forEach(button => button.setAttribute("aria-pressed", Number(button.dataset.stars) === mine?.stars));
  one("#note").value = mine?.note ?? "";
  one("#rated").textContent = mine ? `kept ${Ratings.where}` : "";
}

// Does what needs a rater's name, once there is one: under a name that everybody has, one reader's votes would replace another's.
function named(act) {
  if (Ratings.rater()) {
    act();
    return;
  }
  waiting = act;
  one("#who").textContent = "your name first, so that your votes stay apart from others'";
  one("#rater").focus();
}

function rate(count) {
  Ratings.add({...base(), kind: "stars", at: place(talks[right]), stars: count, note: one("#note").value});
  stars();
}

const words = talk => JSON.stringify(talk.turns.map(turn => [turn.user, turn.reply]));

function beginBlind() {
  if (left === right || blind) return;
  if (words(talks[left]) === words(talks[right])) {
    one("#reveal").textContent = "Both say the same, word for word: there is nothing to vote on.";
    return;
  }
  blind = Math.random() < 0.5 ? [left, right] : [right, left];
  draw();
}

function leaveBlind() {
  blind = null;
  draw();
}

function vote(winner) {
  const [a, b] = blind.map(i => talks[i]);
  const counts = Ratings.add({...base(), kind: "pair", a: place(a), b: place(b), winner});
  leaveBlind();
  one("#reveal").textContent = `The left was ${name(a)}, the right ${name(b)}. ${counts ? `Kept ${Ratings.where}.` : "You judged this pair before: your first vote counts."}`;
}

one("#rater").value = Ratings.rater();
one("#rater").addEventListener("change", event => {
  Spyglass.keep("spyglass-rater", event.target.value.trim());
  stars();
  if (!Ratings.rater()) return;
  const act = waiting;
  waiting = null;
  one("#who").textContent = "";
  act?.();
});
one("#note").addEventListener("change", () => { if (one("[data-stars][aria-pressed=true]")) rate(Number(one("[data-stars][aria-pressed=true]").dataset.stars)); });
one("#blind").addEventListener("click", () => named(beginBlind));
all("[data-winner]").forEach(button => button.addEventListener("click", () => vote(button.dataset.winner)));
one("#leave").addEventListener("click", leaveBlind);
all("[data-stars]").forEach(button => button.addEventListener("click", () => named(() => rate(Number(button.dataset.stars)))));

addEventListener("keydown", event => {
  if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase(), step = {arrowleft: -1, arrowright: 1}[key];
  const winner = {arrowleft: "a", arrowdown: "tie", arrowright: "b"}[key];
  if (blind && winner) {
    event.preventDefault();
    vote(winner);
  } else if (blind && key === "escape") {
    leaveBlind();
  } else if (step) {
    right = Spyglass.clamp(right + step, 0, talks.length - 1);
    left = before(right);
    draw();
  } else if (key === "j" || key === "k") {
    one(key === "j" ? "#prompt-after" : "#prompt-before")?.click();
  } else if (key === "b") {
    event.preventDefault(); // the focus may go to the rater's name, where the key would be typed
    one("#blind").click();
  } else if (/^[1-5]$/.test(key) && !blind) {
    event.preventDefault();
    named(() => rate(Number(key)));
  }
});
// An address names the later checkpoint by `b`, or, from a cell of the grid, by its column alone.
address.follow(values => {
  const column = name => talks.findIndex(talk => key(talk) === name || String(talk.column) === name);
  const linked = column(values.get("b") ?? location.hash.slice(1)), earlier = column(values.get("a"));
  right = linked < 0 ? newest : linked;
  left = earlier < 0 ? before(right) : earlier;
  blind = null;
  draw();
});
})();
