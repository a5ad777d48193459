"use strict";
// The list of a task's items: only the rows in sight exist, so that ten thousand scroll smoothly.
(() => {
const {one, make, tokens, load, address} = Spyglass, data = Spyglass.data.items;
const ROW = 30, count = data.id.length, columns = data.checkpoints.length;
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const p = bytes(data.p), right = bytes(data.right);
const newest = data.checkpoints.reduce((best, c, i) => c[2] >= data.checkpoints[best][2] ? i : best, 0);

// Per item: changes between right and wrong along each branch, and the first checkpoint at which it was right.
const flips = new Uint16Array(count), first = new Float64Array(count).fill(Infinity);
for (let item = 0; item < count; item++) {
  for (let c = 0, last = 0, branch = -1; c < columns; c++) {
    if (data.checkpoints[c][0] !== branch) [branch, last] = [data.checkpoints[c][0], 0];
    const now = right[item * columns + c];
    if (now && last && now !== last) flips[item]++;
    if (now) last = now;
    if (now === 2) first[item] = Math.min(first[item], data.checkpoints[c][2]);
  }
}
const pNewest = item => p[item * columns + newest];

const list = one("#list"), sheet = list.firstElementChild;
const MOST_PRINTED = 1000;
let shown = [], selected = -1, isPrinted = false;

function refresh() {
  const words = one("#search").value.toLowerCase(), least = Number(one("#flips").value) || 0, state = Number(one("#newest").value);
  const part = one("#subject")?.value ?? "", order = one("#order").value;
  shown = [];
  for (let item = 0; item < count; item++) {
    if (words && !data.text[item].toLowerCase().includes(words) && String(data.id[item]) !== words) continue;
    if (flips[item] < least || (state && right[item * columns + newest] !== state)) continue;
    if (part && data.subjects[data.subject[item]] !== part) continue;
    shown.push(item);
  }
  const keys = {flips: item => -flips[item], first: item => first[item], p: pNewest, id: item => item};
  shown.sort((a, b) => keys[order](a) - keys[order](b) || a - b);
  one("#count").textContent = `${shown.length} of ${count}`;
  sheet.style.height = `${shown.length * ROW}px`;
  draw();
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
  const chance = data.chance === null ? [] : [make("path", {class: "chance", d: `M2 ${y(data.chance)}H218`})];
  const drawn = lines.flatMap((d, branch) => d ? [make("path", {class: `s${data.branches[branch][1]}`, d})] : []);
  return make("svg", {class: "spark", viewBox: "0 0 220 24", "aria-hidden": "true"}, ...chance, ...drawn);
}

function draw() {
  const top = isPrinted ? 0 : Math.floor(list.scrollTop / ROW), inSight = isPrinted ? MOST_PRINTED : Math.ceil(list.clientHeight / ROW) + 2;
  const bottom = Math.min(shown.length, top + inSight);
  const rows = [];
  list.removeAttribute("aria-activedescendant");
  for (let i = top; i < bottom; i++) {
    const item = shown[i], state = right[item * columns + newest];
    const row = make("div", {class: "row", id: `item-${item}`, role: "option", "aria-selected": item === selected},
      make("span", {class: "n"}, `#${data.id[item]}`), make("span", {}, data.text[item] || "(no text kept)"), spark(item),
      make("span", {class: state === 2 ? "right" : "wrong"}, state === 2 ? "✓ right" : state === 1 ? "✗ wrong" : ""),
      make("span", {class: "n"}, String(flips[item])), make("span", {}, first[item] < Infinity ? tokens(first[item]) : "never"));
    if (item === selected) list.setAttribute("aria-activedescendant", row.id);
    row.style.top = `${i * ROW}px`;
    row.addEventListener("click", () => open(item));
    rows.push(row);
  }
  sheet.replaceChildren(...rows);
}

function open(item) {
  selected = item;
  address.write({item: String(data.id[item])}, true);
  show(item);
}

function show(item) {
  draw();
  const number = Math.floor(item / data.per), key = `detail-${number}`;
  const fill = () => { if (item === selected) detail(item, Spyglass.data[key][item % data.per]); };
  Spyglass.data[key] ? fill() : load(`${one("#items").dataset.details}-${number}`, fill);
}

function detail(item, found) {
  const place = one("#detail"), gold = data.gold[item], heads = found.choices ?? (found.ll.find(Boolean) ?? []).map((_, i) => `choice ${i + 1}`);
  const parts = [make("h2", {}, `Item ${data.id[item]}${data.subjects.length ? ` · ${data.subjects[data.subject[item]] ?? ""}` : ""}`)];
  if (found.context !== null) parts.push(make("pre", {}, found.context));
  if (found.reply) parts.push(make("h3", {}, "newest reply"), make("pre", {}, found.reply));
  if (heads.length) {
    const head = make("tr", {}, ...["branch", "step", document.documentElement.dataset.axis ?? "tokens"].map(name => make("th", {}, name)),
      ...heads.map((text, i) => make("th", {}, (i === gold ? "✓ " : "") + text)));
    const rows = data.shown.flatMap((c, k) => {
      if (!found.ll[k]) return [];
      const [branch, step, seen] = data.checkpoints[c], best = Math.max(...found.ll[k]), name = data.branches[branch];
      return [make("tr", {}, make("td", {}, make("i", {class: `s${name[1]}`}), name[0]), make("td", {class: "n"}, String(step)), make("td", {class: "n"}, tokens(seen)),
        ...found.ll[k].map((value, i) => make("td", {class: "n " + (value === best ? i === gold ? "right" : "wrong" : "")}, (value === best ? "▸ " : "") + value.toFixed(2))))];
    });
    parts.push(make("h3", {}, "log-likelihoods (▸ the highest, ✓ the right one)"), make("div", {class: "wide"}, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))));
  }
  place.replaceChildren(...parts);
  place.hidden = false;
}

const controls = ["search", "flips", "newest", "order", "subject"].map(id => one(`#${id}`)).filter(Boolean);
const atFirst = controls.map(control => control.value);
controls.forEach((control, i) => control.addEventListener("input", () => {
  address.write({[control.id]: control.value === atFirst[i] ? null : control.value}, false);
  refresh();
}));
list.addEventListener("scroll", draw, {passive: true});
addEventListener("resize", draw);
// On paper nothing scrolls: every row is there, as far as a reader would turn the pages.
for (const [event, printed] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => {
    isPrinted = printed;
    draw();
    const left = shown.length - MOST_PRINTED;
    if (printed && left > 0) sheet.append(make("p", {class: "note"}, `and ${left} more`));
  });
}
list.addEventListener("keydown", event => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!step || !shown.length) return;
  event.preventDefault();
  const at = Spyglass.clamp(shown.indexOf(selected) + step, 0, shown.length - 1);
  if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
  if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight;
  open(shown[at]);
});
address.follow(values => {
  controls.forEach((control, i) => {
    control.value = values.get(control.id) ?? atFirst[i];
    if (control.selectedIndex === -1) control.value = atFirst[i]; // an address of another report
  });
  selected = values.has("item") ? data.id.findIndex(id => String(id) === values.get("item")) : -1;
  refresh();
  if (selected < 0) {
    one("#detail").replaceChildren();
    one("#detail").hidden = true;
    return;
  }
  list.scrollTop = Math.max(0, (shown.indexOf(selected) - 3) * ROW);
  show(selected);
});
})();
