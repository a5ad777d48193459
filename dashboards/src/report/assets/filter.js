"use strict";
// Many tasks: a filter over figures and tables, which `/` leads to, and their order, by name or by what is new.
(() => {
const {one, all, address} = Spyglass, box = one("#find"), grid = one("#curves .grid");
if (!box || !grid) return;
const figures = all("figure", grid), news = (grid.dataset.news ?? "").split(" ").filter(Boolean);
const rank = new Map(news.map((slug, i) => [slug, i]));
const name = figure => (one("figcaption b", figure)?.textContent ?? figure.id).toLowerCase();
const rows = () => all("#table tbody tr, #compared tbody tr").map(row => [row, (row.cells[0].dataset.v ?? row.cells[0].textContent).toLowerCase()]);

// Every word must be there; several words may stand in any order.
function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean), fits = text => words.every(word => text.includes(word));
  let shown = 0;
  for (const figure of figures) {
    const is = fits(name(figure));
    figure.hidden = !is;
    shown += is;
  }
  rows().forEach(([row, text]) => { row.hidden = !fits(text); });
  for (const entry of all("#folded li")) entry.hidden = !fits(entry.textContent.toLowerCase());
  const folded = one("#folded");
  if (folded && words.length && all("li:not([hidden])", folded).length) folded.open = true;
  one("#found").textContent = words.length ? `${shown} of ${figures.length} figures` : "";
}

function order(way) {
  const sorted = way === "news" ? [...figures].sort((a, b) => (rank.get(a.id) ?? news.length) - (rank.get(b.id) ?? news.length)) : figures;
  grid.append(...sorted);
  all("[data-order]").forEach(button => button.setAttribute("aria-pressed", button.dataset.order === way));
}

box.addEventListener("input", () => {
  address.write({find: box.value || null}, false);
  filter();
});
all("[data-order]").forEach(button => button.addEventListener("click", () => {
  address.write({figures: button.dataset.order === "news" ? "news" : null}, true);
  order(button.dataset.order);
}));
addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    box.focus();
    box.scrollIntoView({block: "nearest"});
  }
  if (event.key === "Escape" && event.target === box) {
    box.value = "";
    box.dispatchEvent(new Event("input"));
    box.blur();
  }
});
address.follow(values => {
  box.value = values.get("find") ?? "";
  order(values.get("figures") ?? "name");
  filter();
});
})();
