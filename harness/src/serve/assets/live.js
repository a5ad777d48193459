"use strict";
// What `spyglass serve` adds to a page: how far the work has come, notes that go into the results, and votes that do so too.
(() => {
const kept = globalThis.spyglassKept ?? {notes: [], ratings: [], checkpoints: []};
const one = (selector, within = document) => within.querySelector(selector);
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// Sends something that is to be kept; the answer is what was kept. What was refused is said on the page.
async function send(where, what) {
  try {
    const answer = await fetch(`/live/${where}`, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(what)});
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    complain(answer.headers.get("content-type") === "application/json" ? JSON.parse(text).error : text);
  } catch (error) {
    complain(`the server does not answer (${error.message})`);
  }
  return null;
}

function complain(text) {
  const line = one("#live-error") ?? make("p", {id: "live-error", role: "alert", class: "alarm"});
  line.textContent = `Not kept: ${text}`;
  one("main").prepend(line);
}

// Votes: the page keeps all of them under one key of the browser's store; here that key is the results.
if (typeof Ratings !== "undefined") Ratings.where = "in the results";
for (const words of document.querySelectorAll(".local")) words.textContent = "What you vote goes into the results. ";
if (typeof Spyglass !== "undefined") {
  const inBrowser = Spyglass.keep;
  Spyglass.keep = (key, value) => {
    if (!key.startsWith("spyglass-ratings ")) return inBrowser(key, value);
    if (value === undefined) return JSON.stringify(kept.ratings);
    const known = new Set(kept.ratings.map(rating => JSON.stringify(rating)));
    kept.ratings = JSON.parse(value);
    for (const rating of kept.ratings) if (!known.has(JSON.stringify(rating))) send("ratings", rating);
    return null;
  };
}

const duration = seconds => seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;

// A reader who writes or votes is not to be torn away from it.
const isBusy = () => {
  const at = document.activeElement, votes = one("#votes, #pair"); // of one conversation, or of a deck that is dealt
  return (at && at.matches("input, textarea, select")) || [...document.querySelectorAll("textarea")].some(area => area.value) || (votes && !votes.hidden);
};

let made = document.documentElement.dataset.made ?? null, newer = false;
function show(progress) {
  if (progress.made && progress.made !== made) newer = true;
  const section = one("#live") ?? make("section", {id: "live", "aria-live": "polite", class: "note"});
  const parts = [progress.units === null ? `${progress.done} units` : `${progress.done} of ${progress.units} units`];
  if (progress.failed) parts.push(`${progress.failed} failed`);
  if (progress.workers.length) parts.push(progress.workers.length === 1 ? "1 worker" : `${progress.workers.length} workers`);
  if (progress.seconds_left !== null && progress.done < progress.units) parts.push(`about ${duration(progress.seconds_left)} left`);
  if (progress.problem) parts.push(`cannot be counted: ${progress.problem}`);
  const bar = make("progress", {id: "live-progress", max: progress.units || 1, value: progress.done, "aria-label": "units that are finished"});
  const logs = progress.workers.map(worker => make("details", {"data-worker": worker.name}, make("summary", {}, worker.name), make("pre", {}, worker.lines.join("\n"))));
  const opened = new Set([...section.querySelectorAll("details[open]")].map(details => details.dataset.worker));
  for (const log of logs) log.open = opened.has(log.dataset.worker);
  section.replaceChildren(...(progress.units === null ? [] : [bar, " "]), make("span", {id: "live-said"}, parts.join(" · ")), ...logs);
  one("main").prepend(section);
  const still = one("#under-way"); // how far it was when the page was written
  if (still) still.textContent = "";
  if (newer && !isBusy()) location.reload();
  else if (newer && typeof Spyglass !== "undefined") Spyglass.newer?.look(); // the line that a page from disk has
}

// What a note written here is about: the page says, and the reader chooses the checkpoint or item.
function about(base, choice) {
  const at = {branch: choice.branch, step: choice.step, ...(choice.variant ? {variant: choice.variant} : {})};
  if (base.kind === "run") return choice.branch === undefined ? base : {kind: "checkpoint", at};
  if (base.kind === "item") return {...base, item: choice.item};
  return base.kind === "transcript" ? {...base, at} : base;
}

const checkpointName = at => `${at.branch} step ${at.step}${at.variant ? ` ${at.variant}` : ""}`;
const sameTalk = (a, b) => ["pack", "prompt", "repeat"].every(key => a[key] === b[key]) && JSON.stringify(a.variables) === JSON.stringify(b.variables);

// Whether a note stands on this page, and what it says of its place there.
function placed(note, base) {
  const of = note.about, own = {run: "", task: of.task, item: `item ${of.item}`, checkpoint: of.at && checkpointName(of.at), transcript: of.at && checkpointName(of.at)}[of.kind];
  if (base.kind === "run") return {run: "", item: `${of.task}, item ${of.item}`, transcript: `${of.pack}: ${of.prompt}, ${own}`}[of.kind] ?? own;
  if (base.kind === "task" && ["task", "item"].includes(of.kind) && of.task === base.task) return of.kind === "task" ? "" : own;
  if (base.kind === "item" && of.kind === "item" && of.task === base.task) return own;
  return base.kind === "transcript" && of.kind === "transcript" && sameTalk(of, base) ? own : null;
}

function notes(section) {
  const base = JSON.parse(section.dataset.about), list = one("ul", section);
  const author = make("input", {id: "note-author", size: 10, value: Spyglass.keep("spyglass-rater") ?? "", maxlength: 200});
  const text = make("textarea", {id: "note-text", rows: 2, cols: 60, maxlength: 10000});
  const button = make("button", {type: "button", id: "note-add"}, "add the note");
  const place = choose(base);
  section.append(make("p", {class: "bar-of-controls"}, ...place.parts, make("label", {}, "your name ", author), make("label", {}, "note ", text), button));
  section.hidden = false;

  const draw = () => list.replaceChildren(...kept.notes.filter(note => placed(note, base) !== null).map(note => {
    const gone = make("button", {type: "button", "aria-label": "take this note back"}, "×");
    gone.addEventListener("click", async () => {
      if (!await send("notes", {...note, text: ""})) return;
      kept.notes = kept.notes.filter(other => other !== note);
      draw();
    });
    const where = placed(note, base), time = make("time", {}, new Date(note.time).toLocaleString());
    return make("li", {"data-note": note.id}, ...(where ? [make("b", {}, where), " · "] : []), make("span", {class: "words", dir: "auto"}, note.text), " ", make("small", {class: "soft"}, `${note.author}, `, time), " ", gone);
  }));
  button.addEventListener("click", async () => {
    if (!author.value.trim() || !text.value.trim()) {
      (author.value.trim() ? text : author).focus();
      return;
    }
    Spyglass.keep("spyglass-rater", author.value.trim());
    const note = await send("notes", {author: author.value.trim(), about: about(base, place.chosen()), text: text.value});
    if (!note) return;
    text.value = "";
    kept.notes.push(note);
    draw();
  });
  draw();
}

// What of the page a note is about: a checkpoint, an item, or nothing to choose.
function choose(base) {
  if (base.kind === "item") {
    const item = make("input", {id: "note-item", type: "number", min: 0, value: 0, size: 6});
    return {parts: [make("label", {}, "item ", item)], chosen: () => ({item: Number(item.value)})};
  }
  if (base.kind === "task") return {parts: [], chosen: () => ({})};
  const talks = typeof Spyglass !== "undefined" && Spyglass.data.talk?.talks;
  const all = base.kind === "transcript" ? (talks || []).map(({branch, step, variant}) => ({branch, step, variant})) : kept.checkpoints;
  const select = make("select", {id: "note-about"});
  if (base.kind === "run") select.append(make("option", {value: -1}, "the run"));
  all.forEach((at, index) => select.append(make("option", {value: index}, checkpointName(at))));
  if (base.kind === "transcript") select.value = String(Math.max(0, Number(one("#right")?.value ?? 0)));
  return {parts: [make("label", {}, "about ", select)], chosen: () => all[Number(select.value)] ?? {}};
}

addEventListener("DOMContentLoaded", () => {
  const section = one("#notes");
  if (section && typeof Spyglass !== "undefined") notes(section);
  // A browser holds six connections to a server: a page that nobody sees keeps none of them.
  let source = null;
  const listen = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/live/events");
      source.addEventListener("progress", event => show(JSON.parse(event.data)));
    }
  };
  document.addEventListener("visibilitychange", listen);
  listen();
});
})();
