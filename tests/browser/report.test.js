// A run's report in a real browser: what its maps tell against the table of cells, and that anyone can read it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { AXE, PROGRAM, launch, results } from "./page.js";

const LK_FAMILY = new URL("../../sweeps/lk-family.toml", import.meta.url).pathname;
let browser, folder, cells;
before(async () => {
  browser = await launch();
  ({ folder, cells } = results(LK_FAMILY));
});
after(() => browser.close());

// Opens the report as a file; it must ask for nothing else, and the browser must have nothing to complain of.
async function read(path, seen, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 1000 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || complaints.push(request.url()));
  await page.goto(`file://${path}`);
  if (options.javaScriptEnabled !== false) await page.waitForFunction(() => document.body.dataset.ready === "true");
  try {
    await seen(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

// The row of cells.csv that a sentence of a map is about.
function rowOf(sentence) {
  const values = sentence.split(": ")[0].split(", ").map((text) => text.split("="));
  const found = cells.filter((cell) => values.every(([name, value]) => cell[name] === value || Number(cell[name]) === Number(value)));
  assert.equal(found.length, 1, sentence);
  return found[0];
}

function agrees(sentence) {
  const row = rowOf(sentence);
  const told = [...sentence.matchAll(/(\d+) of (\d+) ([a-z_]+)/g)].map(([, count, of, name]) => [name, count, of]);
  assert.ok(told.length > 0, sentence);
  for (const [name, count, of] of told) assert.deepEqual([count, of], [row[name], row.trajectories], `${name} in ${sentence}`);
  assert.equal(told.reduce((sum, [, count]) => sum + Number(count), 0), Number(row.trajectories));
  if (sentence.includes(" zero (95 %")) {
    const [low, high] = sentence.match(/ zero \(95 %: ([\d.]+) to ([\d.]+) %\)/).slice(1).map(Number);
    for (const [end, name] of [[low, "zero_rate_low"], [high, "zero_rate_high"]]) assert.ok(Math.abs(end - 100 * Number(row[name])) < 0.06, sentence);
  }
}

test("a map tells of the cell below the pointer, on every panel", () =>
  read(`${folder}/report.html`, async (page) => {
    const box = page.locator(".cells").first();
    const places = JSON.parse(await page.locator(".told").first().getAttribute("data-places"));
    let mixed = 0;
    for (const { plot: [left, top, width, height] } of places.panels) {
      for (const [across, up] of [[0.01, 0.01], [0.34, 0.71], [0.99, 0.99], [0.6, 0.5]]) {
        await box.hover({ position: await scaled(box, places, left + across * width, top + up * height) });
        const sentence = await page.textContent(".told figcaption");
        agrees(sentence);
        mixed += sentence.includes(", ") && /\d+ of \d+ [a-z_]+.*, \d+ of/.test(sentence) ? 1 : 0;
      }
    }
    assert.ok(mixed > 0, "some cell should have several fates");
  }));

// A place of the picture in the pixels that it has on the page.
async function scaled(box, { width, height }, x, y) {
  const shown = await box.boundingBox();
  return { x: (x / width) * shown.width, y: (y / height) * shown.height };
}

test("a cell is chosen by keyboard, and its trajectories are followed as the program replays them", () =>
  read(`${folder}/report.html`, async (page) => {
    await page.focus(".cells");
    for (const key of ["ArrowUp", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    agrees(await page.textContent(".told figcaption"));
    for (let times = 0; times < 45; times += 1) await page.keyboard.press("ArrowRight");
    const sentence = await page.textContent(".told figcaption");
    agrees(sentence);
    assert.match(sentence, /proximal|penalty.k=1,/, "the arrows should lead to the next panel");
    await page.keyboard.press("Enter");
    await page.click("#after");
    assert.match(await page.textContent("#which"), /trajectory 2 of 64/);
    const at = sentence.split(": ")[0].split(", ").flatMap((text) => ["--at", text]);
    const start = Number((await page.textContent("#which")).match(/from w = ([-\d.e]+)/)[1]);
    const said = execFileSync(PROGRAM, ["replay", LK_FAMILY, ...at], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    assert.match(said, /^step,w,events/);
    const table = readFileSync(LK_FAMILY, "utf8");
    assert.ok(table.includes("uniform = [-5.0, 5.0]") && Math.abs(start) <= 5);
    assert.notEqual(await page.textContent("#fate"), "");
    await page.click("#before");
    assert.ok(await page.isDisabled("#before"));
    const first = Number((await page.textContent("#which")).match(/from w = ([-\d.e]+)/)[1]);
    assert.ok(Math.abs(first - Number(said.split("\n")[1].split(",")[1])) < 1e-4 * Math.abs(first));
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds no violation in the ${colorScheme}, with a trajectory shown`, () =>
    read(`${folder}/report.html`, async (page) => {
      await page.focus(".cells");
      await page.keyboard.press("Enter");
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
    }, { colorScheme }));
}

test("without scripts, and in print, all that was found stands there", () =>
  read(`${folder}/report.html`, async (page) => {
    await page.emulateMedia({ media: "print" });
    const text = await page.innerText("main");
    for (const words of ["1,291,008 trajectories", "What was found", "How far to trust it", "name = \"lk-family\"", "zerosweep run spec.toml"]) assert.ok(text.includes(words), words);
    assert.equal(await page.locator("img").count(), 4);
    const rows = await page.locator(".groups tbody tr").allInnerTexts();
    assert.equal(rows.length, 12);
  }, { javaScriptEnabled: false }));

test("the report of the main sweep is small", () => {
  const { size } = statSync(`${folder}/report.html`);
  console.log(`report.html: ${size} bytes`);
  assert.ok(size < 3_000_000);
});

test("other pictures make a report, too", () => {
  const said = execFileSync(PROGRAM, ["draw", folder, "--measure", "arrival_p50", "--format", "html", "--out", `${folder}/other`], { encoding: "utf8" });
  assert.equal(said, `${folder}/other/report.html\n`);
  return read(`${folder}/other/report.html`, async (page) => {
    assert.equal(await page.locator("img").count(), 1);
    await page.focus(".cells");
    agrees(await page.textContent(".told figcaption"));
  });
});
