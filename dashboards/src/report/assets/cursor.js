"use strict";
// Reads numbers off the curves: one cursor in all plots, at a checkpoint, and beside it what every branch was there.
Spyglass.cursor = (() => {
const {one, all, clamp, tokens, make, address} = Spyglass, {data, state, paths} = Spyglass.scale, {figures, x, isHidden} = Spyglass.draw;
const scored = data.plots.some(plot => !plot.logged) ? data.plots.filter(plot => !plot.logged) : data.plots;
const stops = [...new Set(scored.flatMap(plot => plot.series.flatMap(s => [...s.points.filter(Boolean), ...s.hollow ?? []].map(p => p[0]))))].sort((a, b) => a - b);
let at = -1, pinned = -1, pointed = null; // the cursor's stop, the one at which a click or a key left it, and the figure in hand
const shown = (plot, value) => plot.percent ? (value * 100).toFixed(1) : value.toFixed(3), round = Math.round;

function clear() {
  at = -1;
  all(".cursor").forEach(cursor => cursor.remove());
  all(".read").forEach(out => out.replaceChildren());
  all(".tip").forEach(tip => tip.remove());
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

// The point of a series nearest to so many tokens.
function nearest(series, count) {
  const away = p => Math.abs(p[0] - count);
  return series.points.filter(Boolean).reduce((best, p) => !best || away(p) < away(best) ? p : best, null);
}

const half = (plot, point) => point.length > 2 ? ` ± ${shown(plot, (point[3] - point[2]) / 2)}` : "";

function read(index) {
  clear();
  at = index;
  const count = stops[index];
  for (const figure of figures) {
    const {plot, svg, top, bottom} = figure, out = one(".read", document.getElementById(plot.id));
    const seen = plot.series.filter(series => !isHidden(series.name));
    const there = seen.filter(series => pointAt(plot, series, count));
    const lines = new Set(there.map(series => x(figure, series.name, count)));
    if (!lines.size) lines.add(x(figure, data.places[0]?.branch, count));
    const isShown = place => place >= figure.left && place <= figure.right;
    const d = [...lines].filter(isShown).map(at => `M${round(at)} ${top}V${bottom}`).join("");
    svg.append(make("path", {class: "cursor", d}));
    out.textContent = tokens(count);
    for (const series of there) {
      const point = pointAt(plot, series, count);
      out.append(make("b", {class: "s" + series.colour}, ` · ${series.name} ${shown(plot, point[1])}${half(plot, point)}${series.hollow?.includes(point) ? " (left out)" : ""}`));
    }
    if (figure === pointed) tip(figure, seen, count, [...lines].filter(isShown)[0] ?? figure.left);
  }
}

// All branches at the cursor, each with its value, its interval, and where its nearest checkpoint lies.
function tip(figure, seen, count, place) {
  const {plot, svg} = figure, rows = seen.flatMap(series => {
    const here = pointAt(plot, series, count), point = here ?? nearest(series, count);
    if (!point) return [];
    const interval = point.length > 2 ? `${shown(plot, point[2])} to ${shown(plot, point[3])}` : "";
    const words = here && series.hollow?.includes(here) ? "left out" : `at ${tokens(point[0])}`;
    return [make("tr", here ? {} : {class: "soft"}, make("td", {}, make("i", {class: "s" + series.colour}), series.name),
      make("td", {class: "n"}, shown(plot, point[1])), make("td", {class: "n"}, interval), make("td", {class: "n"}, words))];
  });
  const unit = document.documentElement.dataset.axis ?? "tokens";
  const box = make("div", {class: "tip", role: "status"}, make("b", {}, `${tokens(count)} ${unit}`), make("table", {}, make("tbody", {}, ...rows)));
  const share = (place - svg.viewBox.baseVal.x) / svg.viewBox.baseVal.width, width = svg.getBoundingClientRect().width;
  svg.parentElement.append(box);
  const room = svg.parentElement.clientWidth - box.offsetWidth;
  box.style.left = `${clamp(share < 0.5 ? share * width + 14 : share * width - box.offsetWidth - 14, 0, Math.max(0, room))}px`;
  box.style.top = `${svg.offsetTop + svg.getBoundingClientRect().height}px`;
}

// The stop nearest to a place in a figure.
function stopAt(figure, place) {
  let best = 0, least = Infinity;
  for (const [branch, path] of state.axis === "tokens" ? [[null, stops.map(stop => [stop])]] : paths) {
    for (const [count] of path) {
      const away = Math.abs(x(figure, branch, count) - place);
      if (away < least && stops.includes(count)) [best, least] = [stops.indexOf(count), away];
    }
  }
  return best;
}

function hold(figure) {
  pointed = figure;
}

return {stops, read, rest, pin, stopAt, hold, at: () => at, pinned: () => pinned, leave: index => { pinned = index; }};
})();
