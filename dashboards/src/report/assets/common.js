"use strict";
// What every page shares: small helpers, numbers as a reader sees them, the theme switch, sortable tables.
const Spyglass = {
  data: {}, // filled by data/*.js
  one: (selector, within = document) => within.querySelector(selector),
  all: (selector, within = document) => [...within.querySelectorAll(selector)],
  clamp: (value, low, high) => Math.min(high, Math.max(low, value)),

  // Three significant figures without trailing zeros.
  three: value => value === 0 ? "0" : String(Number(value.toPrecision(3))),

  // Tokens as 1.21 T, 650 B, 6.9 M or 12 k.
  tokens: count => {
    for (const [scale, unit] of [[1e12, " T"], [1e9, " B"], [1e6, " M"], [1e3, " k"]]) {
      if (count >= scale * 0.9995) return Spyglass.three(count / scale) + unit;
    }
    return Spyglass.three(count);
  },

  // An element with attributes; a string among the children becomes text, never markup.
  make: (name, attributes = {}, ...children) => {
    const svg = ["svg", "path", "rect"].includes(name);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  },

  // Loads data/<name>.js, as it is now, and calls back when it is there.
  load: (name, then) => {
    const root = document.querySelector("link[rel=stylesheet]").getAttribute("href").replace("assets/page.css", "");
    const script = Spyglass.make("script", {src: `${root}data/${name}.js?${Date.now()}`});
    script.addEventListener("load", () => {
      script.remove();
      then();
    });
    script.addEventListener("error", () => script.remove());
    document.head.append(script);
  },

  // Something kept in the browser; a page from disk may be refused that.
  keep: (key, value) => {
    try {
      if (value === undefined) return localStorage.getItem(key);
      localStorage.setItem(key, value);
    } catch {
      return null;
    }
  },
};

document.documentElement.classList.add("on");
{
  const root = document.documentElement;
  const kept = Spyglass.keep("spyglass-theme");
  if (kept) root.dataset.theme = kept;
  document.addEventListener("DOMContentLoaded", () => {
    const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    Spyglass.one("#theme").addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      Spyglass.keep("spyglass-theme", root.dataset.theme);
    });
    Spyglass.all("time").forEach(localise);
    Spyglass.all("table thead").forEach(sortable);
    Spyglass.address.follow(values => sortAs(values.get("sort") ?? ""));
  });
}

// A moment as the reader's clock and language tell it, the zone named.
function localise(time) {
  const parts = {year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short"};
  const moment = new Date(time.dateTime || time.textContent);
  if (!Number.isNaN(moment.getTime())) time.textContent = moment.toLocaleString([], parts);
}

// Sorts the page's tables as its address says: `0.2.up` is the first by its third column. Without a word rows stand as they came.
const firstOrder = new Map();
function sortAs(word) {
  const {all} = Spyglass, heads = all("table thead"), [table, column, way] = word.split(".");
  const bodies = heads.map(head => head.parentElement.tBodies[0]).filter(Boolean);
  for (const body of bodies) {
    if (!firstOrder.has(body)) firstOrder.set(body, [...body.rows]);
    else firstOrder.get(body).forEach(row => body.append(row));
  }
  heads.forEach(head => all("[aria-sort]", head).forEach(heading => heading.removeAttribute("aria-sort")));
  const heading = heads[Number(table)] && all("tr:last-child th", heads[Number(table)])[Number(column)];
  if (word && heading) Spyglass.one("button", heading)?.dispatchEvent(new CustomEvent("sort", {detail: way === "up"}));
}

// Headings become buttons that sort by their cells' `data-v`.
function sortable(head) {
  if (head.parentElement.tBodies.length > 1) return; // rows of one body belong together
  const {all, make} = Spyglass, headings = all("tr:last-child th", head), body = head.parentElement.tBodies[0];
  headings.forEach((heading, column) => {
    if (!heading.textContent.trim() || Spyglass.one(".sr", heading)) return; // a mark, not a word
    const button = make("button", {type: "button"}, heading.textContent);
    heading.replaceChildren(button);
    const table = Spyglass.all("table thead").indexOf(head);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      sort(up);
      Spyglass.address.write({sort: `${table}.${column}.${up ? "up" : "down"}`}, true);
    });
    button.addEventListener("sort", event => sort(event.detail));
    const sort = up => {
      headings.forEach(other => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = row => row.children[column].dataset.v ?? row.children[column].textContent;
      const numbers = heading.classList.contains("n");
      const compare = (a, b) => numbers ? (parseFloat(value(a)) || 0) - (parseFloat(value(b)) || 0) : value(a).localeCompare(value(b));
      all("tr", body).sort((a, b) => (up ? 1 : -1) * compare(a, b)).forEach(row => body.append(row));
    };
  });
}
