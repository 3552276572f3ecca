// Runs parts of a map, on the CPU or, once it has opened one, on a GPU.
import init, { Device, Sweep } from "./zerosweep.js";

const loaded = init();
let device, sweep, key;

onmessage = async ({ data }) => {
  const { job, open, spec, x, y, square, columns, rows } = data;
  try {
    await loaded;
    if (open) {
      device = await Device.open(open.any);
      postMessage({ opened: true });
      return;
    }
    if (key !== job) {
      sweep?.free();
      sweep = undefined;
      sweep = new Sweep(spec, x, y);
      key = job;
    }
    const began = performance.now();
    const counts = device ? await sweep.countsOn(device, columns, rows) : sweep.counts(columns, rows);
    postMessage({ job, square, columns, rows, counts, took: performance.now() - began }, [counts.buffer]);
  } catch (error) {
    // After a panic nothing in the library can be relied on.
    const broken = error instanceof WebAssembly.RuntimeError;
    postMessage({ job, error: broken ? "the program failed on this; the console says where" : String(error.message ?? error), broken });
  }
};
