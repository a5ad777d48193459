"use strict";
// What a reader does with the curves: switches, the legend, zoom, the cursor; all of it stands in the address.
(() => {
const {one, all, clamp, make, address} = Spyglass, {data, state, axes, valueAt} = Spyglass.scale, {figures, draw, isHidden} = Spyglass.draw;
const {stops, read, rest, pin, stopAt, hold, at, pinned, leave} = Spyglass.cursor;

// Each switch in the address: its key there, and what it is at first.
const seenWords = one("[data-axis-name]")?.textContent;
const switches = {axis: ["against", "tokens"], log: ["log", "0"], full: ["full", "0"], mean: ["mean", "0"]};

all("[data-switch]").forEach(button => button.addEventListener("click", () => {
  const [key, first] = switches[button.dataset.switch], to = button.dataset.to;
  address.write({[key]: to === first ? null : to, ...button.dataset.switch === "axis" ? {zoom: null} : {}}, true);
  if (button.dataset.switch === "axis") state.zoom = null;
  if (turn(button.dataset.switch, to)) redraw();
}));

// Turns a switch; whether it stood otherwise.
function turn(name, to) {
  const buttons = all(`[data-switch=${name}]`), wanted = buttons.find(button => button.dataset.to === to);
  if (!wanted || String(state[name]) === to) return false;
  state[name] = name === "axis" ? to : Number(to);
  buttons.forEach(other => other.setAttribute("aria-pressed", other === wanted));
  return true;
}

function redraw() {
  all("[data-axis-name]").forEach(words => { words.textContent = {tokens: seenWords, hours: "hours of training"}[state.axis] ?? state.axis; });
  figures.forEach(draw);
  all(".legend button").forEach(button => button.setAttribute("aria-pressed", !isHidden(button.dataset.branch)));
  all(".unzoom").forEach(button => { button.hidden = !state.zoom; });
  rest();
}

// The legend: a press hides a branch in all figures, or shows it again. So does one on a name beside a curve.
const branches = new Map(data.plots.flatMap(plot => plot.series).map(series => [series.name, series.colour]));
for (const legend of all(".legend")) {
  if (branches.size < 2) continue;
  for (const [name, colour] of branches) {
    const key = make("svg", {class: "swatch", viewBox: "0 -50 260 100", "aria-hidden": "true"}, make("path", {class: `line s${colour}`, d: "M0 0h260"}));
    const button = make("button", {type: "button", "data-branch": name, "aria-pressed": "true", title: "hide or show"}, key, name);
    button.addEventListener("click", () => toggle([name]));
    legend.append(button);
  }
}
for (const figure of figures) {
  all(".name", figure.svg).forEach((name, i) => name.addEventListener("click", event => {
    event.stopPropagation();
    toggle(figure.named[i].branches);
  }));
}

function toggle(names) {
  const hide = !names.every(isHidden);
  names.forEach(name => hide ? state.hidden.add(name) : state.hidden.delete(name));
  address.write({hide: [...state.hidden].map(encodeURIComponent).join(",")}, true);
  redraw();
}

// Zoom: the part of the axis between two of its values, in all figures.
function zoom(from, to) {
  const axis = axes[state.axis], [least, most] = [Math.min(axis.from, axis.to), Math.max(axis.from, axis.to)];
  let [a, b] = [clamp(Math.min(from, to), least, most), clamp(Math.max(from, to), least, most)];
  if (!(b > a)) return;
  const isWhole = a <= least && b >= most, short = value => Number(value.toPrecision(6));
  [a, b] = [short(a), short(b)];
  setZoom(isWhole ? null : axis.from > axis.to ? [b, a] : [a, b]);
}

function setZoom(to) {
  state.zoom = to;
  address.write({zoom: to && to.join("..")}, true);
  redraw();
}
all(".unzoom").forEach(button => button.addEventListener("click", () => setZoom(null)));

// Twice as near, or twice as far, about the cursor or the middle.
function nearer(figure, factor) {
  const {left, right} = figure, branch = figure.plot.series.find(series => !isHidden(series.name))?.name;
  const there = at() < 0 ? NaN : Spyglass.draw.x(figure, branch, stops[at()]);
  const middle = there >= left && there <= right ? there : (left + right) / 2, half = (right - left) / 2 * factor;
  const from = clamp(middle - half, Math.min(left, right - 2 * half), Math.max(left, right - 2 * half));
  zoom(valueAt(figure, from), valueAt(figure, from + 2 * half));
}

for (const figure of figures) {
  const {svg, left, right, top, bottom} = figure;
  let from = null, pick = null, isDragged = false; // where a drag began, its mark, and whether the click to come is its end
  const across = event => {
    const matrix = svg.getScreenCTM().inverse();
    return matrix.a * event.clientX + matrix.e;
  };
  const end = () => {
    pick?.remove();
    from = pick = null;
  };
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("pointerdown", event => { if (!event.button) from = clamp(across(event), left, right); });
  svg.addEventListener("pointermove", event => {
    const here = across(event);
    if (from !== null && (pick || Math.abs(here - from) > 60)) {
      if (!pick) {
        pick = make("path", {class: "pick"});
        svg.append(pick);
        svg.setPointerCapture?.(event.pointerId);
      }
      pick.setAttribute("d", `M${Math.round(from)} ${top}V${bottom}H${Math.round(clamp(here, left, right))}V${top}z`);
    } else if (stops.length) {
      hold(figure);
      const stop = stopAt(figure, here);
      if (stop !== at() || !one(".tip", svg.parentElement)) read(stop);
    }
  });
  svg.addEventListener("pointerup", event => {
    if (pick) {
      zoom(valueAt(figure, from), valueAt(figure, clamp(across(event), left, right)));
      isDragged = true;
      setTimeout(() => { isDragged = false; });
    }
    end();
  });
  svg.addEventListener("pointercancel", end);
  svg.addEventListener("pointerleave", () => {
    hold(null);
    rest();
  });
  svg.addEventListener("focus", () => hold(figure));
  svg.addEventListener("blur", () => {
    hold(null);
    all(".tip").forEach(tip => tip.remove());
  });
  svg.addEventListener("click", () => isDragged || pin(at() === pinned() ? -1 : at()));
  svg.addEventListener("dblclick", () => setZoom(null));
  svg.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own
    const last = stops.length - 1, now = at() < 0 ? last + 1 : at();
    const next = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last}[event.key];
    if (next !== undefined && stops.length) {
      event.preventDefault();
      hold(figure);
      pin(clamp(next, 0, last));
    } else if (event.key === "Escape") {
      pin(-1);
    } else if ("+=".includes(event.key)) {
      nearer(figure, 0.5);
    } else if (event.key === "-") {
      state.zoom && nearer(figure, 2);
    } else if (event.key === "0") {
      setZoom(null);
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
  const before = JSON.stringify([state.zoom, [...state.hidden]]);
  const turned = Object.entries(switches).filter(([name, [key, first]]) => turn(name, values.get(key) ?? first));
  const ends = (values.get("zoom") ?? "").split("..").map(Number);
  state.zoom = ends.length === 2 && ends.every(Number.isFinite) && ends[0] !== ends[1] ? ends : null;
  const names = (values.get("hide") ?? "").split(",").filter(Boolean).map(name => {
    try {
      return decodeURIComponent(name);
    } catch {
      return name;
    }
  });
  state.hidden = new Set(names.filter(name => branches.has(name)));
  if (metrics.length) showMetric(metrics.find(button => button.textContent === values.get("metric")) ?? metrics[0]);
  leave(values.has("at") ? stops.indexOf(Number(values.get("at"))) : -1);
  if (turned.length || JSON.stringify([state.zoom, [...state.hidden]]) !== before) redraw();
  else rest();
});
})();
