// Hands the parts of a map to workers, the coarse ones first.

// Time that a worker should be busy with a part: what a new map waits for.
const BUSY_MS = 40;
// Time after which a worker is taken from a map that was dropped.
const RELIEF_MS = 250;
// Steps in a millisecond, before any were timed.
const FIRST_SPEED = { cpu: 2e5, gpu: 2e6 };
// Cells between the first ones, along each side.
const COARSE = 8;

export class Pool {
  // `part(columns, rows, counts, size)` takes what is done; each cell stands for a square of `size` until finer ones come; `done()` is told of the last one.
  constructor({ part, done, failed }) {
    Object.assign(this, { part, done, failed });
    this.job = 0;
    this.queue = [];
    this.workers = [];
    this.speed = 0;
    this.backend = "cpu";
  }

  // Opens a GPU if there is one and `wish` is not "cpu", or as many workers as there are cores.
  async open(wish) {
    if (wish !== "cpu" && navigator.gpu) {
      const worker = this.spawn();
      const answer = await new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage({ open: { any: wish === "gpu" } });
      });
      if (answer.opened) {
        this.backend = "gpu";
        this.workers = [this.ready(worker)];
      } else {
        worker.terminate();
        this.refusal = answer.error;
      }
    } else if (wish === "gpu") {
      this.refusal = "this browser has no WebGPU";
    }
    if (this.workers.length === 0) {
      const count = Math.min(navigator.hardwareConcurrency || 2, 16);
      this.workers = Array.from({ length: count }, () => this.ready(this.spawn()));
    }
    this.speed = FIRST_SPEED[this.backend];
  }

  spawn() {
    return new Worker("worker.js", { type: "module" });
  }

  ready(worker) {
    const own = { worker, busy: false };
    this.listen(own);
    return own;
  }

  listen(own) {
    own.busy = false;
    own.worker.onmessage = ({ data }) => {
      own.busy = false;
      if (data.broken) this.replace(own);
      this.take(data);
      this.feed();
    };
    // A worker that failed cannot be trusted with another part.
    own.worker.onerror = (event) => {
      this.replace(own);
      this.stop();
      this.failed(event.message || "a worker failed");
    };
  }

  // Puts another worker in the place of one.
  replace(own) {
    own.worker.terminate();
    own.worker = this.spawn();
    this.listen(own);
  }

  // Frees workers from long parts of maps that nobody waits for any more. A GPU would be lost with its worker.
  relieve() {
    if (this.backend === "gpu") return;
    this.workers.filter((own) => own.busy && own.job !== this.job).forEach((own) => this.replace(own));
    this.feed();
  }

  // Starts a map of `size` x `size` cells, each of `steps` steps, and drops the one before.
  start({ spec, x, y, size, steps }) {
    this.job += 1;
    this.map = { job: this.job, spec, x, y };
    this.steps = steps;
    this.left = size * size;
    this.began = performance.now();
    this.queue = [];
    for (let square = COARSE; square >= 1; square /= 2) {
      const [old, fresh] = [[], []];
      for (let place = 0; place < size; place += square) {
        (square < COARSE && place % (2 * square) === 0 ? old : fresh).push(place);
      }
      const grids = square === COARSE ? [[fresh, fresh]] : [[fresh, old], [old, fresh], [fresh, fresh]];
      grids.forEach(([columns, rows]) => this.queue.push({ square, columns, rows: [...rows] }));
    }
    this.feed();
    clearTimeout(this.relief);
    this.relief = setTimeout(() => this.relieve(), RELIEF_MS);
  }

  stop() {
    this.job += 1;
    this.queue = [];
  }

  feed() {
    for (const own of this.workers) {
      if (own.busy || this.queue.length === 0) continue;
      const grid = this.queue[0];
      const fitting = Math.max(1, Math.floor((this.speed * BUSY_MS) / (this.steps * grid.columns.length)));
      const rows = grid.rows.splice(0, fitting);
      if (grid.rows.length === 0) this.queue.shift();
      own.busy = true;
      own.job = this.job;
      const [columns, taken] = [grid.columns, rows].map((places) => Uint32Array.from(places));
      own.worker.postMessage({ ...this.map, square: grid.square, columns, rows: taken });
    }
  }

  take({ job, error, square, columns, rows, counts, took }) {
    if (job !== this.job) return;
    if (error) {
      this.stop();
      this.failed(error);
      return;
    }
    const steps = columns.length * rows.length * this.steps;
    this.speed = 0.5 * this.speed + (0.5 * steps) / Math.max(took, 0.1);
    this.left -= columns.length * rows.length;
    this.part(columns, rows, counts, square);
    if (this.left === 0) this.done(performance.now() - this.began);
  }
}
