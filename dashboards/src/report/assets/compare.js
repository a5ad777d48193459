"use strict";
// Any two checkpoints side by side. What they differ in was worked out when the report was made; here it is looked up, and turned round
// where the later one is called A.
(() => {
const {one, make, load, address, tokens} = Spyglass, table = one("#between");
if (!table) return;
const data = JSON.parse(one("#data").textContent), [a, b] = [one("#a"), one("#b")];
const signed = (value, share) => (share ? (value * 100).toFixed(1) : value.toFixed(3)).replace(/^(?!-)/, "+").replace("-", "−");
const plain = (value, share) => share ? (value * 100).toFixed(1) : value.toFixed(3);
const chance = p => p < 1e-4 ? "< .0001" : p.toFixed(4).replace(/^0/, "");

function row(found, turned) {
  let [task, metric, share, left, right, change, low, high, p, adjusted, lost, gained, items, least, isMoreBetter] = found;
  if (turned) [left, right, change, low, high, lost, gained] = [right, left, -change, -high, -low, gained, lost];
  const [name, slug, hasItems] = data.tasks[task], sure = adjusted < 0.05 && change !== 0, better = (change > 0) === isMoreBetter;
  const flips = (count, shown) => {
    if (count === null) return "–";
    if (!slug || !hasItems) return String(count);
    const to = `items/${slug}.html#a=${encodeURIComponent(a.value)}&b=${encodeURIComponent(b.value)}&show=${shown}`;
    return make("a", {href: to}, String(count));
  };
  const cell = (text, value) => make("td", value === undefined ? {class: "n"} : {class: "n", "data-v": value}, text);
  const title = slug ? make("a", {href: `tasks/${slug}.html`}, name) : name;
  const changed = cell((sure ? better ? "▲ " : "▼ " : "") + signed(change, share), change);
  if (sure) changed.classList.add(better ? "better" : "worse");
  return make("tr", {}, make("td", {"data-v": name}, title), make("td", {}, make("small", {}, metric)), cell(plain(left, share), left), cell(plain(right, share), right),
    changed, cell(`${signed(low, share)} to ${signed(high, share)}`), cell(chance(p), p), cell(chance(adjusted) + (sure ? " *" : ""), adjusted),
    cell(flips(lost, "lost"), lost ?? 0), cell(flips(gained, "gained"), gained ?? 0), cell(least === null ? "–" : plain(least, share), least ?? 0), cell(String(items), items));
}

function draw() {
  const places = [a, b].map(select => data.places.indexOf(select.value)), [first, second] = [Math.min(...places), Math.max(...places)];
  const command = one("#command"), body = table.tBodies[0];
  command.textContent = `spyglass compare ${data.sides[places[0]]} ${data.sides[places[1]]} --items`;
  if (first === second) {
    body.replaceChildren();
    one("#told").textContent = "A and B are the same checkpoint";
    return;
  }
  const key = `against ${data.places[first]}`;
  const fill = () => {
    if (data.places.indexOf(a.value) !== places[0] || data.places.indexOf(b.value) !== places[1]) return;
    const rows = Spyglass.data[key][second - first - 1];
    const surest = [...rows].sort((x, y) => x[9] - y[9] || x[0] - y[0]);
    body.replaceChildren(...surest.map(found => row(found, places[0] > places[1])));
    const sorted = Spyglass.one("[aria-sort]", body.parentElement); // the rows are new, the order that was asked for is not
    if (sorted) Spyglass.one("button", sorted).dispatchEvent(new CustomEvent("sort", {detail: sorted.getAttribute("aria-sort") === "ascending"}));
    const sure = rows.filter(found => found[9] < 0.05 && found[5] !== 0).length;
    const [left, right] = places.map(place => data.tokens[place]);
    const apart = left === right ? `both at ${tokens(left)}` : `at ${tokens(left)} and ${tokens(right)}: part of B − A may come from the extra training`;
    one("#told").textContent = `${sure} of ${rows.length} tasks differ beyond chance; ${apart}`;
  };
  Spyglass.data[key] ? fill() : load(`against-${first}`, fill);
}

const keep = () => {
  address.write(Object.fromEntries([a, b].map(select => [select.id, select.value === select.dataset.first ? null : select.value])), true);
  draw();
};
[a, b].forEach(select => select.addEventListener("change", keep));
one("#swap").addEventListener("click", () => {
  [a.value, b.value] = [b.value, a.value];
  keep();
});
address.follow(values => {
  for (const select of [a, b]) {
    select.value = values.get(select.id) ?? select.dataset.first;
    if (select.selectedIndex === -1) select.value = select.dataset.first; // an address of another report
  }
  draw();
});
})();
