// One trajectory: its weights, and the loss and the penalty that it moves on, in the elements of a page that are called after them.
import { extent, plot, show } from "./plots.js";

// Points of a curve; odd, so that 0 is one of them.
const POINTS = 401;
// Iterates that are drawn as points.
const DOTS = 400;

const named = (id) => document.getElementById(id);

export function drawTrajectory(trajectory) {
  const course = trajectory.course();
  const [weights, fate] = [course.weights, course.fate];
  course.free();
  const sizes = sampled(weights).map(([, w]) => Math.abs(w));
  const far = Math.max(2, ...sizes.filter((size) => size < 20)) * 1.15;
  drawCourse(weights, fate);
  drawFunctions(trajectory.curves(-far, far, POINTS), far, weights);
}

// [step, weight] of some iterates: all of the first, then ever fewer.
function sampled(weights) {
  const last = weights.length - 1;
  const places = new Set(Array.from({ length: Math.min(DOTS / 2, weights.length) }, (_, place) => place));
  for (let count = 0; count <= DOTS / 2; count += 1) places.add(Math.round((last * count) / (DOTS / 2)));
  return [...places].sort((a, b) => a - b).map((place) => [place, weights[place]]);
}

// Takes away what is no longer so.
export function clearTrajectory() {
  named("fate").textContent = "";
  for (const id of ["course", "landscape", "value", "slope", "prox"]) {
    named(id).replaceChildren();
    named(id).setAttribute("aria-label", "nothing to show");
  }
}

function drawCourse(weights, fate) {
  let arrived = weights.length;
  while (arrived > 0 && weights[arrived - 1] === 0) arrived -= 1;
  const last = weights.length - 1;
  const words = fate === undefined ? `Goes on beyond the ${weights.length} iterates that are shown.`
    : fate === "zero" ? `Ends at exact zero, from step ${arrived} on.`
    : fate === "diverged" ? `Diverges at step ${last}.`
    : `${{ settled: "Settles away from zero", near_zero: "Ends near zero, and not at it", decayed: "Decays to where f32 ends, and is never zero by the rule", oscillating: "Oscillates", moving: "Still moves" }[fate]}: the last weight is ${show(weights[last])}.`;
  named("fate").textContent = words;
  const points = sampled(weights);
  const until = arrived <= last ? Math.min(last, Math.max(10, 2 * arrived)) : last;
  const near = points.filter(([step]) => step <= until);
  plot(named("course"), {
    title: "weight w by step", label: `The weight by step. ${words}`, across: "step",
    x: [0, Math.max(until, 1)], y: extent([0, ...near.map(([, w]) => w)]),
    curves: [{ points: near, kind: "first" }], marks: [{ y: 0 }],
    dots: near.filter(([, w], index) => w === 0 || near.length < 120 || index % 4 === 0).map(([step, w]) => ({ x: step, y: w, kind: w === 0 ? "zero" : "dot", size: w === 0 ? 3 : 2 })),
  });
}

function drawFunctions(all, far, weights) {
  const at = (index) => -far + (2 * far * index) / (POINTS - 1);
  const curve = (number) => Array.from(all.subarray(number * POINTS, (number + 1) * POINTS), (y, index) => [at(index), y]);
  const [penalty, slope, prox, loss] = [0, 1, 2, 3].map(curve);
  const sum = loss.map(([w, y], index) => [w, y + penalty[index][1]]);
  const height = (w) => {
    const place = ((w + far) / (2 * far)) * (POINTS - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    return low >= 0 && high < POINTS ? sum[low][1] + (sum[high][1] - sum[low][1]) * (place - low) : NaN;
  };
  const dots = sampled(weights).filter(([, w]) => Math.abs(w) <= far).map(([, w]) => ({ x: w, y: height(w), kind: w === 0 ? "zero" : "dot", size: w === 0 ? 4 : 2.4 }));
  plot(named("landscape"), {
    title: "loss + penalty (dashed: the loss alone)", across: "weight w",
    label: "The loss with and without the penalty over the weight, and the iterates on it.",
    x: [-far, far], y: extent([...sum, ...loss].map(([, y]) => y)), dots, marks: [{ x: 0 }],
    curves: [{ points: loss, kind: "third" }, { points: sum, kind: "first" }],
  });
  const small = { width: 170, height: 150, x: [-far, far], marks: [{ x: 0 }, { y: 0 }] };
  const one = (id, title, points, kind, more = []) => {
    const ys = points.map(([, y]) => y).filter((y) => Math.abs(y) < 1e3 * far);
    const y = id === "slope" ? withoutTowers(ys) : extent([0, ...ys]);
    plot(named(id), { ...small, title, label: `${title} over the weight.`, y, curves: [...more, ...broken(points, y).map((piece) => ({ points: piece, kind }))] });
  };
  one("value", "λR(w)", penalty, "first");
  one("slope", "its slope", slope, "first");
  one("prox", "its prox, step 1", prox, "first", [{ points: [[-far, -far], [far, far]], kind: "thin" }]);
}

// An extent without the few that tower over all others, as beside a pole.
function withoutTowers(numbers) {
  const sizes = numbers.map(Math.abs).sort((a, b) => a - b);
  const most = 2.5 * (sizes[Math.floor(sizes.length * 0.9)] || 1);
  return extent([0, ...numbers.filter((number) => Math.abs(number) <= most)]);
}

// The pieces between jumps.
function broken(points, [low, high]) {
  const pieces = [[]];
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before && Math.abs(point[1] - before[1]) > 0.08 * (high - low)) pieces.push([]);
    pieces.at(-1).push(point);
  });
  return pieces;
}
