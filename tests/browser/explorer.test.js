// The explorer in a real browser: its maps against the program's own counts, and all of it by keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AXE, SIZE, colours, download, launch, link, run, serve, settled, visit } from "./page.js";

const STARTS = 16;
const STATE = {
  spec: {
    name: "small", steps: 60, problem: { kind: "quadratic", target: 0.5 }, penalty: { kind: "lk", k: 1, lambda: 0.5 },
    optimizer: { kind: "proximal", learning_rate: 0.1 }, start: { w: { uniform: [-3, 3], count: STARTS } },
  },
  x: { path: "problem.target", from: -2, to: 2, log: false }, y: { path: "penalty.lambda", from: 0.1, to: 2, log: true },
  w: 2, measure: "zero_rate",
};
const with_ = (change) => {
  const state = structuredClone(STATE);
  change(state);
  return state;
};

let browser, server;
before(async () => {
  browser = await launch();
  server = await serve();
});
after(async () => {
  await browser.close();
  assert.equal(await server.stop(), 0);
});

// Opens a state, looks, and closes; the browser must have nothing to complain of.
async function look(state, seen, { backend = "cpu", ...options } = {}) {
  const { page, context, complaints } = await visit(browser, link(server.url, state, backend), options);
  try {
    await seen(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

// The cells of the map, by the program's counts.
function expected(cells, colour) {
  const values = (name) => [...new Set(cells.map((cell) => cell[name]))].sort((a, b) => a - b);
  const [xs, ys] = [values(STATE.x.path), values(STATE.y.path)];
  assert.deepEqual([xs.length, ys.length], [SIZE, SIZE]);
  const places = [xs, ys].map((own) => new Map(own.map((value, place) => [value, place])));
  const made = new Array(SIZE * SIZE);
  for (const cell of cells) made[places[1].get(cell[STATE.y.path]) * SIZE + places[0].get(cell[STATE.x.path])] = colour(cell);
  return made;
}

function differing(a, b) {
  return a.filter((value, place) => value !== b[place]).length;
}

async function shades(page) {
  return page.evaluate(async () => {
    const { default: init, family } = await import("./zerosweep.js");
    await init();
    return JSON.parse(family()).shades.map((hex) => parseInt(hex.slice(1), 16));
  });
}

for (const [k, optimizer] of [[1, { kind: "proximal", learning_rate: 0.1 }], [0.5, { kind: "proximal", learning_rate: 0.1 }], [1.7, { kind: "subgradient", learning_rate: 0.2 }]]) {
  test(`on the CPU a map of k = ${k}, ${optimizer.kind}, has the counts of the program`, () =>
    look(with_(({ spec }) => Object.assign(spec, { penalty: { ...spec.penalty, k }, optimizer })), async (page) => {
      const scale = await shades(page);
      const cells = run(await download(page));
      const rates = expected(cells, (cell) => scale[Math.round((cell.zero / STARTS) * (scale.length - 1))]);
      assert.equal(differing(await colours(page), rates), 0);
      assert.ok(k !== 1 || new Set(rates).size > 2, "the map should have several rates");
    }));
}

test("through WebGPU a map has the counts of the program, but for boundaries", () =>
  look(STATE, async (page) => {
    assert.match(await page.textContent("#progress"), /WebGPU/);
    const scale = await shades(page);
    const rates = expected(run(await download(page)), (cell) => scale[Math.round((cell.zero / STARTS) * (scale.length - 1))]);
    const different = differing(await colours(page), rates);
    console.log(`WebGPU: ${different} of ${SIZE * SIZE} cells differ`);
    assert.ok(different <= 0.002 * SIZE * SIZE, `${different} cells differ`);
  }, { backend: "gpu" }));

test("a map of fates has the colours of the commonest", () =>
  look(with_((state) => (state.measure = "fate")), async (page) => {
    const legend = await page.$$eval("#legend span:has(i)", (all) => all.map((entry) => [entry.textContent, getComputedStyle(entry.firstChild).backgroundColor]));
    const byName = new Map(legend.map(([name, rgb]) => [name, rgb.match(/\d+/g).reduce((sum, part) => sum * 256 + Number(part), 0)]));
    const fates = expected(run(await download(page)), (cell) => {
      const names = [...byName.keys()];
      return byName.get(names.reduce((most, name) => (Number(cell[name]) >= Number(cell[most]) ? name : most)));
    });
    assert.equal(differing(await colours(page), fates), 0);
  }));

test("a slider makes a new map, and the parameter of an axis does not", () =>
  look(STATE, async (page) => {
    const before_ = await colours(page);
    await page.focus("[id='knob-penalty.lambda-slider']");
    await page.keyboard.press("ArrowRight");
    await settled(page);
    assert.equal(differing(await colours(page), before_), 0);
    await page.focus("[id='knob-penalty.k-slider']");
    for (let times = 0; times < 40; times += 1) await page.keyboard.press("ArrowRight");
    await settled(page);
    const now = await colours(page);
    assert.ok(now.every((colour) => colour !== null));
    assert.ok(differing(now, before_) > 1000, "k = 1.3 should have fewer zeros than k = 1");
  }));

test("cells are chosen, and the map is zoomed, by keyboard", () =>
  look(STATE, async (page) => {
    const ends = () => page.$$eval("#axes input[type=number]", (all) => all.map((box) => Number(box.value)));
    const whole = await ends();
    await page.focus("#field");
    const first = await page.textContent("#cell caption");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+ArrowUp");
    const second = await page.textContent("#cell caption");
    assert.notEqual(first, second);
    const target = Number(second.match(/problem\.target = ([-\d.]+)/)[1]);
    assert.ok(Math.abs(Number(await page.inputValue("[id='knob-problem.target']")) - target) < 1e-4);
    await page.keyboard.press("+");
    await settled(page);
    const closer = await ends();
    assert.ok(closer[1] - closer[0] < 0.51 * (whole[1] - whole[0]));
    await page.keyboard.press("0");
    await settled(page);
    assert.deepEqual(await ends(), whole);
    for (let times = 0; times < 40; times += 1) await page.keyboard.press("+");
    await settled(page);
    assert.equal(await page.textContent("#trouble"), "", "the map ends to be zoomed where f32 does");
  }));

test("no zoom leaves the values that a parameter may have, and a chosen cell has the very values of the sweep", () =>
  look(with_((state) => (state.y = { path: "penalty.lambda", from: 0, to: 1.7, log: false })), async (page) => {
    await page.focus("#field");
    await page.keyboard.press("-");
    await settled(page);
    assert.equal(await page.textContent("#trouble"), "");
    assert.equal(await page.inputValue("#axis-y-from"), "0");
    await page.keyboard.press("0");
    await page.keyboard.press("Shift+ArrowUp");
    await page.keyboard.press("ArrowLeft");
    await settled(page);
    await page.waitForTimeout(400);
    const { spec } = JSON.parse(decodeURIComponent(page.url().split("#")[1]));
    const cells = run(await download(page));
    const own = cells.filter((cell) => Number(cell["penalty.lambda"]) === spec.penalty.lambda && Number(cell["problem.target"]) === spec.problem.target);
    assert.equal(own.length, 1, `${spec.penalty.lambda}, ${spec.problem.target}`);
  }));

test("everything that can be used comes by Tab", () =>
  look(STATE, async (page) => {
    const usable = await page.$$eval("button, select, input, canvas", (all) => all.map((element) => element.id));
    const reached = new Set();
    for (let times = 0; times < 2 * usable.length; times += 1) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(usable.filter((id) => !reached.has(id)), []);
  }));

test("a state is a link, and a spec that opens again", () =>
  look(with_((state) => Object.assign(state, { w: 1.25, measure: "fate" })), async (page) => {
    await page.focus("#field");
    await page.keyboard.press("ArrowLeft");
    await page.waitForTimeout(400);
    const [address, cell, map] = [page.url(), await page.textContent("#cell"), await colours(page)];
    const text = await download(page);
    const { page: other, context } = await visit(page.context().browser(), address);
    assert.equal(await other.textContent("#cell"), cell);
    assert.equal(differing(await colours(other), map), 0);
    await context.close();
    await page.selectOption("#example", "0");
    await settled(page);
    await page.setInputFiles("#file", { name: "again.toml", mimeType: "application/toml", buffer: Buffer.from(text) });
    await page.waitForFunction(() => document.getElementById("axis-x").value === "problem.target");
    await page.selectOption("#measure", "fate");
    await settled(page);
    assert.equal(differing(await colours(page), map), 0);
  }));

test("what is no spec, no link and no state is said, and the page goes on", () =>
  look(STATE, async (page) => {
    await page.setInputFiles("#file", { name: "bad.toml", mimeType: "application/toml", buffer: Buffer.from("name = 'bad'\nsteps = 'many'") });
    await page.waitForFunction(() => /steps/.test(document.getElementById("trouble").textContent));
    await page.selectOption("#kind-penalty", "l0");
    await page.selectOption("#kind-optimizer", "subgradient");
    await page.waitForFunction(() => !document.getElementById("trouble").hidden);
    assert.ok((await colours(page)).every((colour) => colour === null), "no map should stand where none can be computed");
    await page.selectOption("#kind-penalty", "mcp");
    await page.waitForFunction(() => document.getElementById("trouble").hidden);
    await settled(page);
    await page.evaluate(() => (location.hash = "#%7Bnonsense"));
    await page.waitForFunction(() => /link/.test(document.getElementById("trouble").textContent));
  }));

test("links that are no state of the page change nothing", () =>
  look(STATE, async (page) => {
    const bad = {
      "an axis into an object's prototype": (state) => (state.x.path = "__proto__.polluted"),
      "a parameter of an object's own kind": (state) => (state.x.path = "problem.constructor.polluted"),
      "two optimizers": (state) => (state.spec.optimizer.kind = ["proximal", "subgradient"]),
      "two rates": (state) => (state.spec.optimizer.learning_rate = [0.1, 0.5]),
      "two problems": (state) => (state.spec.problem = [state.spec.problem, state.spec.problem]),
      "axes that move together": (state) => (state.spec.zip = [["problem.target", "penalty.lambda"]]),
      "no start": (state) => delete state.spec.start,
      "one axis twice": (state) => (state.x = state.y),
    };
    for (const [what, change] of Object.entries(bad)) {
      const hash = link("", with_(change)).split("#")[1];
      await page.evaluate((own) => (location.hash = own), hash);
      await page.waitForFunction(() => /this link cannot be opened/.test(document.getElementById("trouble").textContent), null, { timeout: 60_000 }).catch(() => assert.fail(what));
      await page.evaluate(() => (document.getElementById("trouble").textContent = ""));
      assert.equal(await page.evaluate(() => ({}).polluted), undefined, what);
    }
    await page.evaluate((own) => (location.hash = own), link("", with_((state) => Object.assign(state, { measure: "toString", notes: 5 }))).split("#")[1]);
    await page.waitForFunction(() => document.getElementById("axis-y").value === "penalty.lambda");
    assert.equal(await page.textContent("#map-title"), `Share of ${STARTS} starts that end at exact zero`);
  }));

test("what cannot be shown is not, and nothing of what was", () =>
  look(STATE, async (page) => {
    const fill = async (id, text) => {
      await page.fill(`[id='${id}']`, text);
      await page.keyboard.press("Tab");
    };
    const ends = [["axis-x-from", "1.9999999999999998"], ["axis-x-from", "5"], ["knob-penalty.k", "-1"], ["knob-penalty.k", "1e-300"]];
    for (const [id, text] of ends) {
      const before_ = await page.inputValue(`[id='${id}']`);
      await fill(id, text);
      await page.waitForFunction(() => !document.getElementById("trouble").hidden, null, { timeout: 60_000 });
      assert.ok((await colours(page)).every((colour) => colour === null), text);
      assert.deepEqual([await page.textContent("#cell"), await page.textContent("#fate"), await page.innerHTML("#course")], ["", "", ""], text);
      await fill(id, before_);
      await settled(page);
      assert.notEqual(await page.textContent("#fate"), "");
    }
    await fill("knob-penalty.k", "");
    assert.equal(await page.inputValue("[id='knob-penalty.k']"), "1", "an empty box should go back to what is shown");
  }));

test("another measure of a map that is under way has its own colours alone", () =>
  look(with_((state) => Object.assign(state.spec, { steps: 20_000, optimizer: { kind: "subgradient", learning_rate: 0.1 } }) && (state.measure = "fate")), async (page) => {
    const scale = new Set(await shades(page));
    await page.focus("[id='knob-penalty.k-slider']");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => /^[1-9]\d? %/.test(document.getElementById("progress").textContent));
    await page.selectOption("#measure", "zero_rate");
    assert.ok((await colours(page)).every((colour) => colour === null || scale.has(colour)));
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds no violation in the ${colorScheme}`, () =>
    look(with_((state) => (state.measure = colorScheme === "dark" ? "fate" : "zero_rate")), async (page) => {
      // The page's own rules keep scripts out; a test brings one by the browser's own way.
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
    }, { colorScheme }));
}

test("the page rests when nothing is asked of it", () =>
  look(STATE, async (page) => {
    const { frames, long, changes } = await page.evaluate(() => new Promise((resolve) => {
      let [frames, long, changes] = [0, 0, 0];
      new PerformanceObserver((list) => (long += list.getEntries().length)).observe({ entryTypes: ["longtask"] });
      new MutationObserver((list) => (changes += list.length)).observe(document, { subtree: true, childList: true, attributes: true });
      const until = performance.now() + 2000;
      const frame = (now) => (now < until ? ((frames += 1), requestAnimationFrame(frame)) : resolve({ frames, long, changes }));
      requestAnimationFrame(frame);
    }));
    console.log(`idle: ${frames / 2} frames a second`);
    assert.deepEqual([long, changes], [0, 0]);
  }));

test("every example can be run", () =>
  look(STATE, async (page) => {
    const examples = await page.$$eval("#example option", (all) => all.map((option) => option.value).filter(Boolean));
    for (const example of examples) {
      await page.selectOption("#example", example);
      await page.waitForFunction(() => !document.getElementById("progress").textContent.includes("Gsteps/s"));
      await settled(page);
      assert.equal(await page.textContent("#trouble"), "");
      assert.ok(new Set(await colours(page)).size > 1, "a map of one colour answers nothing");
    }
  }));

test("the spec of the command line is what the page opens", async () => {
  const own = await serve(new URL("../../sweeps/claims/hysteresis.toml", import.meta.url).pathname, "--set", "optimizer.learning_rate=0.125");
  const { page, context, complaints } = await visit(browser, own.url);
  assert.equal(await page.inputValue("[id='knob-optimizer.learning_rate']"), "0.125");
  assert.deepEqual(complaints, []);
  await context.close();
  assert.equal(await own.stop(), 0);
});
