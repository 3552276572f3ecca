// Small plots of curves and points, as SVG.
const WIDTH = 360;
const MARGIN = { left: 52, right: 20, top: 24, bottom: 34 };
// Of plots beside each other.
const NARROW = { left: 34, right: 8, top: 20, bottom: 20 };

export function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  return element;
}

export function line(points, kind) {
  const d = points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
  return svg("path", { d, class: kind });
}

export function write(text, x, y, anchor, kind = "") {
  const element = svg("text", { x, y, "text-anchor": anchor, class: kind });
  element.textContent = text;
  return element;
}

// A number as people read it.
export function show(number) {
  if (number === 0 || !Number.isFinite(number)) return String(number);
  const size = Math.abs(number);
  if (size < 1e5 && size >= 1e-3) return String(Number(number.toPrecision(5)));
  return Number(number.toPrecision(4)).toExponential().replace("e+", "e");
}

// Round numbers from `from` to `to`, some five of them.
export function ticks(from, to, log = false) {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  if (!(high > low)) return [low];
  if (log && low > 0 && high / low > 30) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const every = Math.ceil((last - first + 1) / 6);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((power) => (power - first) % every === 0).map((power) => Number(`1e${power}`));
  }
  const rough = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((times) => unit * times >= rough * 0.999);
  const all = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + step * 1e-9; count += 1) all.push(Number((count * step).toPrecision(12)));
  return all;
}

// The least and the greatest of finite numbers, with some room.
export function extent(numbers) {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  if (low > high) return [-1, 1];
  const room = (high - low) * 0.06 || Math.abs(low) * 0.1 || 1;
  return [low - room, high + room];
}

// Draws `curves` ({ points, kind }), `dots` ({ x, y, kind, size }) and `marks` ({ y } or { x }) into an element.
export function plot(element, { title, label, x, y, across, height = 200, width = WIDTH, curves = [], dots = [], marks = [] }) {
  element.setAttribute("viewBox", `0 0 ${width} ${height}`);
  element.setAttribute("aria-label", label);
  const margin = width < WIDTH ? NARROW : MARGIN;
  const box = { left: margin.left, top: margin.top, width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const at = ([a, b]) => [
    box.left + ((a - x[0]) / (x[1] - x[0])) * box.width,
    box.top + box.height - ((b - y[0]) / (y[1] - y[0])) * box.height,
  ];
  const parts = [write(title, box.left, 14, "start")];
  const [many, few] = width < WIDTH ? [3, 4] : [6, 6];
  thin(ticks(...x), many).forEach((tick) => {
    const [across] = at([tick, y[0]]);
    parts.push(line([[across, box.top], [across, box.top + box.height]], "mesh"), write(show(tick), across, box.top + box.height + 15, "middle", "soft"));
  });
  thin(ticks(...y), few).forEach((tick) => {
    const [, up] = at([x[0], tick]);
    parts.push(line([[box.left, up], [box.left + box.width, up]], "mesh"), write(show(tick), box.left - 5, up + 4, "end", "soft"));
  });
  if (across) parts.push(write(across, box.left + box.width / 2, height - 3, "middle", "soft"));
  const inside = clipped(element.id, box);
  marks.forEach((mark) => inside.append(line("y" in mark ? [at([x[0], mark.y]), at([x[1], mark.y])] : [at([mark.x, y[0]]), at([mark.x, y[1]])], "thin")));
  curves.forEach(({ points, kind }) => {
    for (const piece of pieces(points, y)) inside.append(line(piece.map(at), kind));
  });
  dots.forEach(({ x: a, y: b, kind, size = 2.4 }) => {
    const [cx, cy] = at([a, b]);
    inside.append(svg("circle", { cx, cy, r: size, class: kind }));
  });
  parts.push(inside.parentNode ?? inside, svg("rect", { class: "axis", x: box.left, y: box.top, width: box.width, height: box.height }));
  element.replaceChildren(...parts);
}

function thin(all, most) {
  const every = Math.ceil(all.length / most);
  return all.filter((_, index) => index % every === 0);
}

function clipped(name, { left, top, width, height }) {
  const [whole, clip, inside] = [svg("g", {}), svg("clipPath", { id: `inside-${name}` }), svg("g", { "clip-path": `url(#inside-${name})` })];
  clip.append(svg("rect", { x: left, y: top, width, height }));
  whole.append(clip, inside);
  return inside;
}

// The parts of a curve between jumps and what is no number; far outside the plot it ends.
function pieces(points, [low, high]) {
  const far = 3 * (high - low);
  const all = [[]];
  for (const point of points) {
    const y = point[1];
    if (Number.isFinite(y) && y > low - far && y < high + far) all.at(-1).push(point);
    else if (all.at(-1).length > 0) all.push([]);
  }
  return all.filter((piece) => piece.length > 1);
}
