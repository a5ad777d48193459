"use strict";
// Figures as files, as they are shown: zoomed, on their axis, without what is hidden; on white ground with title, names of the axes,
// legend and caption; every colour said plainly, so that other programs draw the same.
(() => {
const {one, all, make} = Spyglass, MM = 2.54 / 96; // of a tenth of a pixel
const KEYS = {fill: "", stroke: "none", "stroke-width": "", "stroke-dasharray": "none", "stroke-linejoin": "miter", "stroke-linecap": "butt", opacity: "1", "text-anchor": "start"};
const LINE = 140; // from line to line of the caption

// A colour as `#rrggbb`, a length without its unit.
function plainly(value) {
  const hex = shares => "#" + shares.map(share => Math.round(share * 255).toString(16).padStart(2, "0")).join("");
  const numbers = (value.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
  if (value.startsWith("rgb")) return hex(numbers.slice(0, 3).map(number => number / 255));
  if (value.startsWith("color(srgb")) return hex(numbers.slice(0, 3));
  return value.replaceAll("px", "").replaceAll(",", "");
}

// The figure as an SVG that stands alone, and its size in millimetres.
function plain(figure) {
  const svg = one("svg", figure), copy = svg.cloneNode(true), root = document.documentElement, theme = root.dataset.theme;
  root.dataset.theme = "light";
  const copied = all("*", copy), gone = [];
  all("*", svg).forEach((mark, i) => {
    const style = getComputedStyle(mark), to = copied[i];
    if (style.visibility === "hidden" || mark.matches(".cursor, .pick, .off") || mark.getAttribute("d") === "") gone.push(to);
    if (["path", "rect", "text"].includes(mark.localName)) {
      for (const [key, usual] of Object.entries(KEYS)) {
        const value = key === "fill" && mark.matches(".hollow, .hop") ? "#ffffff" : plainly(style.getPropertyValue(key));
        if (value !== usual && !(style.stroke === "none" && key.startsWith("stroke"))) to.setAttribute(key, value);
      }
    }
    if (mark.localName === "text") {
      to.setAttribute("font-family", "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif");
      to.setAttribute("font-size", plainly(style.fontSize));
      if (Number(style.fontWeight) > 400) to.setAttribute("font-weight", style.fontWeight);
    }
  });
  if (theme === undefined) delete root.dataset.theme; else root.dataset.theme = theme;
  let [left, top, width, height] = svg.dataset.sheet.split(" ").map(Number);
  height += words(copy);
  gone.forEach(mark => mark.remove());
  for (const mark of all("*", copy)) for (const name of ["class", "style"]) mark.removeAttribute(name);
  for (const name of [...copy.attributes].map(attribute => attribute.name)) if (name !== "xmlns") copy.removeAttribute(name);
  const size = {width: `${(width * MM).toFixed(2)}mm`, height: `${(height * MM).toFixed(2)}mm`};
  for (const [name, value] of Object.entries({...size, viewBox: `${left} ${top} ${width} ${height}`})) copy.setAttribute(name, value);
  const ground = make("rect", {x: left, y: top, width, height, fill: "#ffffff"});
  one("desc", copy).after(ground);
  return {copy, size, pixels: [width / 10, height / 10]};
}

// Says in the frame what the switches say; how much higher it becomes.
function words(copy) {
  const state = Spyglass.scale?.state, name = one(".fx", copy);
  if (!state || !name) return 0;
  if (state.axis !== "tokens") {
    const seen = name.textContent, now = one("[data-axis-name]").textContent;
    for (const text of [name, ...all(".ft, title", copy)]) text.textContent = text.textContent.replace(seen, now);
  }
  const last = all(".cap", copy).pop();
  if (!state.mean || !last) return 0;
  const line = last.cloneNode();
  line.textContent = `Broad and faint: mean of the last ${state.mean} checkpoints.`;
  line.setAttribute("y", Number(last.getAttribute("y")) + LINE);
  last.after(line);
  return LINE;
}

const text = figure => new XMLSerializer().serializeToString(plain(figure).copy);
const save = (name, href) => make("a", {download: name, href}).click();

function saveSvg(figure) {
  const file = URL.createObjectURL(new Blob([text(figure)], {type: "image/svg+xml"}));
  save(`${figure.id}.svg`, file);
  setTimeout(() => URL.revokeObjectURL(file), 10_000);
}

// At 2.5 times its size.
function savePng(figure) {
  const {pixels: [width, height]} = plain(figure), image = new Image();
  image.onload = () => {
    const canvas = make("canvas", {width: Math.round(width * 2.5), height: Math.round(height * 2.5)});
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    save(`${figure.id}.png`, canvas.toDataURL("image/png"));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text(figure));
}

// As PDF: the browser prints the figure alone, on a sheet of its size; lines and words stay lines and words.
function printPdf(figure) {
  const {copy, size} = plain(figure), sheet = make("div", {class: "sheet"}, copy), style = new CSSStyleSheet(), title = document.title;
  style.replaceSync(`@page { size: ${size.width} ${size.height}; margin: 0; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
  document.body.append(sheet);
  document.documentElement.classList.add("printing");
  document.title = figure.id; // which browsers offer as the name of the file
  addEventListener("afterprint", () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(other => other !== style);
    document.documentElement.classList.remove("printing");
    document.title = title;
    sheet.remove();
  }, {once: true});
  print();
}

for (const [selector, act] of [[".dl a[href$='.svg']", saveSvg], [".png", savePng], [".pdf", printPdf]]) {
  all(selector).forEach(button => button.addEventListener("click", event => {
    event.preventDefault();
    act(button.closest("figure"));
  }));
}
Spyglass.svg = text; // for those who look at it without a file
})();
