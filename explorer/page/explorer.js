// The page: one state, and everything that shows it.
import init, { Sweep, Trajectory, family as familyText, interval, open, toml } from "./zerosweep.js";
import { clearTrajectory, drawTrajectory } from "./course.js";
import { EXAMPLES } from "./examples.js";
import { Knobs, element } from "./knobs.js";
import { MapView, valueAt } from "./map.js";
import { show } from "./plots.js";
import { Pool } from "./pool.js";
import { SIZE, courseSpec, fromLink, mapSpec, setValue, shortest, starts, toLink, value } from "./state.js";

const byId = (id) => document.getElementById(id);
// An axis is not divided into numbers that f32 cannot tell apart.
const FINEST = SIZE * 2 ** -22;

const wish = new URLSearchParams(location.search).get("backend") ?? "auto";

await init();
const family = JSON.parse(familyText());
const pool = new Pool({ part, done, failed });
const knobs = new Knobs({ form: byId("knobs"), axes: byId("axes"), family, changed });
const map = new MapView({ canvas: byId("field"), frame: byId("frame"), family, choose, zoom, reset });
// `shown` is the sweep that the map shows, `values` those of its cells along x and y.
let state, home, shown;
let values = [[], []];

// Takes a state as the one that is shown.
function enter(next) {
  state = { measure: "zero_rate", ...structuredClone(next) };
  home = structuredClone([state.x, state.y]);
  showTrouble((state.notes ?? []).join("\n"));
  map.blank();
  shown = undefined;
  knobs.build(state);
  update();
}

// Called after a change of the state; `axis` is the one that was given other values.
function changed(isWhole, axis) {
  showTrouble("");
  if (axis) home[axis === "x" ? 0 : 1] = structuredClone(state[axis]);
  if (isWhole) knobs.build(state);
  update();
}

// Shows the state. The map is run anew only where its sweep is another one.
function update() {
  const axes = [state.x, state.y];
  remember();
  const spec = JSON.stringify(mapSpec(withoutCursor()));
  const trouble = problemOf(axes) ?? (spec === shown ? null : read(spec));
  if (trouble) {
    pool.stop();
    failed(trouble);
    return;
  }
  const isInside = axes.every((axis) => value(state, axis.path) >= axis.from && value(state, axis.path) <= axis.to);
  map.aim(axes.map((axis, along) => nearest(values[along], value(state, axis.path))), isInside);
  map.decorate(axes);
  const count = starts(state);
  const title = titles(count)[state.measure];
  byId("map-title").textContent = title;
  byId("field").setAttribute("aria-label", `${title}, over ${state.x.path} and ${state.y.path}`);
  legend();
  if (spec === shown) {
    if (map.measure !== state.measure) map.recolour(state.measure);
  } else {
    shown = spec;
    map.begin(state.measure, count);
    byId("progress").textContent = "…";
    pool.start({ spec, x: state.x.path, y: state.y.path, size: SIZE, steps: count * state.spec.steps });
  }
  follow();
  tell();
}

// Takes the values of a sweep's axes; gives what is wrong with the sweep.
function read(spec) {
  try {
    const sweep = new Sweep(spec, state.x.path, state.y.path);
    values = [sweep.values(0), sweep.values(1)];
    sweep.free();
    return null;
  } catch (error) {
    return String(error.message ?? error);
  }
}

// The place of the value that is nearest to `wanted`.
function nearest(all, wanted) {
  return all.reduce((best, own, place) => (Math.abs(own - wanted) < Math.abs(all[best] - wanted) ? place : best), 0);
}

// What the map shows, by measure.
function titles(count) {
  return count === 1
    ? { fate: "How each trajectory ends", zero_rate: "Trajectories that end at exact zero" }
    : { fate: `Commonest fate of ${count} starts`, zero_rate: `Share of ${count} starts that end at exact zero` };
}

// The state with the values of the axes out of the way: the map has all of them.
function withoutCursor() {
  const plain = structuredClone(state);
  for (const axis of [state.x, state.y]) if (axis.path !== "start.w") setValue(plain, axis.path, axis.from);
  return plain;
}

function problemOf(axes) {
  for (const { path, from, to, log } of axes) {
    if (log && !(from > 0)) return `${path} cannot be logarithmic from ${from}: choose a least value above 0`;
    if (!(to > from)) return `${path} goes from ${from} to ${to}: choose a greatest value above the least`;
    if ((to - from) / Math.max(Math.abs(from), Math.abs(to)) < FINEST) return `${path} from ${from} to ${to}: f32 has too few numbers in between; zoom out`;
  }
  return null;
}

function part(columns, rows, counts, square) {
  map.part(columns, rows, counts, square);
  const cells = SIZE * SIZE - pool.left;
  if (pool.left > 0) byId("progress").textContent = `${Math.floor((100 * cells) / (SIZE * SIZE))} % of ${SIZE} × ${SIZE} cells`;
  tell();
}

function done(took) {
  const steps = SIZE * SIZE * starts(state) * state.spec.steps;
  const where = pool.backend === "gpu" ? "WebGPU" : `CPU, ${pool.workers.length} ${pool.workers.length === 1 ? "worker" : "workers"}`;
  byId("progress").textContent = `${SIZE} × ${SIZE} cells in ${show(Number((took / 1000).toPrecision(2)))} s (${(steps / took / 1e6).toPrecision(2)} Gsteps/s at most; ${where})`;
}

function failed(message) {
  map.blank();
  map.undecorate();
  shown = undefined;
  byId("progress").textContent = "nothing to show";
  byId("cell").replaceChildren();
  clearTrajectory();
  showTrouble(brief(message));
}

// An error in a spec that the page has made, without the place in a text that nobody sees.
function brief(message) {
  return message.split("\n").filter((text) => !/^\s*(-->|\d*\s*\|)/.test(text)).join("\n");
}

function showTrouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = text === "";
}

// Puts a cell's values into the state, as the numbers that the sweep has there.
function choose(cell) {
  [state.x, state.y].forEach((axis, along) => {
    setValue(state, axis.path, shortest(values[along][cell[along]]));
  });
  knobs.refresh([state.x.path, state.y.path]);
  update();
}

function zoom(...ends) {
  for (const [along, name] of ["x", "y"].entries()) {
    const axis = state[name];
    const [least, greatest] = knobs.bounds(state, axis.path);
    const end = (place) => Math.min(greatest, Math.max(least, Number(valueAt(axis, place).toPrecision(7))));
    const [from, to] = ends[along].map(end);
    const next = { ...axis, from, to };
    if (!problemOf([next])) state[name] = next;
  }
  changed(true);
}

function reset() {
  [state.x, state.y].forEach((axis, along) => {
    if (home[along].path === axis.path) Object.assign(axis, home[along]);
  });
  changed(true);
}

// The counts of the chosen cell.
function tell() {
  const counts = map.isInside ? map.at(map.cursor) : null;
  if (!counts) {
    byId("cell").textContent = map.isInside ? "" : "The chosen trajectory lies outside the map.";
    return;
  }
  const total = starts(state);
  const words = [state.x, state.y].map((axis, along) => `${axis.path} = ${show(values[along][map.cursor[along]])}`).join(", ");
  const rows = counts.filter(({ count }) => count > 0).map(({ name, count }) => element("tr", {},
    element("td", { textContent: name }),
    element("td", { className: "number", textContent: `${count} of ${total}` }),
    element("td", { textContent: total > 1 && isDrawn() ? `${[...interval(count, total, total)].map((end) => (100 * end).toFixed(1)).join(" to ")} %` : "" })));
  byId("cell").replaceChildren(element("table", {}, element("caption", { textContent: `Cell ${words}${total > 1 && isDrawn() ? ", with 95 % intervals" : ""}` }), element("tbody", {}, ...rows)));
}

// Whether the starts of a cell are drawn at random.
function isDrawn() {
  return ["uniform", "normal", "log_uniform"].some((kind) => kind in Object(state.spec.start.w));
}

function legend() {
  const entries = state.measure === "fate"
    ? family.fates.map(({ name, colour }) => {
      const swatch = element("i");
      swatch.style.background = colour;
      return element("span", {}, swatch, name);
    })
    : [element("span", { textContent: "0 %" }), bar(), element("span", { textContent: "100 % at exact zero" })];
  const unknown = element("span", { className: "hint", textContent: "hatched: not computed" });
  byId("legend").replaceChildren(...entries, unknown);
}

function bar() {
  const made = element("span", { className: "bar" });
  made.style.background = `linear-gradient(90deg, ${family.shades.filter((_, index) => index % 15 === 0).join(", ")})`;
  return made;
}

// The chosen trajectory, and the functions that it moves on.
function follow() {
  let trajectory;
  try {
    trajectory = Trajectory.firstOf(JSON.stringify(courseSpec(state)));
    drawTrajectory(trajectory);
  } catch (error) {
    clearTrajectory();
    showTrouble(brief(String(error.message ?? error)));
  } finally {
    trajectory?.free();
  }
}

let remembered;
function remember() {
  clearTimeout(remembered);
  remembered = setTimeout(() => history.replaceState(null, "", toLink(state)), 150);
}

function openText(text, name) {
  try {
    enter(JSON.parse(open(text, name)));
  } catch (error) {
    showTrouble(String(error.message ?? error));
  }
}

async function openFile(file) {
  if (file) openText(await file.text(), file.name);
}

function link() {
  return location.href.split("#")[0] + toLink(state);
}

// The spec of the map, as a file.
function download() {
  try {
    const text = `# ${link()}\n${toml(JSON.stringify(mapSpec(state)))}`;
    const anchor = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/toml" })), download: `${state.spec.name}.toml` });
    anchor.click();
    URL.revokeObjectURL(anchor.href);
  } catch (error) {
    showTrouble(String(error.message ?? error));
  }
}

async function copy() {
  clearTimeout(remembered);
  history.replaceState(null, "", toLink(state));
  try {
    await navigator.clipboard.writeText(link());
    byId("copy").textContent = "Copied";
  } catch {
    byId("copy").textContent = "It is in the address bar";
  }
  setTimeout(() => (byId("copy").textContent = "Copy link"), 2000);
}

function begin() {
  try {
    const linked = fromLink(location.hash);
    if (linked) return enter(linked);
  } catch (error) {
    enter(EXAMPLES[0].state);
    return showTrouble(`this link cannot be opened: ${error.message}`);
  }
  const given = JSON.parse(byId("opened").textContent);
  if (given) {
    enter(EXAMPLES[0].state);
    return openText(given.text, given.name);
  }
  enter(EXAMPLES[0].state);
}

byId("example").append(element("option", { value: "", textContent: "choose a question" }), ...EXAMPLES.map(({ title }, index) => element("option", { value: index, textContent: title })));
byId("example").addEventListener("change", ({ target }) => {
  if (target.value !== "") enter(EXAMPLES[Number(target.value)].state);
  target.value = "";
});
byId("copy").addEventListener("click", copy);
byId("download").addEventListener("click", download);
byId("file").addEventListener("change", ({ target }) => openFile(target.files[0]).finally(() => (target.value = "")));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  openFile(event.dataTransfer.files[0]);
});
addEventListener("hashchange", () => {
  if (location.hash !== toLink(state)) begin();
});

await pool.open(wish);
begin();
if (wish === "gpu" && pool.backend !== "gpu") showTrouble(`no GPU: ${pool.refusal}`);
