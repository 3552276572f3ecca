// A browser, the program that serves the page, and what the page shows.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const PROGRAM = new URL("../../target/debug/zerosweep", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // A program in the place of a GPU.
  "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader",
];

// The checks of accessibility, as a script.
export const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

export const SIZE = 256;

// Serves the page on a port of its own; `stop` ends it as Ctrl-C does and gives its exit code.
export async function serve(...args) {
  const child = spawn(PROGRAM, ["explore", "--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text).trim()));
    ended.then((code) => reject(new Error(`the program ended with ${code}`)));
  });
  return { url, stop: () => (child.kill("SIGINT"), ended) };
}

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

// Opens the page, and keeps all that the browser complains of.
export async function visit(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1500, height: 950 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("response", (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
  await page.goto(url);
  await settled(page);
  return { page, context, complaints };
}

// Waits until the map is whole.
export async function settled(page) {
  await page.waitForFunction(() => document.getElementById("progress").textContent.includes("Gsteps/s") || !document.getElementById("trouble").hidden, null, { timeout: 120_000 });
  await painted(page);
}

// Waits until what the page has decided is on its canvas, too: that is painted with the next frame.
function painted(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

// A link to a state.
export function link(url, state, backend = "cpu") {
  return `${url}?backend=${backend}#${encodeURIComponent(JSON.stringify(state))}`;
}

// The colours of the map as 0xRRGGBB, row by row from its lowest.
export async function colours(page) {
  await painted(page);
  return page.evaluate((size) => {
    const { data } = document.getElementById("field").getContext("2d").getImageData(0, 0, size, size);
    const rows = [];
    for (let y = size - 1; y >= 0; y -= 1) {
      for (let x = 0; x < size; x += 1) {
        const at = 4 * (y * size + x);
        rows.push(data[at + 3] === 255 ? (data[at] << 16) | (data[at + 1] << 8) | data[at + 2] : null);
      }
    }
    return rows;
  }, SIZE);
}

// What the program counts in the cells of a spec: rows of cells.csv as objects.
export function run(toml) {
  const spec = join(mkdtempSync(join(tmpdir(), "zerosweep-browser-")), "spec.toml");
  writeFileSync(spec, toml);
  return results(spec).cells;
}

// Runs the spec in a file; its results' folder, and the rows of cells.csv as objects.
export function results(spec) {
  const folder = join(mkdtempSync(join(tmpdir(), "zerosweep-browser-")), "out");
  execFileSync(PROGRAM, ["run", spec, "--backend", "cpu", "--out", folder], { stdio: "ignore" });
  const [header, ...lines] = readFileSync(join(folder, "cells.csv"), "utf8").trim().split("\n");
  const names = header.split(",");
  return { folder, cells: lines.map((line) => Object.fromEntries(line.split(",").map((value, place) => [names[place], value]))) };
}

// Presses the page's button for the spec and gives the file's text.
export async function download(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
  return readFileSync(await file.path(), "utf8");
}
