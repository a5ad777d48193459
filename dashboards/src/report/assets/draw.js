"use strict";
// Redraws the curves of a page as its switches stand. Geometry comes with each SVG; the shapes are those of plots/curve.rs.
Spyglass.draw = (() => {
const {one, all, clamp, three, make} = Spyglass, {data, state, axes, place, across, ticks, marks} = Spyglass.scale, round = Math.round;
const figures = data.plots.map(plot => {
  const svg = one("svg", document.getElementById(plot.id)), seeds = plot.seeds ?? [];
  const [left, right, top, bottom, stripTop, stripBottom] = svg.dataset.box.split(" ").map(Number);
  const isSeed = plot.series.map((_, i) => seeds.some(group => group.members.includes(i)));
  // What is named at the right edge: the branches, and of seeds the group.
  const named = plot.series.filter((series, i) => !isSeed[i] && series.points.some(Boolean))
    .map(series => ({branches: [series.name], value: series.points.findLast(Boolean)[1]}))
    .concat(seeds.map(group => ({branches: group.members.map(i => plot.series[i].name), value: group.points[group.points.length - 1].median})));
  return {plot, svg, seeds, isSeed, left, right, top, bottom, stripTop, stripBottom, named};
});

const isHidden = branch => state.hidden.has(branch);
const x = (figure, branch, count) => across(figure, place(branch, count));
const isInside = (figure, at) => at >= figure.left - 1 && at <= figure.right + 1;
const line = points => points.length > 1 ? "M" + points.map(p => `${round(p[0])} ${round(p[1])}`).join("L") : "";

// The stretches of a line between the left and the right edge.
function cut(figure, points) {
  const {left, right} = figure, parts = [], inside = p => p[0] >= left && p[0] <= right;
  let part = [];
  const end = () => {
    if (part.length) parts.push(part);
    part = [];
  };
  points.forEach((p, i) => {
    const before = points[i - 1];
    if (before) {
      let was = inside(before);
      const crossed = [left, right].filter(edge => (before[0] - edge) * (p[0] - edge) < 0).sort((a, b) => (a - b) * (p[0] - before[0]));
      for (const edge of crossed) {
        part.push([edge, before[1] + (p[1] - before[1]) * (edge - before[0]) / (p[0] - before[0])]);
        if (was) end();
        was = !was;
      }
    }
    inside(p) ? part.push(p) : end();
  });
  end();
  return parts;
}
const lines = (figure, points) => cut(figure, points).map(line).join("");

// The ground between two lines over the same places.
function area(figure, upper, lower) {
  const below = cut(figure, lower);
  return cut(figure, upper).map((part, i) => part.length > 1 ? line([...part, ...below[i].slice().reverse()]) + "z" : "").join("");
}

// The points between two gaps, the fork first. On a logarithmic axis 0 is apart from all others.
function stretches(series) {
  const found = [series.fork ? [series.fork] : []];
  for (const point of series.points) {
    if (!point) found.push([]);
    else found[found.length - 1].push(point);
    if (point && state.log && place(series.name, point[0]) <= 0) found.push([]);
  }
  return found.filter(stretch => stretch.length);
}

function setPaths(svg, classes, d) {
  const found = all("path." + classes.replace(" ", "."), svg);
  found.forEach((path, i) => path.setAttribute("d", i ? "" : d));
  if (!found.length && d) one("path.line, path.faint", svg)?.before(make("path", {class: classes, d}));
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

// The ends of the vertical axis: those of the whole, or fitted to the part that is shown, as report/curves.rs fits the whole.
function range(figure) {
  const {plot} = figure;
  if (state.full && plot.percent) return [0, 1.02];
  if (!state.zoom) return plot.range;
  const seen = plot.series.filter(series => !isHidden(series.name)).flatMap(series =>
    [...series.points, ...series.hollow ?? []].filter(p => p && isInside(figure, x(figure, series.name, p[0]))));
  if (!seen.length) return plot.range;
  const low = Math.min(...seen.map(p => p[2] ?? p[1])), high = Math.max(...seen.map(p => p[3] ?? p[1]));
  const least = plot.percent ? 0.1 : Math.max((plot.range[1] - plot.range[0]) * 0.05, 1e-6);
  const spare = (Math.max(high - low, least) - (high - low)) / 2 + (high - low) * 0.06;
  return plot.percent && low >= 0 && high <= 1 ? [Math.max(0, low - spare), Math.min(1.02, high + spare)] : [low - spare, high + spare];
}

function draw(figure) {
  const {plot, svg, left, right, top, bottom} = figure, [low, high] = range(figure);
  const Y = value => bottom - (bottom - top) * (clamp(value, low, high) - low) / (high - low), at = ticks(low, high, 4);
  setPaths(svg, "grid", at.map(v => line([[left, Y(v)], [right, Y(v)]])).join(""));
  setLabels(svg, "ty", at.map(v => [three(plot.percent ? v * 100 : v), left - 50, Y(v) + 35]));
  if (plot.chance !== null) {
    const isShown = plot.chance >= low && plot.chance <= high;
    setPaths(svg, "chance", isShown ? line([[left, Y(plot.chance)], [right, Y(plot.chance)]]) : "");
    all(".ch", svg).forEach(name => { name.style.visibility = isShown ? "" : "hidden"; });
  }
  const strokes = new Map();
  const stroke = colour => {
    if (!strokes.has(colour)) strokes.set(colour, {line: "", bar: "", area: "", dot: "", hollow: "", mean: "", faint: "", range: "", median: "", bracket: "", hop: ""});
    return strokes.get(colour);
  };
  plot.series.forEach((series, i) => curve(figure, series, figure.isSeed[i], Y, stroke(series.colour)));
  for (const group of figure.seeds) {
    const d = stroke(group.colour), name = plot.series[group.members[0]].name;
    if (group.members.every(i => isHidden(plot.series[i].name))) continue;
    const along = key => group.points.map(p => [x(figure, name, p.tokens), Y(p[key])]).filter(p => Number.isFinite(p[0]));
    d.range += area(figure, along("high"), along("low"));
    d.median += lines(figure, along("median"));
  }
  for (const {colour, after, by} of plot.onsets) {
    const branch = owner(plot, colour, by);
    if (!isHidden(branch)) stroke(colour).bracket += bracket(figure, branch, after, by);
  }
  for (const {colour, tokens: count, value, back} of plot.hops) {
    const branch = owner(plot, colour, count), place = x(figure, branch, count);
    if (!isHidden(branch) && isInside(figure, place)) stroke(colour).hop += triangle(place, Y(value), back, top, bottom);
  }
  for (const [colour, d] of strokes) for (const kind in d) setPaths(svg, `${kind} s${colour}`, d[kind]);
  const labels = [...all(".name", svg), ...all(".ch", svg)];
  const wished = labels.map((label, i) => Y(label.classList.contains("ch") ? plot.chance : figure.named[i].value) + 35);
  pushApart(wished, top + 40, bottom).forEach((y, i) => labels[i].setAttribute("y", round(y)));
  all(".name", svg).forEach((name, i) => name.classList.toggle("off", figure.named[i].branches.every(isHidden)));
  all(".lg", svg).forEach((name, i) => {
    const branches = plot.series[i] ? [plot.series[i].name] : figure.seeds[i - plot.series.length].members.map(k => plot.series[k].name);
    [name, all(".key", svg)[i]].forEach(mark => mark.classList.toggle("off", branches.every(isHidden)));
  });
  rescale(figure);
}

// Adds one branch to the strokes of its colour.
function curve(figure, series, isSeed, Y, d) {
  if (isHidden(series.name)) return;
  const X = count => x(figure, series.name, count), seen = stretch => stretch.filter(p => Number.isFinite(X(p[0])));
  const at = (p, value) => [X(p[0]), Y(value)], crowded = series.points.length > 60;
  for (const stretch of stretches(series).map(seen)) {
    d[isSeed ? "faint" : "line"] += lines(figure, stretch.map(p => at(p, p[1])));
    if (isSeed) continue;
    const sure = stretch.filter(p => p.length > 2);
    if (crowded && sure.length > 1) {
      d.area += area(figure, sure.map(p => at(p, p[3])), sure.map(p => at(p, p[2])));
    } else if (!crowded) {
      for (const p of sure) if (p !== series.fork && isInside(figure, X(p[0]))) d.bar += line([at(p, p[2]), at(p, p[3])]);
    }
  }
  const points = seen(series.points.filter(Boolean)), shown = points.filter(p => isInside(figure, X(p[0])));
  if (!isSeed && !figure.plot.logged && (!crowded || points.length === 1)) for (const p of shown) d.dot += `M${round(X(p[0]))} ${round(Y(p[1]))}h0`;
  for (const p of seen(series.hollow ?? []).filter(p => isInside(figure, X(p[0])))) d.hollow += ring(round(X(p[0])), round(Y(p[1])));
  // The mean of the last n points, from the n-th on. A log is thinned for the page, so that its points have no such mean.
  const n = figure.plot.logged ? 0 : state.mean, mean = i => points.slice(i - n + 1, i + 1).reduce((sum, p) => sum + p[1], 0) / n;
  if (n) d.mean += lines(figure, points.map((p, i) => [p, i]).slice(n - 1).map(([p, i]) => at(p, mean(i))));
}

// The branch of that colour that was measured at so many tokens: colours begin again where there are many branches.
function owner(plot, colour, count) {
  const own = plot.series.filter(series => series.colour === colour);
  return (own.find(series => series.points.some(p => p && p[0] === count)) ?? own[0])?.name;
}

// Where an onset lies, on the axis; from the left end where nothing tells its lower end. Nothing where the axis does not tell.
function bracket(figure, branch, from, to) {
  const start = from === null ? figure.left : x(figure, branch, from), end = x(figure, branch, to), y = figure.bottom - 20;
  if (Number.isNaN(start + end)) return "";
  const [a, b] = [Math.min(start, end), Math.max(start, end)];
  if (b < figure.left || a > figure.right) return "";
  const leg = at => isInside(figure, at) ? y - 60 : y; // an end that is not shown has no foot
  return `M${round(Math.max(a, figure.left))} ${leg(a)}V${y}H${round(Math.min(b, figure.right))}V${leg(b)}`;
}

// Round a point that has the weights of another step.
function ring(x, y) {
  const [r, h] = [30, 12], corners = [[h, r], [r, h], [r, -h], [h, -r], [-h, -r], [-r, -h], [-r, h], [-h, r]];
  return line(corners.map(([dx, dy]) => [x + dx, y + dy])) + "z";
}

// Down where an ability went, up where it is back.
function triangle(x, y, back, top, bottom) {
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
  const {svg, plot, left, right, bottom, stripTop, stripBottom} = figure, isClock = state.axis !== "loss";
  setLabels(svg, "tx", marks().map(v => [axes[state.axis].words(v), across(figure, v), bottom + 150]));
  const trunk = data.places[0]?.branch, edge = at => clamp(Number.isNaN(at) ? left : at, left, right);
  all("rect.band", svg).forEach((band, i) => {
    const {from, to} = data.bands[i % data.bands.length], at = round(edge(x(figure, trunk, from)));
    band.style.visibility = isClock ? "" : "hidden";
    if (!isClock) return;
    band.setAttribute("x", at);
    band.setAttribute("width", Math.max(0, round(edge(x(figure, trunk, to))) - at));
  });
  const peak = Math.max(0, ...data.rates.flatMap(rate => rate.points.map(p => p[1]))) * 1.08 || 1, strokes = new Map();
  for (const rate of data.rates) {
    const points = isClock && !isHidden(rate.branch) ? rate.points.map(p => [x(figure, rate.branch, p[0]), stripBottom - (stripBottom - stripTop) * p[1] / peak]) : [];
    strokes.set(rate.colour, (strokes.get(rate.colour) ?? "") + lines(figure, points.filter(p => Number.isFinite(p[0]))));
  }
  for (const [colour, d] of strokes) if (one(`path.rate.s${colour}`, svg)) setPaths(svg, `rate s${colour}`, d);
  const centre = (name, branch, ends) => {
    if (!ends) return;
    const from = edge(x(figure, branch, ends.from)), to = edge(x(figure, branch, ends.to));
    if (isClock) name.setAttribute("x", round((from + to) / 2));
    name.style.visibility = isClock && !isHidden(branch) && to - from > 52 * name.textContent.length + 40 ? "" : "hidden";
  };
  all(".ph", svg).forEach(name => centre(name, trunk, data.bands.find(band => band.name === name.textContent)));
  all(".bp", svg).forEach(name => {
    const own = data.phases.find(p => name.classList.contains(`s${p.colour}`) && p.name === name.textContent);
    centre(name, own?.branch, own);
  });
  const isOfStrip = text => !["tx", "ty", "ph", "ch", "bp", "name"].some(kind => text.classList.contains(kind)) && !text.closest(".frame");
  all("text", svg).filter(isOfStrip).forEach(text => { text.style.visibility = isClock ? "" : "hidden"; });
  // Against itself a loss says nothing.
  document.getElementById(plot.id).classList.toggle("unsaid", plot.logged && !isClock);
}

return {figures, draw, x, isHidden};
})();
