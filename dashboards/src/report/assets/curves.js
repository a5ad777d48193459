"use strict";
// Redraws the curves on another axis and reads numbers off them. The page is whole without it; geometry comes with each SVG.
(() => {
const {one, all, clamp, three, tokens, make, address} = Spyglass;
const data = JSON.parse(one("#data").textContent), round = Math.round;
const state = {axis: "tokens", log: 0, full: 0};
const figures = data.plots.map(plot => {
  const svg = one("svg", document.getElementById(plot.id));
  const [left, right, top, bottom, stripTop, stripBottom] = svg.dataset.box.split(" ").map(Number);
  return {plot, svg, left, right, top, bottom, stripTop, stripBottom};
});

// What can be drawn against: tokens seen, steps, or the log's loss at the checkpoint, which falls to the right.
const paths = new Map(data.places.map(place => [place.branch, place.checkpoints]));
const axes = {tokens: {...data.axis, words: tokens}, steps: spanned(1, tokens), loss: spanned(2, three)};

function spanned(column, words) {
  const values = [...paths.values()].flat().map(place => place[column]).filter(value => value !== null);
  const low = Math.min(...values), high = Math.max(...values), positive = Math.min(...values.filter(value => value > 0));
  return column === 2 ? {from: high, to: low, log_from: high, words} : {from: low, to: high, log_from: positive / 2, words};
}

// Where a branch is on the axis when it has seen so many tokens: between its checkpoints steps in proportion, and no loss.
function place(branch, count) {
  if (state.axis === "tokens") return count;
  const path = paths.get(branch) ?? [], column = state.axis === "steps" ? 1 : 2;
  const next = path.findIndex(here => here[0] >= count);
  if (next >= 0 && (path[next][0] === count || column === 1 && next === 0)) return path[next][column] ?? NaN;
  if (column === 2) return NaN;
  if (next < 0) return path.length ? path[path.length - 1][1] : NaN;
  const [before, after] = [path[next - 1], path[next]];
  return before[1] + (after[1] - before[1]) * (count - before[0]) / (after[0] - before[0]);
}

// Where a value of the axis is drawn.
function across(figure, value) {
  const {from, to, log_from} = axes[state.axis], width = figure.right - figure.left;
  return state.log
    ? figure.left + width * Math.log((value > 0 ? Math.max(value, Math.min(log_from, to)) : log_from) / log_from) / Math.log(to / log_from)
    : figure.left + width * (value - from) / (to - from);
}

const x = (figure, branch, count) => across(figure, place(branch, count));

// Round values inside [low, high]: steps of 1, 2, 2.5 or 5 times a power of ten, as plots/axis.rs.
function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(m => m * power).find(s => s >= raw * 0.999), found = [];
  for (let k = Math.ceil(low / step - 1e-6); k <= high / step + 1e-6; k++) found.push(k * step);
  return found;
}

function logTicks() {
  const {log_from, to} = axes[state.axis], low = Math.min(log_from, to), high = Math.max(log_from, to);
  const marks = digits => {
    const found = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
      for (const digit of digits) {
        const value = digit * 10 ** e;
        if (value >= low && value <= high) found.push(value);
      }
    }
    return found;
  };
  const powers = marks([1]), found = high / low < 200 || powers.length < 3 ? marks([1, 2, 5]) : powers;
  if (found.length < 3) return ticks(low, high, 5); // of a loss, which spans no power of ten
  const every = Math.ceil(found.length / 7);
  return found.filter((_, i) => i % every === 0);
}

const line = points => points.length > 1 ? "M" + points.map(p => `${round(p[0])} ${round(p[1])}`).join("L") : "";

// The points between two gaps, the fork first.
function stretches(series) {
  const found = [series.fork ? [series.fork] : []];
  for (const point of series.points) point ? found[found.length - 1].push(point) : found.push([]);
  return found.filter(stretch => stretch.length);
}

function setPaths(svg, classes, d) {
  all("path." + classes.replace(" ", "."), svg).forEach((path, i) => path.setAttribute("d", i ? "" : d));
}

// Replaces tick labels by copies of the first one.
function setLabels(svg, className, labels) {
  const old = all("." + className, svg);
  if (!old.length) return;
  for (const [text, x, y] of labels) {
    const label = old[0].cloneNode();
    label.textContent = text;
    label.setAttribute("x", round(x));
    label.setAttribute("y", round(y));
    old[0].before(label);
  }
  old.forEach(label => label.remove());
}

function draw(figure) {
  const {plot, svg, left, right, top, bottom} = figure, [low, high] = state.full && plot.percent ? [0, 1.02] : plot.range;
  const Y = value => bottom - (bottom - top) * (clamp(value, low, high) - low) / (high - low);
  const marks = ticks(low, high, 4);
  setPaths(svg, "grid", marks.map(v => line([[left, Y(v)], [right, Y(v)]])).join(""));
  setLabels(svg, "ty", marks.map(v => [three(plot.percent ? v * 100 : v), left - 50, Y(v) + 35]));
  if (plot.chance !== null) setPaths(svg, "chance", line([[left, Y(plot.chance)], [right, Y(plot.chance)]]));
  const strokes = new Map();
  for (const series of plot.series) {
    const X = count => x(figure, series.name, count), seen = stretch => stretch.filter(p => Number.isFinite(X(p[0])));
    const d = strokes.get(series.colour) ?? {line: "", bar: "", area: "", dot: "", hollow: ""}, crowded = series.points.length > 60;
    strokes.set(series.colour, d);
    for (const stretch of stretches(series).map(seen)) {
      d.line += line(stretch.map(p => [X(p[0]), Y(p[1])]));
      const sure = stretch.filter(p => p.length > 2);
      if (crowded && sure.length > 1) {
        d.area += line([...sure.map(p => [X(p[0]), Y(p[3])]), ...sure.slice().reverse().map(p => [X(p[0]), Y(p[2])])]) + "z";
      } else if (!crowded) {
        for (const p of sure) if (p !== series.fork) d.bar += line([[X(p[0]), Y(p[2])], [X(p[0]), Y(p[3])]]);
      }
    }
    const points = seen(series.points.filter(Boolean));
    if (!crowded || points.length === 1) for (const p of points) d.dot += `M${round(X(p[0]))} ${round(Y(p[1]))}h0`;
    for (const p of seen(series.hollow ?? [])) d.hollow += ring(round(X(p[0])), round(Y(p[1])));
  }
  for (const [colour, d] of strokes) for (const kind in d) setPaths(svg, `${kind} s${colour}`, d[kind]);
  const brackets = new Map();
  for (const {colour, after, by} of plot.onsets) {
    brackets.set(colour, (brackets.get(colour) ?? "") + bracket(figure, owner(plot, colour, by), after, by));
  }
  for (const [colour, d] of brackets) setPaths(svg, `bracket s${colour}`, d);
  const hops = new Map();
  for (const {colour, tokens: count, value, back} of plot.hops) {
    hops.set(colour, (hops.get(colour) ?? "") + triangle(x(figure, owner(plot, colour, count), count), Y(value), back, top, bottom));
  }
  for (const [colour, d] of hops) setPaths(svg, `hop s${colour}`, d);
  const names = all(".name", svg), ends = plot.series.map(s => s.points.filter(Boolean).pop()).filter(Boolean).slice(0, names.length);
  const labels = [...names, ...all(".ch", svg)], values = [...ends.map(p => p[1]), plot.chance];
  pushApart(labels.map((_, i) => Y(values[i]) + 35), top + 40, bottom).forEach((y, i) => labels[i].setAttribute("y", round(y)));
  rescale(figure);
}

// The branch of that colour that was measured at so many tokens: colours begin again where there are many branches.
function owner(plot, colour, count) {
  const own = plot.series.filter(series => series.colour === colour);
  return (own.find(series => series.points.some(p => p && p[0] === count)) ?? own[0])?.name;
}

// Where an onset lies, on the axis; from the left end where nothing tells its lower end. Nothing where the axis does not tell.
function bracket(figure, branch, from, to) {
  const start = from === null ? figure.left : x(figure, branch, from), b = x(figure, branch, to), y = figure.bottom - 20;
  const a = Math.max(figure.left, Math.min(start, b));
  if (!Number.isFinite(a + b)) return "";
  return `M${round(a)} ${y - 60}V${y}H${round(Math.max(start, b))}V${y - 60}`;
}

// Round a point that has the weights of another step, as plots/curve.rs.
function ring(x, y) {
  const [r, h] = [30, 12], corners = [[h, r], [r, h], [r, -h], [h, -r], [-h, -r], [-r, -h], [-r, h], [-h, r]];
  return line(corners.map(([dx, dy]) => [x + dx, y + dy])) + "z";
}

// Down where an ability went, up where it is back, as plots/curve.rs.
function triangle(x, y, back, top, bottom) {
  if (!Number.isFinite(x)) return "";
  const base = round(back ? Math.max(y - 50, top + 80) : Math.min(y + 50, bottom - 80));
  return `M${round(x) - 48} ${base}h96l-48 ${back ? -80 : 80}z`;
}

// As plots/labels.rs.
function pushApart(wished, low, high) {
  const gap = 112, order = wished.map((_, i) => i).sort((a, b) => wished[a] - wished[b]), placed = wished.slice();
  let floor = low, ceiling = high;
  for (const i of order) {
    placed[i] = Math.max(placed[i], floor);
    floor = placed[i] + gap;
  }
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], ceiling);
    ceiling = placed[i] - gap;
  }
  return placed;
}

// What depends on the horizontal axis alone: ticks, phases, the learning-rate strip. A loss is no clock: it goes back and forth, so that
// phases and rates have no place on it.
function rescale(figure) {
  const {svg, plot, bottom, stripTop, stripBottom} = figure, axis = axes[state.axis], isClock = state.axis !== "loss";
  const marks = state.log ? logTicks() : ticks(Math.min(axis.from, axis.to), Math.max(axis.from, axis.to), 5);
  setLabels(svg, "tx", marks.map(v => [axis.words(v), across(figure, v), bottom + 150]));
  const trunk = data.places[0]?.branch;
  all("rect.band", svg).forEach((band, i) => {
    const {from, to} = data.bands[i % data.bands.length], at = round(x(figure, trunk, from));
    band.style.visibility = isClock ? "" : "hidden";
    if (!isClock) return;
    band.setAttribute("x", at);
    band.setAttribute("width", Math.max(0, round(x(figure, trunk, to)) - at));
  });
  const peak = Math.max(0, ...data.rates.flatMap(rate => rate.points.map(p => p[1]))) * 1.08 || 1, strokes = new Map();
  for (const rate of data.rates) {
    const X = count => x(figure, rate.branch, count), points = isClock ? rate.points : [];
    const d = line(points.map(p => [X(p[0]), stripBottom - (stripBottom - stripTop) * p[1] / peak]));
    strokes.set(rate.colour, (strokes.get(rate.colour) ?? "") + d);
  }
  for (const [colour, d] of strokes) setPaths(svg, `rate s${colour}`, d);
  const centre = (name, branch, ends) => {
    if (!ends) return;
    const from = x(figure, branch, ends.from), to = x(figure, branch, ends.to);
    if (isClock) name.setAttribute("x", round((from + to) / 2));
    name.style.visibility = isClock && to - from > 52 * name.textContent.length + 40 ? "" : "hidden";
  };
  all(".ph", svg).forEach(name => centre(name, trunk, data.bands.find(band => band.name === name.textContent)));
  all(".bp", svg).forEach(name => {
    const own = data.phases.find(p => name.classList.contains(`s${p.colour}`) && p.name === name.textContent);
    centre(name, own?.branch, own);
  });
  const isOfStrip = text => !["tx", "ty", "ph", "ch", "bp", "name"].some(kind => text.classList.contains(kind));
  all("text", svg).filter(isOfStrip).forEach(text => { text.style.visibility = isClock ? "" : "hidden"; });
  // Against itself a loss says nothing.
  document.getElementById(plot.id).classList.toggle("unsaid", plot.logged && !isClock);
}

// Each switch in the address: its key there, and what it is at first.
const seenWords = one("[data-axis-name]")?.textContent;
const switches = {axis: ["against", "tokens"], log: ["log", "0"], full: ["full", "0"]};

all("[data-switch]").forEach(button => button.addEventListener("click", () => {
  const [key, first] = switches[button.dataset.switch], to = button.dataset.to;
  address.write({[key]: to === first ? null : to}, true);
  turn(button.dataset.switch, to);
}));

// Turns a switch; whether it stood otherwise.
function turn(name, to) {
  const buttons = all(`[data-switch=${name}]`), wanted = buttons.find(button => button.dataset.to === to);
  if (!wanted || String(state[name]) === to) return;
  state[name] = name === "axis" ? to : Number(to);
  buttons.forEach(other => other.setAttribute("aria-pressed", other === wanted));
  all("[data-axis-name]").forEach(words => { words.textContent = state.axis === "tokens" ? seenWords : state.axis; });
  figures.forEach(draw);
  rest();
}

// Reading off: one cursor in all plots, at a checkpoint.
const scored = data.plots.some(plot => !plot.logged) ? data.plots.filter(plot => !plot.logged) : data.plots;
const stops = [...new Set(scored.flatMap(plot => plot.series.flatMap(s => [...s.points.filter(Boolean), ...s.hollow ?? []].map(p => p[0]))))].sort((a, b) => a - b);
let at = -1, pinned = -1; // the cursor's stop, and the one at which a click or a key left it
const shown = (plot, value) => plot.percent ? (value * 100).toFixed(1) : value.toFixed(3);

function clear() {
  at = -1;
  all(".cursor").forEach(cursor => cursor.remove());
  all(".read").forEach(out => out.replaceChildren());
}

// Back to where the cursor was left, or to none.
function rest() {
  pinned < 0 ? clear() : read(pinned);
}

function pin(index) {
  pinned = index;
  address.write({at: index < 0 ? null : String(stops[index])}, false);
  rest();
}

// What a series says at so many tokens: its point there; of a log the last entry before, unless the log is over by then.
function pointAt(plot, series, count) {
  const points = series.points.filter(Boolean);
  if (!plot.logged) return points.find(p => p[0] === count) ?? (series.hollow ?? []).find(p => p[0] === count);
  const isOver = points.length && points[points.length - 1][0] < 0.99 * count; // the last entry may lie a little before the checkpoint
  return isOver ? undefined : points.findLast(p => p[0] <= count);
}

function read(index) {
  clear();
  at = index;
  for (const figure of figures) {
    const {plot, svg, top, bottom} = figure, out = one(".read", document.getElementById(plot.id));
    const lines = new Set(plot.series.filter(series => pointAt(plot, series, stops[index])).map(series => x(figure, series.name, stops[index])));
    if (!lines.size) lines.add(x(figure, data.places[0]?.branch, stops[index]));
    const d = [...lines].filter(Number.isFinite).map(at => `M${round(at)} ${top}V${bottom}`).join("");
    svg.append(make("path", {class: "cursor", d}));
    out.textContent = tokens(stops[index]);
    for (const series of plot.series) {
      const point = pointAt(plot, series, stops[index]);
      if (!point) continue;
      const half = point.length > 2 ? ` ± ${shown(plot, (point[3] - point[2]) / 2)}` : "";
      out.append(make("b", {class: "s" + series.colour}, ` · ${series.name} ${shown(plot, point[1])}${half}${series.hollow?.includes(point) ? " (left out)" : ""}`));
    }
  }
}

for (const figure of figures) {
  const {svg} = figure;
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("pointermove", event => {
    if (!stops.length) return;
    const matrix = svg.getScreenCTM().inverse(), pointed = matrix.a * event.clientX + matrix.e;
    let best = 0, nearest = Infinity;
    for (const [branch, path] of state.axis === "tokens" ? [[null, stops.map(stop => [stop])]] : paths) {
      for (const [count] of path) {
        const away = Math.abs(x(figure, branch, count) - pointed);
        if (away < nearest && stops.includes(count)) [best, nearest] = [stops.indexOf(count), away];
      }
    }
    if (best !== at) read(best);
  });
  svg.addEventListener("pointerleave", rest);
  svg.addEventListener("click", () => pin(at === pinned ? -1 : at));
  svg.addEventListener("keydown", event => {
    const last = stops.length - 1, from = at < 0 ? last + 1 : at;
    const next = {ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last}[event.key];
    if (next !== undefined && stops.length) {
      event.preventDefault();
      pin(clamp(next, 0, last));
    } else if (event.key === "Escape") {
      pin(-1);
    }
  });
}
// The metrics of a task page: one figure at a time, all of them without a script.
const metrics = all("[data-metric]");
function showMetric(button) {
  metrics.forEach(other => {
    other.setAttribute("aria-pressed", other === button);
    document.getElementById(other.dataset.metric).hidden = other !== button;
  });
}
metrics.forEach((button, i) => button.addEventListener("click", () => {
  address.write({metric: i ? button.textContent : null}, true);
  showMetric(button);
}));

address.follow(values => {
  for (const [name, [key, first]] of Object.entries(switches)) turn(name, values.get(key) ?? first);
  if (metrics.length) showMetric(metrics.find(button => button.textContent === values.get("metric")) ?? metrics[0]);
  pinned = values.has("at") ? stops.indexOf(Number(values.get("at"))) : -1;
  rest();
});
})();
