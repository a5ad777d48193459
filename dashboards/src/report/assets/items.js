"use strict";
// The list of a task's items at two checkpoints, A and B: only the rows in sight exist, so that ten thousand scroll smoothly.
Spyglass.items = (() => {
const {one, all, make, tokens, address} = Spyglass, data = Spyglass.data.items;
const ROW = 30, count = data.id.length, columns = data.checkpoints.length;
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const p = bytes(data.p), right = bytes(data.right);
const twins = data.twins.map(twin => ({words: twin.words, p: bytes(twin.p), right: bytes(twin.right)}));
const newest = data.names.indexOf(one("#b").value);

// Per item: changes between right and wrong along each branch.
const flips = new Uint16Array(count);
for (let item = 0; item < count; item++) {
  for (let c = 0, last = 0, branch = -1; c < columns; c++) {
    if (data.checkpoints[c][0] !== branch) [branch, last] = [data.checkpoints[c][0], 0];
    const now = right[item * columns + c];
    if (now && last && now !== last) flips[item]++;
    if (now) last = now;
  }
}

const list = one("#list"), sheet = list.firstElementChild;
const controls = ["a", "b", "show", "twin", "search", "flips", "order", "subject"].map(id => one(`#${id}`)).filter(Boolean);
const MOST_PRINTED = 1000;
let isPrinted = false;
const state = {shown: [], selected: -1, a: -1, b: newest};

// 2 right, 1 wrong, 0 not scored; P(gold) as a share, NaN where there is none.
const verdict = (item, c, of = right) => c < 0 ? 0 : of[item * columns + c];
const chance = (item, c, of = p) => {
  const value = c < 0 ? 0 : of[item * columns + c];
  return value ? (value - 1) / 254 : NaN;
};
const twin = () => twins.find(known => known.words === one("#twin")?.value) ?? twins[0];

// Tokens since which it is right at every checkpoint of B's branch up to B. The first time it was right says little: guessing is right at times.
function since(item) {
  let from = Infinity;
  for (let c = state.b; c >= 0 && data.checkpoints[c][0] === data.checkpoints[state.b][0]; c--) {
    const now = verdict(item, c);
    if (now === 1) break;
    if (now === 2) from = data.checkpoints[c][2];
  }
  return verdict(item, state.b) === 2 ? from : Infinity;
}

// What became of an item from A to B.
function outcomes(item) {
  const a = verdict(item, state.a), b = verdict(item, state.b);
  const found = b ? [b === 2 ? "right" : "wrong"] : [];
  if (!a || !b) return found;
  const change = a === b ? (a === 2 ? "both" : "neither") : a === 2 ? "lost" : "gained";
  return a === b ? [...found, change] : [...found, change, "flipped"];
}

function refresh() {
  const value = id => one(`#${id}`)?.value ?? "";
  [state.a, state.b] = ["a", "b"].map(id => data.names.indexOf(value(id)));
  const words = value("search").toLowerCase(), least = Number(value("flips")) || 0, part = value("subject"), show = value("show");
  const suspect = value("twin") && twin(), counts = new Map(), number = words.replace(/^#/, "");
  state.shown = [];
  for (let item = 0; item < count; item++) {
    if (words && !data.text[item].toLowerCase().includes(words) && String(data.id[item]) !== number) continue;
    if (flips[item] < least || (part && data.subjects[data.subject[item]] !== part)) continue;
    if (suspect && !(verdict(item, state.b) === 2 && verdict(item, state.b, suspect.right) === 1)) continue;
    const found = outcomes(item);
    found.forEach(outcome => counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
    if (!show || found.includes(show)) state.shown.push(item);
  }
  for (const option of one("#show").options) {
    option.dataset.words ??= option.textContent;
    const needsA = !["", "right", "wrong"].includes(option.value);
    option.disabled = needsA && state.a < 0;
    option.textContent = option.disabled || !option.value ? option.dataset.words : `${option.dataset.words} (${counts.get(option.value) ?? 0})`;
  }
  const or = value => Number.isNaN(value) ? Infinity : value, rise = item => chance(item, state.b) - chance(item, state.a);
  const keys = {
    flips: item => -flips[item], since, id: item => item, p: item => or(chance(item, state.b)),
    fall: item => or(rise(item)), rise: item => or(-rise(item)), gap: item => or(chance(item, state.b, twin()?.p) - chance(item, state.b)),
  };
  const key = keys[value("order")];
  const of = new Map(state.shown.map(item => [item, key(item)]));
  state.shown.sort((x, y) => (of.get(x) === of.get(y) ? 0 : of.get(x) - of.get(y)) || x - y);
  const both = state.a < 0 ? "" : ["lost", "gained", "both", "neither"].map(kind => `${counts.get(kind) ?? 0} ${kind}`).join(" · ");
  one("#count").textContent = `${state.shown.length} of ${count}${both ? `: ${both}` : ""}`;
  all(".heads [data-order]").forEach(head => head.setAttribute("aria-pressed", head.dataset.order === value("order")));
  sheet.style.height = `${state.shown.length * ROW}px`;
  one("#none").hidden = state.shown.length > 0;
  list.hidden = !state.shown.length;
  if (list.hidden) one("#none span").textContent = nothing(suspect);
  draw();
  Spyglass.items?.told?.();
}

// Why no item is there.
function nothing(suspect) {
  const value = id => one(`#${id}`)?.value, show = one("#show").selectedOptions[0], words = show?.dataset.words;
  if (show?.disabled) return `“${words}” is told of two checkpoints: choose A, too.`;
  const sides = state.a < 0 ? `B ${data.names[state.b]}` : `A ${data.names[state.a]}, B ${data.names[state.b]}`;
  const asked = [
    show?.value && words, suspect && `right as printed, wrong when ${suspect.words}`, value("search") && `“${value("search")}”`,
    value("subject") && `part ${value("subject")}`, Number(value("flips")) > 0 && `flips at least ${value("flips")}`,
  ];
  return `No item is ${asked.filter(Boolean).join(" and ") || "here"} (${sides}).`;
}

// P(gold) from 0 to 1 over all checkpoints, a line for each branch, and chance.
function spark(item) {
  const y = share => (22 - 20 * share).toFixed(1), lines = data.branches.map(() => "");
  let before = -1; // branch of the point before, where there is one
  for (let c = 0; c < columns; c++) {
    const value = p[item * columns + c], branch = data.checkpoints[c][0];
    if (value) {
      const x = (2 + 216 * c / Math.max(1, columns - 1)).toFixed(1);
      lines[branch] += branch === before ? `L${x} ${y((value - 1) / 254)}` : `M${x} ${y((value - 1) / 254)}h0`;
    }
    before = value ? branch : -1;
  }
  const guess = data.chance === null ? [] : [make("path", {class: "chance", d: `M2 ${y(data.chance)}H218`})];
  const drawn = lines.flatMap((d, branch) => d ? [make("path", {class: `s${data.branches[branch][1]}`, d})] : []);
  return make("svg", {class: "spark", viewBox: "0 0 220 24", "aria-hidden": "true"}, ...guess, ...drawn);
}

const sign = value => make("span", {class: value === 2 ? "right" : "wrong"}, value === 2 ? "✓ right" : value === 1 ? "✗ wrong" : "");

function draw() {
  const {shown} = state;
  const top = isPrinted ? 0 : Math.floor(list.scrollTop / ROW), inSight = isPrinted ? MOST_PRINTED : Math.ceil(list.clientHeight / ROW) + 2;
  const bottom = Math.min(shown.length, top + inSight);
  const rows = [];
  list.removeAttribute("aria-activedescendant");
  for (let i = top; i < bottom; i++) {
    const item = shown[i];
    const row = make("div", {class: "row", id: `item-${item}`, role: "option", "aria-selected": item === state.selected},
      make("span", {class: "n"}, `#${data.id[item]}`), make("span", {}, data.text[item] || "(no text kept)"),
      make("span", {class: "gold", title: data.answer[item]}, data.answer[item]), spark(item),
      sign(verdict(item, state.a)), sign(verdict(item, state.b)),
      make("span", {class: "n"}, String(flips[item])), make("span", {}, since(item) < Infinity ? tokens(since(item)) : "–"));
    if (item === state.selected) list.setAttribute("aria-activedescendant", row.id);
    row.style.top = `${i * ROW}px`;
    row.addEventListener("click", () => open(item));
    rows.push(row);
  }
  sheet.replaceChildren(...rows);
}
new ResizeObserver(draw).observe(list);

function open(item) {
  state.selected = item;
  address.write({item: String(data.id[item])}, true);
  draw();
  Spyglass.items.detail(item);
}

function start() {
  const atFirst = controls.map(control => control.value);
  controls.forEach((control, i) => control.addEventListener("input", () => {
    address.write({[control.id]: control.value === atFirst[i] ? null : control.value}, false);
    refresh();
    if (state.selected >= 0) Spyglass.items.detail(state.selected);
  }));
  all(".heads [data-order]").forEach(head => head.addEventListener("click", () => {
    one("#order").value = head.dataset.order;
    one("#order").dispatchEvent(new Event("input"));
  }));
  const filters = ["show", "twin", "search", "flips", "subject"];
  one("#clear").addEventListener("click", () => {
    controls.forEach((control, i) => {
      if (filters.includes(control.id)) control.value = atFirst[i];
    });
    address.write(Object.fromEntries(filters.map(id => [id, null])), true);
    refresh();
    list.focus();
  });
  list.addEventListener("scroll", draw, {passive: true});
  addEventListener("resize", draw);
  // On paper nothing scrolls: every row is there, as far as a reader would turn the pages.
  for (const [event, printed] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      isPrinted = printed;
      draw();
      const left = state.shown.length - MOST_PRINTED;
      if (printed && left > 0) sheet.append(make("p", {class: "note"}, `and ${left} more`));
    });
  }
  list.addEventListener("keydown", event => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key], {shown} = state;
    if (!step || !shown.length) return;
    event.preventDefault();
    const at = Spyglass.clamp(shown.indexOf(state.selected) + step, 0, shown.length - 1);
    if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
    if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight;
    open(shown[at]);
  });
  address.follow(values => {
    controls.forEach((control, i) => {
      control.value = values.get(control.id) ?? atFirst[i];
      if (control.selectedIndex === -1) control.value = atFirst[i]; // an address of another report
    });
    state.selected = values.has("item") ? data.id.findIndex(id => String(id) === values.get("item")) : -1;
    refresh();
    if (state.selected < 0) {
      one("#detail").replaceChildren();
      one("#detail").hidden = true;
      return;
    }
    list.scrollTop = Math.max(0, (state.shown.indexOf(state.selected) - 3) * ROW);
    draw();
    Spyglass.items.detail(state.selected);
  });
}

addEventListener("DOMContentLoaded", start);
return {data, state, verdict, chance, twin, sign};
})();
