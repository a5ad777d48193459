"use strict";
// The matrix of checkpoints: a cell leads to the items that flipped between its two; arrows go from cell to cell.
(() => {
const {one, all} = Spyglass, table = one("#matrix table");
if (!table) return;
const items = one("#matrix").dataset.items, told = one("#matrix .read");
const cells = all("td[title]", table), heads = all("tr:first-child th[data-name]", table);
const names = cell => [heads[cell.cellIndex - 1].dataset.name, cell.parentElement.firstElementChild.dataset.name];
const read = cell => {
  const [a, b] = names(cell);
  told.textContent = `${b} − ${a}: ${cell.title}`;
};
const open = cell => {
  const [a, b] = names(cell);
  if (items) location.href = `${items}#a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&show=flipped`;
};
cells.forEach((cell, index) => cell.tabIndex = index ? -1 : 0);
table.addEventListener("pointerover", event => {
  const cell = event.target.closest("td[title]");
  if (cell) read(cell);
});
table.addEventListener("click", event => {
  const cell = event.target.closest("td[title]");
  if (cell) open(cell);
});
table.addEventListener("focusin", event => {
  const cell = event.target.closest("td[title]");
  if (cell) read(cell);
});
table.addEventListener("keydown", event => {
  const cell = event.target.closest("td[title]"), step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
  if (!cell) return;
  if (event.key === "Enter") return open(cell);
  const row = step && table.tBodies[0].rows[cell.parentElement.sectionRowIndex + step[0]], next = row?.cells[cell.cellIndex + step[1]];
  if (!next?.matches("td[title]")) return;
  event.preventDefault();
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
})();
