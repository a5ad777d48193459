"use strict";
// What all pages do for the keyboard and for paper.
// On paper nothing is folded: what is closed opens for the print, and closes again.
{
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Spyglass.all("details:not([open])");
    opened.forEach(fold => { fold.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach(fold => { fold.open = false; }));
}
// A table that is wider than its place scrolls by the keyboard, too.
document.addEventListener("DOMContentLoaded", () => {
  const tables = Spyglass.all(".wide");
  const mark = () => tables.forEach((place, i) => {
    const scrolls = place.scrollWidth > place.clientWidth + 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", `table ${i + 1}, scrolls sideways`]]) {
      scrolls ? place.setAttribute(name, value) : place.removeAttribute(name);
    }
  });
  mark();
  addEventListener("resize", mark);
});
