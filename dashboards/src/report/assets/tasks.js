"use strict";
// From task to task: J and K go to the next and the one before, as they do among conversations.
addEventListener("keydown", event => {
  const way = {j: "next", k: "prev"}[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  Spyglass.one(`a[rel=${way}]`)?.click();
});
