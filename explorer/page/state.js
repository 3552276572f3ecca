// The state of the page: a spec with one value a parameter, the two axes of the map, the start that is followed.

// Cells along each side of a map.
export const SIZE = 256;

// What a map can show.
const MEASURES = ["zero_rate", "fate"];
const KEYS = ["name", "steps", "problem", "penalty", "optimizer", "start", "zero"];
const PATH = /^(problem|penalty|optimizer|start)(\.[a-z][a-z0-9_]*)+$/;

const clone = (value) => structuredClone(value);

export function get(tree, path) {
  return path.split(".").reduce((place, name) => place?.[name], tree);
}

export function set(tree, path, value) {
  const names = path.split(".");
  const last = names.pop();
  const place = names.reduce((at, name) => (at[name] ??= {}), tree);
  place[last] = value;
}

// The values of an axis as a spec gives them.
function spaced({ from, to, log }) {
  return log ? { geomspace: [from, to, SIZE] } : { linspace: [from, to, SIZE] };
}

// The sweep that the map is of.
export function mapSpec(state) {
  const spec = clone(state.spec);
  for (const axis of [state.x, state.y]) set(spec, axis.path, spaced(axis));
  const pool = [state.x, state.y].some((axis) => axis.path === "start.w") ? [] : ["start.w"];
  spec.report = { pool };
  return spec;
}

// The sweep of the one trajectory that is followed.
export function courseSpec(state) {
  const spec = clone(state.spec);
  spec.start = { w: state.w };
  return spec;
}

// Trajectories of a cell.
export function starts(state) {
  const w = state.spec.start.w;
  if ([state.x, state.y].some((axis) => axis.path === "start.w") || typeof w === "number") return 1;
  return w.count ?? w.linspace?.[2] ?? w.geomspace?.[2] ?? w.length ?? 1;
}

// The value at a path: the start of the trajectory that is followed, or a parameter.
export function value(state, path) {
  return path === "start.w" ? state.w : get(state.spec, path);
}

export function setValue(state, path, number) {
  if (path === "start.w") state.w = number;
  else set(state.spec, path, number);
}

// The shortest decimal number that is this f32.
export function shortest(f32) {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(f32.toPrecision(digits));
    if (Math.fround(short) === f32) return short;
  }
  return f32;
}

export function toLink(state) {
  const { notes, ...kept } = state;
  return "#" + encodeURIComponent(JSON.stringify(kept));
}

export function fromLink(hash) {
  if (hash.length < 2) return null;
  const held = JSON.parse(decodeURIComponent(hash.slice(1)));
  if (!isState(held)) throw new Error("it does not hold a state of this page");
  const { spec, x, y, w } = held;
  return { spec, x, y, w, measure: MEASURES.includes(held.measure) ? held.measure : MEASURES[0] };
}

// Whether a spec has one value a parameter, and nothing that makes it another kind of sweep.
function isPlain(table) {
  const isTable = (own) => own !== null && typeof own === "object" && !Array.isArray(own);
  return isTable(table) && Object.values(table).every((own) => typeof own !== "object" || isPlain(own));
}

function isState(state) {
  const isPath = (path) => typeof path === "string" && PATH.test(path) && !path.includes("constructor") && !path.includes("prototype");
  const isAxis = (axis) => isPath(axis?.path) && Number.isFinite(axis.from) && Number.isFinite(axis.to);
  const hasKeys = Object.keys(state?.spec ?? {}).every((key) => KEYS.includes(key));
  const isSpec = hasKeys && ["problem", "penalty", "optimizer"].every((role) => isPlain(state?.spec?.[role])) && state.spec.start !== null && typeof state.spec.start === "object";
  return isSpec && isAxis(state.x) && isAxis(state.y) && state.x.path !== state.y.path && Number.isFinite(state.w);
}
