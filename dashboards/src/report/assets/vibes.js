"use strict";
// Filters of the grid, and the export of ratings.
(() => {
const {one, all, make} = Spyglass, rows = all("table.vibes tbody tr");

function refresh() {
  const words = one("#search").value.toLowerCase(), verdict = one("#verdict").value, changed = one("#changed").checked;
  const tags = all(".tag[aria-pressed=true]").map(button => button.dataset.tag);
  let shown = 0;
  for (const row of rows) {
    const own = row.dataset.tags.split(" ");
    row.hidden = Boolean(words && !row.textContent.toLowerCase().includes(words) || verdict && row.dataset.verdict !== verdict ||
      changed && row.dataset.changed !== "true" || tags.some(tag => !own.includes(tag)));
    if (!row.hidden) shown++;
  }
  one("#count").textContent = `${shown} of ${rows.length} conversations`;
}

for (const id of ["search", "verdict", "changed"]) one(`#${id}`).addEventListener("input", refresh);
all(".tag").forEach(button => button.addEventListener("click", () => {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  all(".tag").filter(other => other.dataset.tag === button.dataset.tag).forEach(other => other.setAttribute("aria-pressed", pressed));
  refresh();
}));
refresh();

const count = () => { one("#rating-count").textContent = `${Ratings.all().length} in this browser`; };
one("#export-ratings").addEventListener("click", () => {
  const href = URL.createObjectURL(new Blob([Ratings.jsonl()], {type: "application/jsonl"}));
  make("a", {href, download: "ratings.jsonl"}).click();
});
one("#import-ratings").addEventListener("change", async event => {
  let taken = 0;
  for (const file of event.target.files) taken += Ratings.read(await file.text());
  count();
  one("#rating-count").append(`, ${taken} taken from the file`);
});
count();
})();
