// The map: a field of cells, its axes, and the ways to choose a cell or to look closer.
import { line, show, svg, ticks, write } from "./plots.js";
import { SIZE } from "./state.js";

const FATES = 7;
// The part of the frame that the field fills, in the frame's units.
const FIELD = { left: 70, top: 10, side: 520 };
// Opacity of what an earlier state left.
const STALE = 90;
// The grain of a pixel that no cell has given a colour.
const UNKNOWN = 255;

export class MapView {
  // `choose(column, row)` is told of a cell, `zoom(x, y)` of new ends of both axes.
  constructor({ canvas, frame, family, choose, zoom, reset }) {
    Object.assign(this, { canvas, frame, family, choose, zoom, reset });
    canvas.width = canvas.height = SIZE;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.image = this.context.createImageData(SIZE, SIZE);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.counts = new Uint32Array(SIZE * SIZE * FATES);
    this.known = new Uint8Array(SIZE * SIZE);
    // The side of the square that gave each pixel its colour: a coarse part may come after a fine one.
    this.grain = new Uint8Array(SIZE * SIZE).fill(UNKNOWN);
    this.cursor = [SIZE / 2, SIZE / 2];
    this.isInside = true;
    const packed = (hex) => 0xff000000 | (parseInt(hex.slice(5, 7), 16) << 16) | (parseInt(hex.slice(3, 5), 16) << 8) | parseInt(hex.slice(1, 3), 16);
    this.shades = family.shades.map(packed);
    this.fates = family.fates.map((fate) => ({ ...fate, packed: packed(fate.colour) }));
    this.listen();
  }

  // Forgets all cells; what was seen stays as a shadow until it is known anew.
  begin(measure, total) {
    this.measure = measure;
    this.total = total;
    this.known.fill(0);
    this.grain.fill(UNKNOWN);
    for (let place = 0; place < this.pixels.length; place += 1) {
      if (this.pixels[place] !== 0) this.pixels[place] = (this.pixels[place] & 0xffffff) | (STALE << 24);
    }
    this.refresh();
  }

  blank() {
    this.known.fill(0);
    this.grain.fill(UNKNOWN);
    this.pixels.fill(0);
    this.refresh();
  }

  part(columns, rows, counts, square) {
    let from = 0;
    for (const row of rows) {
      for (const column of columns) {
        const cell = row * SIZE + column;
        this.counts.set(counts.subarray(from, from + FATES), cell * FATES);
        this.known[cell] = 1;
        this.fill(column, row, square, this.colour(counts, from));
        from += FATES;
      }
    }
    this.refresh();
  }

  fill(column, row, square, colour) {
    for (let y = row; y < Math.min(row + square, SIZE); y += 1) {
      // The first row is the lowest of the picture.
      const first = (SIZE - 1 - y) * SIZE + column;
      for (let place = first; place < first + Math.min(square, SIZE - column); place += 1) {
        if (this.grain[place] < square) continue;
        this.pixels[place] = colour;
        this.grain[place] = square;
      }
    }
  }

  colour(counts, from) {
    if (this.measure === "fate") return this.fates[this.commonest(counts, from)].packed;
    const zeros = counts[from + this.fates[0].place];
    return this.shades[Math.round((zeros / this.total) * (this.shades.length - 1))];
  }

  // As the program has it: at a tie the last of the legend, so that half are no sparsity.
  commonest(counts, from) {
    let most = 0;
    this.fates.forEach(({ place }, index) => {
      if (counts[from + place] >= counts[from + this.fates[most].place]) most = index;
    });
    return most;
  }

  // The counts of a cell by fate, in the order of the legend; nothing where it is not known.
  at([column, row]) {
    const cell = row * SIZE + column;
    if (!this.known[cell]) return null;
    return this.fates.map(({ name, place }) => ({ name, count: this.counts[cell * FATES + place] }));
  }

  // Shows another measure of the same counts.
  recolour(measure) {
    this.measure = measure;
    this.grain.forEach((square, pixel) => {
      const [column, row] = [pixel % SIZE, SIZE - 1 - Math.floor(pixel / SIZE)];
      const cell = (row - (row % square)) * SIZE + column - (column % square);
      this.pixels[pixel] = square !== UNKNOWN && this.known[cell] ? this.colour(this.counts, cell * FATES) : 0;
    });
    this.refresh();
  }

  refresh() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = undefined;
      this.context.putImageData(this.image, 0, 0);
    });
  }

  // Axes, ticks and the chosen cell; `axes` are [x, y] of the state.
  decorate(axes) {
    const { left, top, side } = FIELD;
    const parts = [];
    axes.forEach((axis, along) => {
      for (const tick of ticks(axis.from, axis.to, axis.log)) {
        const at = shareOf(placeOf(axis, tick)) * side;
        if (along === 0) {
          parts.push(line([[left + at, top + side], [left + at, top + side + 5]], "axis"));
          parts.push(write(show(tick), left + at, top + side + 19, "middle"));
        } else {
          parts.push(line([[left - 5, top + side - at], [left, top + side - at]], "axis"));
          parts.push(write(show(tick), left - 9, top + side - at + 4, "end"));
        }
      }
    });
    parts.push(write(axes[0].path, left + side / 2, top + side + 40, "middle"));
    const label = write(axes[1].path, 0, 0, "middle");
    label.setAttribute("transform", `translate(13 ${top + side / 2}) rotate(-90)`);
    parts.push(label);
    const [x, y] = this.cursor.map((place) => shareOf(place / (SIZE - 1)) * side);
    for (const kind of this.isInside ? ["cross", "cross inner"] : []) {
      parts.push(line([[left + x - 9, top + side - y], [left + x + 9, top + side - y]], kind));
      parts.push(line([[left + x, top + side - y - 9], [left + x, top + side - y + 9]], kind));
    }
    if (this.dragged) {
      const [[a, b], [c, d]] = this.dragged;
      const box = svg("rect", { class: "box", x: left + Math.min(a, c) * side, y: top + (1 - Math.max(b, d)) * side, width: Math.abs(a - c) * side, height: Math.abs(b - d) * side });
      parts.push(box);
    }
    this.frame.replaceChildren(...parts);
    this.axes = axes;
  }

  // Chooses a cell; the values that are chosen may lie outside, too, nearest to it.
  aim(cell, isInside) {
    this.cursor = cell;
    this.isInside = isInside;
  }

  undecorate() {
    this.frame.replaceChildren();
  }

  listen() {
    const share = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const within = (at) => Math.min(1, Math.max(0, at));
      return [within((event.clientX - box.left) / box.width), within(1 - (event.clientY - box.top) / box.height)];
    };
    const cell = (at) => at.map((place) => Math.min(SIZE - 1, Math.floor(place * SIZE)));
    let began = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      began = share(event);
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!began) return;
      this.dragged = [began, share(event)];
      this.decorate(this.axes);
    });
    this.canvas.addEventListener("pointercancel", () => {
      began = this.dragged = null;
      this.decorate(this.axes);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (!began) return;
      const [a, b] = [began, share(event)];
      began = this.dragged = null;
      const isBox = a.every((share, along) => Math.abs(share - b[along]) > 0.02);
      if (isBox) this.zoom(...a.map((share, along) => [Math.min(share, b[along]), Math.max(share, b[along])].map(placeAt)));
      else this.choose(cell(b));
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 0.8 : 1.25, share(event).map(placeAt));
    }, { passive: false });
    this.canvas.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 16 : 1;
      const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowDown: [0, -far], ArrowUp: [0, far] };
      const move = moves[event.key];
      if (move) this.choose(this.cursor.map((place, along) => Math.min(SIZE - 1, Math.max(0, place + move[along]))));
      else if (event.key === "+" || event.key === "=") this.scale(0.5, this.cursor.map((place) => place / (SIZE - 1)));
      else if (event.key === "-") this.scale(2, this.cursor.map((place) => place / (SIZE - 1)));
      else if (event.key === "0") this.reset();
      else return;
      event.preventDefault();
    });
  }

  // Looks closer, or from further away, with the place `at` where it is.
  scale(by, at) {
    this.zoom(...at.map((place) => [place - place * by, place + (1 - place) * by]));
  }
}

// The first value of an axis lies in the middle of the first cell, the last in that of the last: from a place between them to a share of the
// field, and back.
const shareOf = (place) => (place * (SIZE - 1) + 0.5) / SIZE;
const placeAt = (share) => (share * SIZE - 0.5) / (SIZE - 1);

// Where a value lies between the ends of an axis, from 0 to 1.
function placeOf({ from, to, log }, value) {
  return log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
}

// The value at a place of an axis.
export function valueAt({ from, to, log }, place) {
  return log ? from * (to / from) ** place : from + (to - from) * place;
}
