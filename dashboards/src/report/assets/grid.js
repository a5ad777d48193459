"use strict";
// A grid of verdicts is one stop for the tab key; arrows go from cell to cell. Each cell says aloud what it shows.
document.addEventListener("DOMContentLoaded", () => {
  const {all} = Spyglass, said = {pass: "passes", part: "passes in part", fail: "fails", said: "nothing is checked"};
  for (const table of all("table.vibes")) {
    const rows = all("tbody tr", table).map(row => all("td > a.v", row)).filter(row => row.length), cells = rows.flat();
    if (!cells.length) continue;
    const heads = all("thead tr:last-child > *", table);
    for (const cell of cells) {
      const prompt = cell.closest("tr").cells[0].textContent.trim(), place = heads[cell.parentElement.cellIndex]?.textContent.trim();
      const verdict = Object.keys(said).find(kind => cell.classList.contains(kind));
      cell.setAttribute("aria-label", `${prompt}, ${place}: ${said[verdict]}`);
      cell.tabIndex = -1;
    }
    cells[0].tabIndex = 0;
    const go = (from, to) => {
      if (!to) return;
      from.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    };
    table.addEventListener("keydown", event => {
      const cell = event.target, shown = rows.filter(row => !row[0].closest("tr").hidden), y = shown.findIndex(row => row.includes(cell));
      if (y < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      const x = shown[y].indexOf(cell), column = cell.parentElement.cellIndex;
      const below = way => shown[y + way] && shown[y + way].reduce((best, other) =>
        Math.abs(other.parentElement.cellIndex - column) < Math.abs(best.parentElement.cellIndex - column) ? other : best);
      const next = {ArrowLeft: () => shown[y][x - 1], ArrowRight: () => shown[y][x + 1], ArrowUp: () => below(-1), ArrowDown: () => below(1),
        Home: () => shown[y][0], End: () => shown[y][shown[y].length - 1]}[event.key];
      if (!next) return;
      event.preventDefault();
      event.stopPropagation();
      go(cell, next());
    });
    table.addEventListener("focusin", event => {
      if (!cells.includes(event.target)) return;
      cells.forEach(cell => { cell.tabIndex = -1; });
      event.target.tabIndex = 0;
    });
  }
});
