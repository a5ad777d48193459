"use strict";
// What the curves of a page are drawn against: the axes, the part of one that is shown, and round marks on it.
Spyglass.scale = (() => {
const {one, three, tokens} = Spyglass;
const data = JSON.parse(one("#data").textContent);
// In the file a point has the place of its tokens in one list, since all plots have points at the same ones.
for (const {points, fork, hollow} of data.plots.flatMap(plot => plot.series)) [...points, fork, ...hollow ?? []].forEach(p => { if (p) p[0] = data.tokens[p[0]]; });
// What the page shows; `zoom` is the part of the axis between two of its values, `hidden` holds names of branches.
const state = {axis: "tokens", log: 0, full: 0, mean: 0, zoom: null, hidden: new Set()};
const ZERO = 0.06; // of the width: on a logarithmic axis 0 stands apart

// Tokens, step, loss and hours of each checkpoint on the path of a branch. A loss is at the checkpoint, and falls to the right.
const paths = new Map(data.places.map(place => [place.branch, place.checkpoints]));
const axes = {tokens: {...data.axis, words: tokens}, steps: spanned(1, tokens), loss: spanned(2, three), hours: spanned(3, three)};

function spanned(column, words) {
  const values = [...paths.values()].flat().map(place => place[column]).filter(value => value !== null);
  const low = Math.min(...values), high = Math.max(...values), positive = Math.min(...values.filter(value => value > 0));
  return column === 2 ? {from: high, to: low, log_from: high, words} : {from: low, to: high, log_from: positive / 2, words};
}

// Where a branch is on the axis when it has seen so many tokens: between its checkpoints steps and hours in proportion, and no loss.
function place(branch, count) {
  if (state.axis === "tokens") return count;
  const column = {steps: 1, loss: 2, hours: 3}[state.axis], path = (paths.get(branch) ?? []).filter(here => here[column] !== null);
  const next = path.findIndex(here => here[0] >= count);
  if (next >= 0 && (path[next][0] === count || column === 1 && next === 0)) return path[next][column];
  if (column === 2 || column === 3 && next <= 0) return NaN;
  if (next < 0) return path.length ? path[path.length - 1][1] : NaN;
  const [before, after] = [path[next - 1], path[next]];
  return before[column] + (after[column] - before[column]) * (count - before[0]) / (after[0] - before[0]);
}

// The ends of what is shown; of a logarithmic axis the lower one is above 0, with room before it where 0 itself is shown.
function ends() {
  const axis = axes[state.axis], [from, to] = state.zoom ?? [axis.from, axis.to];
  if (!state.log) return {low: from, high: to, room: 0};
  return {low: state.zoom && from > 0 ? from : axis.log_from, high: to, room: from <= 0 ? ZERO : 0};
}

// Where a value of the axis is drawn.
function across(figure, value) {
  const {low, high, room} = ends(), width = figure.right - figure.left;
  if (!state.log) return figure.left + width * (value - low) / (high - low);
  if (value <= 0) return room ? figure.left : -Infinity;
  return figure.left + width * (room + (1 - room) * Math.log(value / low) / Math.log(high / low));
}

// The value that is drawn there.
function valueAt(figure, at) {
  const {low, high, room} = ends(), share = (at - figure.left) / (figure.right - figure.left);
  if (!state.log) return low + share * (high - low);
  return share < room / 2 ? 0 : low * (high / low) ** ((Math.max(share, room) - room) / (1 - room));
}

// Round values inside [low, high]: steps of 1, 2, 2.5 or 5 times a power of ten, as plots/axis.rs.
function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= raw * 0.999), found = [];
  for (let k = Math.ceil(low / step - 1e-6); k <= high / step + 1e-6; k++) found.push(k * step);
  return found;
}

// The marks of the axis as it is shown.
function marks() {
  const shown = ends(), low = Math.min(shown.low, shown.high), high = Math.max(shown.low, shown.high);
  if (!state.log) return ticks(low, high, 5);
  const of = digits => {
    const found = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
      for (const digit of digits) {
        const value = digit * 10 ** e;
        if (value >= low && value <= high) found.push(value);
      }
    }
    return found;
  };
  const powers = of([1]), found = high / low < 200 || powers.length < 3 ? of([1, 2, 5]) : powers;
  const every = Math.ceil(found.length / 7), kept = found.filter((_, i) => i % every === 0);
  // Of a loss, or of a small part, which spans no power of ten.
  return [...shown.room ? [0] : [], ...found.length < 3 ? ticks(low, high, 5) : kept];
}

return {data, state, paths, axes, place, across, valueAt, ticks, marks};
})();
