"use strict";
// Filters of the grid, and the export of ratings.
(() => {
const {one, all, address} = Spyglass, rows = all("table.vibes tbody tr");

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

function changed() {
  const tags = new Set(all(".tag[aria-pressed=true]").map(button => button.dataset.tag));
  address.write({search: one("#search").value, verdict: one("#verdict").value, changed: one("#changed").checked ? "1" : null, tags: [...tags].join(" ")}, false);
  refresh();
}

for (const id of ["search", "verdict", "changed"]) one(`#${id}`).addEventListener("input", changed);
all(".tag").forEach(button => button.addEventListener("click", () => {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  all(".tag").filter(other => other.dataset.tag === button.dataset.tag).forEach(other => other.setAttribute("aria-pressed", pressed));
  changed();
}));
address.follow(values => {
  one("#search").value = values.get("search") ?? "";
  one("#verdict").value = values.get("verdict") ?? "";
  one("#changed").checked = values.get("changed") === "1";
  const tags = (values.get("tags") ?? "").split(" ");
  all(".tag").forEach(button => button.setAttribute("aria-pressed", tags.includes(button.dataset.tag)));
  refresh();
});

const count = () => { one("#rating-count").textContent = `${Ratings.all().length} in this browser`; };
one("#export-ratings").addEventListener("click", () => new Set(Ratings.all().map(rating => rating.rater)).forEach(Ratings.download));
one("#import-ratings").addEventListener("change", async event => {
  let taken = 0;
  for (const file of event.target.files) taken += Ratings.read(await file.text());
  count();
  one("#rating-count").append(`, ${taken} taken from the file`);
});
count();
})();
