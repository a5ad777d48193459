"use strict";
// What a page shows stands in its address, so that a copy of the address shows it too: `#curve&x=loss&at=14131200`. The place to scroll to
// comes first, where there is one; what is as it was at first is left out.
Spyglass.address = (() => {
  let written = location.hash.slice(1);

  const plain = text => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  function read() {
    const parts = location.hash.slice(1).split("&").filter(Boolean);
    const anchor = parts.length && !parts[0].includes("=") ? plain(parts.shift()) : "";
    const values = new Map(parts.map(part => [part.split("=")[0], plain(part.slice(part.indexOf("=") + 1))]));
    return {anchor, values};
  }

  // Changes values; `null` and the empty text take one out. A step can be gone back by the browser's button, a trifle cannot.
  function write(changes, isStep, place) {
    const {anchor, values} = read();
    for (const [key, value] of Object.entries(changes)) value === null || value === "" ? values.delete(key) : values.set(key, value);
    const parts = [...values].map(([key, value]) => `${key}=${encodeURIComponent(value)}`), first = place ?? anchor;
    const hash = [...(first ? [encodeURIComponent(first)] : []), ...parts].join("&") || (location.hash ? "&" : "");
    if (hash === written) return;
    if (isStep) location.hash = hash; else location.replace(`#${hash}`);
    written = location.hash.slice(1);
  }

  const scroll = () => document.getElementById(read().anchor)?.scrollIntoView();

  // Calls back with the values, now and whenever the reader goes back, forward, or to another address of this page.
  function follow(apply) {
    const now = () => apply(read().values);
    now();
    addEventListener("hashchange", () => {
      const hash = location.hash.slice(1);
      if (hash === written) return;
      setTimeout(() => { written = hash; }); // when all have followed
      now();
    });
  }

  // Links to places of this page keep what it shows.
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const place = plain(link.hash.slice(1));
    if (link.pathname !== location.pathname || !document.getElementById(place)) return;
    event.preventDefault();
    write({}, true, place);
    scroll();
  });

  // A mark beside each heading and figure, whose address leads there.
  document.addEventListener("DOMContentLoaded", () => {
    for (const [selector, title] of [["section[id]", "h2"], ["figure[id]", "figcaption"]]) {
      for (const place of Spyglass.all(selector)) {
        const name = Spyglass.one(title, place)?.querySelector("b")?.textContent ?? place.id;
        const mark = Spyglass.make("a", {class: "mark", href: `#${encodeURIComponent(place.id)}`, "aria-label": `link to ${name}`}, "¶");
        Spyglass.one(title, place)?.append(mark);
      }
    }
    if (read().values.size) scroll();
  });
  return {write, follow};
})();
