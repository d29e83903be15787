"use strict";
// Charts of a page in SVG: hover reads the nearest point, a click on a name hides its curves,
// dragging with a mouse zooms, a double click shows everything again. Needs no library.
(() => {
const charts = JSON.parse(document.getElementById("charts").textContent);
const NS = document.getElementById("seed").namespaceURI;
const SIZES = {dots: 3, diamonds: 3};
let clips = 0;

function node(parent, name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function button(parent, text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text);
  made.addEventListener("click", act);
  parent.append(made);
  return made;
}

function linearTicks([low, high], most, whole) {
  const rough = Math.max((high - low) / most, whole ? 1 : 0), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= rough - 1e-12);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) ticks.push(i * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((t) => [t, t.toFixed(digits).replace("-", "−")]);
}

function logTicks([low, high]) {
  const parts = high / low < 100 ? [1, 2, 5] : [1], ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const part of parts) {
      const t = part * 10 ** power;
      if (t >= low && t <= high) ticks.push([t, t >= 1e-3 && t < 1e5 ? String(Number(t.toPrecision(2))) : t.toExponential(0).replace("-", "−")]);
    }
  return ticks;
}

class Chart {
  constructor(place, data) {
    Object.assign(this, {place, data, hidden: new Set(), zoom: null});
    this.svg = node(place, "svg", {role: "img", "aria-label": data.label});
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    place.append(this.tip);
    const row = document.createElement("div");
    row.className = "legend";
    place.append(row);
    this.legend(row);
    this.svg.addEventListener("pointermove", (e) => this.move(e));
    this.svg.addEventListener("pointerdown", (e) => this.press(e));
    this.svg.addEventListener("pointerleave", () => this.leave());
    this.svg.addEventListener("dblclick", () => this.set(null));
    window.addEventListener("pointerup", (e) => this.release(e));
    new ResizeObserver(() => this.draw()).observe(place);
  }

  legend(row) {
    const named = new Map();
    for (const s of this.data.series)
      if (s.legend) named.set(s.group, [...(named.get(s.group) || []), s]);
    for (const [group, all] of named) {
      const made = button(row, "", () => {
        const hide = !this.hidden.has(group);
        if (hide) this.hidden.add(group); else this.hidden.delete(group);
        made.setAttribute("aria-pressed", String(!hide));
        this.draw();
      });
      made.setAttribute("aria-pressed", "true");
      for (const s of all) {
        const mark = document.createElement("i");
        mark.className = s.filled ? "filled" : s.kind;
        mark.style.color = `var(--${s.color})`;
        if (s.dash) mark.classList.add("dashed");
        made.append(mark);
      }
      made.append(all[0].name);
    }
    if (this.data.y.full) button(row, "all energies", () => this.set({x: null, y: this.data.y.full, panel: 0}));
    this.reset = button(row, "reset zoom", () => this.set(null));
    this.reset.hidden = true;
  }

  set(zoom) {
    this.zoom = zoom;
    this.reset.hidden = !zoom;
    this.draw();
  }

  layout() {
    const width = this.place.clientWidth, narrow = width < 520;
    const height = narrow ? Math.min(this.data.height, width * 1.05) : this.data.height;
    const left = 58, right = 10, top = 10, bottom = 40, gap = 12;
    const free = width - left - right - gap * (this.data.panels.length - 1);
    const total = this.data.panels.reduce((sum, p) => sum + p.weight, 0);
    let x = left;
    const frames = this.data.panels.map((p, i) => {
      const w = free * p.weight / total, frame = {x, w, y: top, h: height - top - bottom};
      frame.range = this.zoom && this.zoom.x && this.zoom.panel === i ? this.zoom.x : p.range;
      x += w + gap;
      return frame;
    });
    return {width, height, frames, yRange: this.zoom && this.zoom.y || this.data.y.range};
  }

  px(i, x) { const f = this.at.frames[i]; return f.x + (x - f.range[0]) / (f.range[1] - f.range[0]) * f.w; }

  py(y) {
    const f = this.at.frames[0], on = this.data.y.log ? Math.log : (t) => t, [low, high] = this.at.yRange.map(on);
    return f.y + f.h - (on(y) - low) / (high - low) * f.h;
  }

  valueAt(i, px, py) {
    const f = this.at.frames[i], log = this.data.y.log, [low, high] = this.at.yRange.map(log ? Math.log : (t) => t);
    const y = low + (f.y + f.h - py) / f.h * (high - low);
    return [f.range[0] + (px - f.x) / f.w * (f.range[1] - f.range[0]), log ? Math.exp(y) : y];
  }

  shown() { return this.data.series.filter((s) => !this.hidden.has(s.group)); }

  draw() {
    if (!this.place.clientWidth) return;
    this.at = this.layout();
    const {width, height, frames, yRange} = this.at;
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    const yTicks = this.data.y.log ? logTicks(yRange) : linearTicks(yRange, height / 50);
    frames.forEach((f, i) => this.frame(f, i, yTicks));
    node(this.svg, "text", {class: "title", transform: `translate(14 ${frames[0].y + frames[0].h / 2}) rotate(-90)`}, this.data.y.label);
    this.cursor = node(this.svg, "circle", {r: 5, class: "cursor", visibility: "hidden"});
    this.box = node(this.svg, "rect", {class: "box", visibility: "hidden"});
  }

  frame(f, i, yTicks) {
    const panel = this.data.panels[i], id = `clip-${++clips}`;
    node(node(this.svg, "clipPath", {id}), "rect", {x: f.x, y: f.y, width: f.w, height: f.h});
    const ticks = panel.ticks || linearTicks(f.range, Math.max(2, f.w / 80), panel.whole);
    for (const [x, name] of ticks) {
      if (x < f.range[0] - 1e-9 || x > f.range[1] + 1e-9) continue;
      const at = this.px(i, x);
      node(this.svg, "line", {class: panel.ticks ? "rule" : "tick", x1: at, x2: at, y1: panel.ticks ? f.y : f.y + f.h - 5, y2: f.y + f.h});
      node(this.svg, "text", {class: "x", x: at, y: f.y + f.h + 16}, name);
    }
    for (const [y, name] of yTicks) {
      const at = this.py(y);
      node(this.svg, "line", {class: "tick", x1: f.x, x2: f.x + 5, y1: at, y2: at});
      if (!i) node(this.svg, "text", {class: "y", x: f.x - 6, y: at + 4}, name);
    }
    if (this.data.zero && !this.data.y.log) node(this.svg, "line", {class: "zero", x1: f.x, x2: f.x + f.w, y1: this.py(0), y2: this.py(0), "clip-path": `url(#${id})`});
    node(this.svg, "text", {class: "title", x: f.x + f.w / 2, y: f.y + f.h + 34}, panel.label);
    const inside = node(this.svg, "g", {"clip-path": `url(#${id})`});
    for (const s of this.shown()) if (s.panel === i) this.series(inside, s);
    node(this.svg, "rect", {class: "frame", x: f.x, y: f.y, width: f.w, height: f.h});
  }

  series(parent, s) {
    const style = `color:var(--${s.color})`;
    for (const row of s.y) {
      const points = row.map((y, j) => y === null ? null : [this.px(s.panel, s.x[j]), this.py(y)]);
      if (s.kind === "line" || s.kind === "fill") {
        let path = "", pen = false;
        points.forEach((p, j) => {
          if (p) path += `${pen && !s.breaks.includes(j) ? "L" : "M"}${p[0].toFixed(1)} ${p[1].toFixed(1)}`;
          pen = !!p;
        });
        if (s.kind === "fill" && points.length) {
          const zero = this.px(s.panel, 0);
          node(parent, "path", {class: "area", style, d: `M${zero} ${points[0][1]}${path.replace("M", "L")}L${zero} ${points.at(-1)[1]}Z`});
        }
        node(parent, "path", {class: s.dash ? "line dashed" : "line", style, d: path});
      } else {
        const r = (s.filled || SIZES[s.kind]) * (this.at.width < 520 ? 0.65 : 1);
        for (const p of points.filter((p) => p)) {
          if (s.kind === "diamonds") node(parent, "path", {class: s.kind, style, d: `M${p[0] - r} ${p[1]}l${r} ${-r}l${r} ${r}l${-r} ${r}Z`});
          else node(parent, "circle", {class: s.filled ? "filled" : s.kind, style, cx: p[0], cy: p[1], r});
        }
      }
    }
  }

  position(e) {
    const box = this.svg.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  move(e) {
    if (!this.at) return;
    const [px, py] = this.position(e);
    if (this.start) { this.stretch(px, py); return; }
    let best = null, least = 30 ** 2;
    for (const s of this.shown())
      s.y.forEach((row, n) => row.forEach((y, j) => {
        if (y === null) return;
        const dx = this.px(s.panel, s.x[j]) - px, dy = this.py(y) - py, f = this.at.frames[s.panel];
        if (dx * dx + dy * dy < least && px > f.x - 5 && px < f.x + f.w + 5 && py + dy >= f.y - 1 && py + dy <= f.y + f.h + 1) {
          least = dx * dx + dy * dy;
          best = {s, n, j, x: px + dx, y: py + dy};
        }
      }));
    if (!best) { this.leave(); return; }
    this.read(best);
  }

  read({s, n, j, x, y}) {
    const digits = s.digits === undefined ? 3 : s.digits, format = (v) => v.toFixed(digits).replace("-", "−");
    this.tip.textContent = s.hover.replace("{n}", s.first + n).replace("{t}", s.text ? s.text[j] : "")
      .replace("{x}", format(s.x[j])).replace("{y}", format(s.y[n][j]));
    this.tip.hidden = false;
    const w = this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(0, Math.min(x - w / 2, this.at.width - w))}px`;
    this.tip.style.top = `${y > 60 ? y - this.tip.offsetHeight - 10 : y + 12}px`;
    for (const [key, value] of Object.entries({cx: x, cy: y, visibility: "visible"})) this.cursor.setAttribute(key, value);
  }

  leave() {
    this.tip.hidden = true;
    if (this.cursor) this.cursor.setAttribute("visibility", "hidden");
  }

  press(e) {
    const [px, py] = this.position(e);
    const panel = this.at.frames.findIndex((f) => px >= f.x && px <= f.x + f.w && py >= f.y && py <= f.y + f.h);
    if (e.pointerType !== "mouse" || panel < 0) { this.move(e); return; }
    e.preventDefault();
    this.start = {px, py, panel};
  }

  stretch(px, py) {
    const {px: x, py: y} = this.start;
    this.leave();
    const box = {x: Math.min(x, px), y: Math.min(y, py), width: Math.abs(px - x), height: Math.abs(py - y), visibility: "visible"};
    for (const key in box) this.box.setAttribute(key, box[key]);
  }

  release(e) {
    if (!this.start) return;
    const {px: x, py: y, panel} = this.start, [px, py] = this.position(e);
    this.start = null;
    this.box.setAttribute("visibility", "hidden");
    if (Math.abs(px - x) < 8 || Math.abs(py - y) < 8) return;
    const a = this.valueAt(panel, Math.min(x, px), Math.max(y, py)), b = this.valueAt(panel, Math.max(x, px), Math.min(y, py));
    this.set({panel, x: [a[0], b[0]], y: [a[1], b[1]]});
  }
}

const made = [];
for (const place of document.querySelectorAll("[data-chart]"))
  made.push(new Chart(place, charts[place.dataset.chart]));
const choice = document.getElementById("system");
function show() {
  for (const part of document.querySelectorAll("[data-system]")) part.hidden = part.dataset.system !== choice.value;
  made.forEach((chart) => chart.draw());
}
if (choice) { choice.addEventListener("change", show); show(); }
})();
