"use strict";
// One item opened: its prompt, what A and B made of it side by side, and every choice's log-likelihood at the checkpoints kept.
(() => {
const {one, make, tokens, load, items} = Spyglass, {data, state} = items;

items.detail = item => {
  const number = Math.floor(item / data.per), key = `detail-${number}`;
  const fill = () => { if (item === state.selected) show(item, Spyglass.data[key][item % data.per]); };
  Spyglass.data[key] ? fill() : load(`${one("#items").dataset.details}-${number}`, fill);
};

// What one checkpoint made of the item: verdict, P(gold), the choice it took or what it wrote.
function side(letter, c, item, found, heads) {
  const parts = [make("h3", {}, `${letter}: ${data.names[c]}`)], p = items.chance(item, c), k = data.shown.indexOf(c);
  const words = make("p", {}, items.sign(items.verdict(item, c)), Number.isNaN(p) ? "" : ` P(gold) ${(p * 100).toFixed(1)} %`);
  const twin = items.twin(), other = twin && items.chance(item, c, twin.p);
  if (twin && !Number.isNaN(other)) words.append(`; ${twin.words}: `, items.sign(items.verdict(item, c, twin.right)), ` P(gold) ${(other * 100).toFixed(1)} %`);
  parts.push(words);
  const ll = k < 0 ? null : found.ll[k], said = k < 0 ? null : found.said[k];
  if (said !== null) parts.push(make("pre", {}, found.replies[said] || "(empty reply)"));
  else if (ll?.length > 1) parts.push(make("pre", {}, `▸ ${heads[ll.indexOf(Math.max(...ll))]}`));
  else if (k < 0) parts.push(make("p", {class: "note"}, "Its answer is not kept in this report, only its verdict."));
  return make("div", {}, ...parts);
}

function show(item, found) {
  const place = one("#detail"), gold = data.gold[item], heads = found.choices ?? (found.ll.find(Boolean) ?? []).map((_, i) => `choice ${i + 1}`);
  const parts = [make("h2", {}, `Item ${data.id[item]}${data.subjects.length ? ` · ${data.subjects[data.subject[item]] ?? ""}` : ""}`)];
  if (found.context !== null) parts.push(make("pre", {}, found.context));
  const sides = [["A", state.a], ["B", state.b]].filter(([, c]) => c >= 0).map(([letter, c]) => side(letter, c, item, found, heads));
  parts.push(make("div", {class: "versus"}, ...sides));
  if (heads.length) parts.push(make("h3", {}, "log-likelihoods (▸ the highest, ✓ the right one)"), make("div", {class: "wide"}, table(found, heads, gold)));
  place.replaceChildren(...parts);
  place.hidden = false;
}

function table(found, heads, gold) {
  const head = make("tr", {}, ...["branch", "step", document.documentElement.dataset.axis ?? "tokens"].map(name => make("th", {}, name)),
    ...heads.map((text, i) => make("th", {}, (i === gold ? "✓ " : "") + text)));
  const rows = data.shown.flatMap((c, k) => {
    if (!found.ll[k]) return [];
    const [branch, step, seen] = data.checkpoints[c], best = Math.max(...found.ll[k]), name = data.branches[branch];
    const of = c === state.a ? "of-a" : c === state.b ? "of-b" : "";
    return [make("tr", of ? {class: of} : {}, make("td", {}, make("i", {class: `s${name[1]}`}), name[0]), make("td", {class: "n"}, String(step)), make("td", {class: "n"}, tokens(seen)),
      ...found.ll[k].map((value, i) => make("td", {class: "n " + (value === best ? i === gold ? "right" : "wrong" : "")}, (value === best ? "▸ " : "") + value.toFixed(2))))];
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}
})();
