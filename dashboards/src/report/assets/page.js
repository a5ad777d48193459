"use strict";
// Adds to a page that reads well without it: axis switches, reading numbers off, sorting, theme, PNG.
(() => {
const $ = (s, e = document) => e.querySelector(s), all = (s, e = document) => [...e.querySelectorAll(s)];
const D = JSON.parse($("#data").textContent), root = document.documentElement, NS = "http://www.w3.org/2000/svg";
const L = 360, R = 3560, T = 60, B = 1700, ST = 1960, SB = 2380, GAP = 112; // tenths of a pixel, as plots/curve.rs
const state = {log: 0, full: 0};
root.classList.add("on");
const clamp = (v, a, b) => Math.min(b, Math.max(a, v)), r = Math.round;
const X = t => state.log
  ? L + (R - L) * Math.log(Math.max(t, D.axis.log_from) / D.axis.log_from) / Math.log(D.axis.to / D.axis.log_from)
  : L + (R - L) * (t - D.axis.from) / (D.axis.to - D.axis.from);
const three = v => v === 0 ? "0" : String(Number(v.toPrecision(3)));
const tok = t => { for (const [s, u] of [[1e12, " T"], [1e9, " B"], [1e6, " M"], [1e3, " k"]]) if (t >= s * .9995) return three(t / s) + u; return three(t); };
const ticks = (lo, hi, n) => { const raw = (hi - lo) / n, p = 10 ** Math.floor(Math.log10(raw)), s = [1, 2, 2.5, 5, 10].map(m => m * p).find(v => v >= raw * .999), out = [];
  for (let k = Math.ceil(lo / s - 1e-6); k <= hi / s + 1e-6; k++) out.push(k * s); return out; };
const logTicks = () => { const out = [], a = D.axis.log_from, b = D.axis.to, dense = b / a < 200;
  for (let e = Math.floor(Math.log10(a)); e <= Math.log10(b); e++) for (const m of dense ? [1, 2, 5] : [1]) { const v = m * 10 ** e; if (v > a && v <= b) out.push(v); }
  const every = Math.ceil(out.length / 7); return out.filter((_, i) => i % every === 0); };
const texts = (svg, cls, items) => { const old = all("." + cls, svg), mark = old[0]; if (!mark) return; const parent = mark.parentNode, next = mark;
  const made = items.map(([s, x, y]) => { const e = mark.cloneNode(); e.textContent = s; e.setAttribute("x", r(x)); e.setAttribute("y", r(y)); return e; });
  made.forEach(e => parent.insertBefore(e, next)); old.forEach(e => e.remove()); };
const line = (pts) => pts.length > 1 ? "M" + pts.map(p => r(p[0]) + " " + r(p[1])).join("L") : "";
const stretches = s => { const out = [s.f ? [s.f] : []]; for (const p of s.p) p ? out[out.length - 1].push(p) : out.push([]); return out.filter(q => q.length); };
const path = (svg, cls, d) => { const found = all("path." + cls.replace(" ", "."), svg); found.forEach((e, i) => e.setAttribute("d", i ? "" : d)); };
function draw(plot) {
  const svg = $("svg", document.getElementById(plot.id)), [lo, hi] = state.full && plot.pc ? [0, 1.02] : plot.y;
  const Y = v => B - (B - T) * (clamp(v, lo, hi) - lo) / (hi - lo), yt = ticks(lo, hi, 4);
  rescale(svg);
  path(svg, "grid", yt.map(v => line([[L, Y(v)], [R, Y(v)]])).join(""));
  texts(svg, "ty", yt.map(v => [three(plot.pc ? v * 100 : v), L - 50, Y(v) + 35]));
  if (plot.ch !== null) { path(svg, "chance", line([[L, Y(plot.ch)], [R, Y(plot.ch)]])); const e = $(".ch", svg); if (e) e.setAttribute("y", r(Y(plot.ch) + 105)); }
  const by = new Map();
  for (const s of plot.s) { const d = by.get(s.c) || {line: "", bar: "", area: "", dot: ""}; by.set(s.c, d);
    const crowded = s.p.length > 60;
    for (const q of stretches(s)) { d.line += line(q.map(p => [X(p[0]), Y(p[1])])); const w = q.filter(p => p.length > 2);
      if (crowded && w.length > 1) d.area += line([...w.map(p => [X(p[0]), Y(p[3])]), ...w.slice().reverse().map(p => [X(p[0]), Y(p[2])])]) + "z";
      if (!crowded) for (const p of w) if (p !== s.f) d.bar += line([[X(p[0]), Y(p[2])], [X(p[0]), Y(p[3])]]); }
    const points = s.p.filter(Boolean); if (!crowded || points.length === 1) for (const p of points) d.dot += `M${r(X(p[0]))} ${r(Y(p[1]))}h0`; }
  for (const [c, d] of by) for (const k in d) path(svg, `${k} s${c}`, d[k]);
  const ends = plot.s.map(s => s.p.filter(Boolean).pop()).filter(Boolean).slice(0, 14).map(p => Y(p[1]) + 35), names = all(".name", svg);
  apart(ends).forEach((y, i) => names[i] && names[i].setAttribute("y", r(y)));
}
function apart(wished) { const order = wished.map((_, i) => i).sort((a, b) => wished[a] - wished[b]), y = wished.slice(); let f = T + 40, c = B;
  for (const i of order) { y[i] = Math.max(y[i], f); f = y[i] + GAP; } for (const i of order.reverse()) { y[i] = Math.min(y[i], c); c = y[i] - GAP; } return y; }
function rescale(svg) {
  texts(svg, "tx", (state.log ? logTicks() : ticks(D.axis.from, D.axis.to, 5)).map(v => [tok(v), X(v), B + 150]));
  all("rect.band", svg).forEach((e, i) => { const b = D.bands[i % D.bands.length], x = r(X(b[0])); e.setAttribute("x", x); e.setAttribute("width", Math.max(0, r(X(b[1])) - x)); });
  const peak = Math.max(0, ...D.rates.flatMap(q => q.p.map(p => p[1]))) * 1.08 || 1, by = new Map();
  for (const q of D.rates) by.set(q.c, (by.get(q.c) || "") + line(q.p.map(p => [X(p[0]), SB - (SB - ST) * p[1] / peak])));
  for (const [c, d] of by) path(svg, `rate s${c}`, d);
  all(".ph", svg).forEach(e => { const b = (e.dataset.b ||= D.bands.findIndex(q => { const k = state.log; state.log = 0; const m = (X(q[0]) + X(q[1])) / 2; state.log = k; return Math.abs(m - e.getAttribute("x")) < 6; })); const q = D.bands[b]; if (q) { e.setAttribute("x", r((X(q[0]) + X(q[1])) / 2)); e.style.visibility = X(q[1]) - X(q[0]) > 52 * e.textContent.length + 40 ? "" : "hidden"; } });
}
const loss = all("figure").find(f => !D.plots.some(p => p.id === f.id));
all("[data-switch]").forEach(b => b.addEventListener("click", () => { state[b.dataset.switch] = +b.dataset.to;
  all(`[data-switch=${b.dataset.switch}]`).forEach(o => o.setAttribute("aria-pressed", o === b)); if (loss) loss.hidden = !!state.log; D.plots.forEach(draw); clear(); }));
// Reading off: one cursor in all plots, at a checkpoint.
const stops = [...new Set(D.plots.flatMap(p => p.s.flatMap(s => s.p.filter(Boolean).map(q => q[0]))))].sort((a, b) => a - b); let at = -1;
const show = (p, v) => p.pc ? (v * 100).toFixed(1) : v.toFixed(3);
function clear() { at = -1; all(".cursor").forEach(e => e.remove()); all(".read").forEach(e => e.textContent = ""); }
function read(i) { clear(); at = i; const t = stops[i], x = r(X(t));
  for (const p of D.plots) { const f = document.getElementById(p.id), e = document.createElementNS(NS, "path"), out = $(".read", f); e.setAttribute("class", "cursor"); e.setAttribute("d", `M${x} ${T}V${B}`); $("svg", f).append(e);
    out.textContent = tok(t); for (const s of p.s) { const q = s.p.find(q => q && q[0] === t); if (!q) continue; const b = document.createElement("b"); b.className = "s" + s.c; b.textContent = ` · ${s.n} ${show(p, q[1])}` + (q.length > 2 ? ` ± ${show(p, (q[3] - q[2]) / 2)}` : ""); out.append(b); } } }
for (const p of D.plots) { const svg = $("svg", document.getElementById(p.id)); svg.setAttribute("tabindex", "0");
  svg.addEventListener("pointermove", e => { if (!stops.length) return; const m = svg.getScreenCTM().inverse(), x = m.a * e.clientX + m.e; let best = 0; stops.forEach((t, i) => { if (Math.abs(X(t) - x) < Math.abs(X(stops[best]) - x)) best = i; }); if (best !== at) read(best); });
  svg.addEventListener("pointerleave", clear);
  svg.addEventListener("keydown", e => { const step = {ArrowLeft: -1, ArrowRight: 1}[e.key]; if (step && stops.length) { e.preventDefault(); read(clamp(at < 0 ? stops.length - 1 : at + step, 0, stops.length - 1)); } else if (e.key === "Escape") clear(); }); }
all("th").forEach((th, k) => { const b = document.createElement("button"); b.type = "button"; b.textContent = th.textContent; th.replaceChildren(b); let up = false;
  b.addEventListener("click", () => { up = !up; const body = $("tbody", th.closest("table")), v = tr => tr.children[k].dataset.v, num = s => s === "" ? NaN : parseFloat(s);
    all("th").forEach(o => o.removeAttribute("aria-sort")); th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const isNum = th.classList.contains("n");
    all("tr", body).sort((a, c) => (up ? 1 : -1) * (isNum ? (num(v(a)) || 0) - (num(v(c)) || 0) : v(a).localeCompare(v(c)))).forEach(tr => body.append(tr)); }); });
const keep = (k, v) => { try { if (v === undefined) return localStorage.getItem(k); localStorage.setItem(k, v); } catch { return null; } };
const set = t => { if (t) root.dataset.theme = t; }; set(keep("spyglass-theme"));
$("#theme").addEventListener("click", () => { const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches; set(dark ? "light" : "dark"); keep("spyglass-theme", root.dataset.theme); });
all(".png").forEach(b => b.addEventListener("click", () => { const f = b.closest("figure"), svg = $("svg", f), copy = svg.cloneNode(true), box = svg.viewBox.baseVal;
  const real = all("*", svg), mine = all("*", copy); real.forEach((e, i) => { const s = getComputedStyle(e); for (const k of ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font", "text-anchor"]) mine[i].setAttribute(k === "font" ? "style" : k, k === "font" ? `font:${s.font}` : s.getPropertyValue(k)); });
  copy.setAttribute("width", box.width / 10); copy.setAttribute("height", box.height / 10); const image = new Image();
  image.onload = () => { const c = document.createElement("canvas"); c.width = box.width / 4; c.height = box.height / 4; const g = c.getContext("2d"); g.fillStyle = getComputedStyle(document.body).backgroundColor; g.fillRect(0, 0, c.width, c.height); g.drawImage(image, 0, 0, c.width, c.height); const a = document.createElement("a"); a.download = f.id + ".png"; a.href = c.toDataURL("image/png"); a.click(); };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy)); }));
})();
