"use strict";
// The items shown, to take along: copied, as CSV, as JSON lines; and the command that asks the next question.
(() => {
const {one, make, items} = Spyglass, {data, state} = items;

// A row an item, with the names of its two checkpoints; what is not known is null.
function rows() {
  const word = value => value === 2 ? true : value === 1 ? false : null, share = value => Number.isNaN(value) ? null : Number(value.toFixed(3));
  const twin = items.twin();
  return state.shown.map(item => ({
    task: one("#next").dataset.task, doc_id: data.id[item], part: data.subjects[data.subject[item]] ?? null,
    ...(state.a < 0 ? {} : {a: data.names[state.a], right_a: word(items.verdict(item, state.a)), p_gold_a: share(items.chance(item, state.a))}),
    b: data.names[state.b], right_b: word(items.verdict(item, state.b)), p_gold_b: share(items.chance(item, state.b)),
    ...(twin ? {twin: twin.words, right_twin: word(items.verdict(item, state.b, twin.right)), p_gold_twin: share(items.chance(item, state.b, twin.p))} : {}),
    question: data.text[item],
  }));
}

const jsonl = () => rows().map(row => JSON.stringify(row) + "\n").join("");
function csv() {
  const all = rows(), cell = value => /[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? "");
  return all.length ? [Object.keys(all[0]), ...all.map(Object.values)].map(row => row.map(cell).join(",") + "\n").join("") : "";
}

function save(text, kind, end) {
  const file = URL.createObjectURL(new Blob([text], {type: kind}));
  make("a", {download: `${one("#next").dataset.task}-items.${end}`, href: file}).click();
  setTimeout(() => URL.revokeObjectURL(file));
}

// A page from disk may be refused the clipboard; then the text is selected and copied as a reader would.
function copy(text) {
  const area = make("textarea", {"aria-hidden": "true"});
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  one("#copy").textContent = `copied ${state.shown.length}`;
  setTimeout(() => { one("#copy").textContent = "copy"; }, 2000);
}

one("#copy").addEventListener("click", () => copy(jsonl()));
one("#csv").addEventListener("click", () => save(csv(), "text/csv", "csv"));
one("#jsonl").addEventListener("click", () => save(jsonl(), "application/x-ndjson", "jsonl"));

items.told = () => {
  const suspects = one("#twin")?.value || state.a < 0, task = one("#next").dataset.task;
  one("#next").textContent = suspects ? `spyglass overlap --tasks ${task} --data data --text TRAINING_TEXT`
    : `spyglass compare ${data.sides[state.a]} ${data.sides[state.b]} --items`;
};
})();
