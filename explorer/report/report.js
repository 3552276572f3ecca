// The report's page: its maps tell of each cell, and a cell's trajectories are followed again.
const told = JSON.parse(named("data").textContent);
let results, counts, chosen;

async function unpacked(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// One map: its picture, and the cell of it that is pointed at.
class Places {
  constructor(figure) {
    Object.assign(this, JSON.parse(figure.dataset.places));
    this.figure = figure;
    this.box = figure.querySelector(".cells");
    this.text = figure.querySelector("figcaption");
    this.mark = document.createElement("i");
    this.at = [0, 0, 0];
    this.box.addEventListener("pointermove", (event) => this.point(event));
    this.box.addEventListener("click", (event) => this.point(event) && this.follow());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.tell());
  }

  // Takes the cell below the pointer; false where there is none.
  point(event) {
    const image = this.box.getBoundingClientRect();
    const [x, y] = [((event.clientX - image.left) / image.width) * this.width, ((event.clientY - image.top) / image.height) * this.height];
    const number = this.panels.findIndex(({ plot: [left, top, width, height] }) => x >= left && x < left + width && y >= top && y < top + height);
    if (number < 0) return false;
    const { plot: [left, top, width, height], x: columns, y: rows } = this.panels[number];
    const cell = [number, Math.floor(((x - left) / width) * columns.length), rows.length - 1 - Math.floor(((y - top) / height) * rows.length)];
    if (cell.some((place, index) => place !== this.at[index]) || !this.mark.parentNode) {
      this.at = cell;
      this.tell();
    }
    return true;
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
    const [number, column, row] = this.at;
    if (event.key === "Enter" || event.key === " ") this.follow();
    else if (moves[event.key]) {
      const [across, up] = moves[event.key];
      const { x, y } = this.panels[number];
      const within = (place, all) => Math.min(all.length - 1, Math.max(0, place));
      this.at = [number, within(column + across, x), within(row + up, y)];
      // Beyond the side of a panel lies the next one.
      if (this.at[1] === column && across !== 0) {
        const next = Math.min(this.panels.length - 1, Math.max(0, number + across));
        if (next !== number) this.at = [next, across > 0 ? 0 : this.panels[next].x.length - 1, within(row, this.panels[next].y)];
      }
      this.tell();
    } else return;
    event.preventDefault();
  }

  // The values of the cell: `penalty.lambda=0.5`.
  values() {
    const [number, column, row] = this.at;
    const panel = this.panels[number];
    const own = [[this.x, panel.x[column]], [this.y, panel.y[row]]].filter(([name, value]) => name && value).map(([name, value]) => `${name}=${value}`);
    return [...panel.at, ...own];
  }

  // Marks the cell, and says what is counted there.
  tell() {
    const [number, column, row] = this.at;
    const { plot: [left, top, width, height], x, y } = this.panels[number];
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(this.mark.style, {
      left: percent(left + (column * width) / x.length, this.width),
      top: percent(top + height - ((row + 1) * height) / y.length, this.height),
      width: percent(width / x.length, this.width),
      height: percent(height / y.length, this.height),
    });
    this.box.append(this.mark);
    if (!results) return;
    try {
      const [cell, cells, size, draws] = results.find(this.values());
      this.found = { cell, cells, size, draws };
      this.text.textContent = this.sentence();
    } catch (error) {
      this.found = undefined;
      this.text.textContent = `${this.values().join(", ")}: no cell`;
    }
  }

  sentence() {
    const { cell, cells, size, draws } = this.found;
    const own = told.fates.map(({ name, place }) => [name, counts[cell * told.fates.length + place]]).filter(([, count]) => count > 0);
    const shares = own.map(([name, count]) => {
      const share = `${count} of ${size} ${name}`;
      if (draws === 0) return share;
      const [low, high] = interval(count, size, draws);
      return `${share} (95 %: ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`;
    });
    const several = cells > 1 ? ` The picture sums ${cells} cells here; this is the first.` : "";
    return `${this.values().join(", ")}: ${shares.join(", ")}.${several}`;
  }

  follow() {
    if (!this.found) return;
    chosen = { ...this.found, place: 0, values: this.values(), map: this.box };
    this.figure.after(named("replay"));
    replay();
    named("replay-title").focus();
  }
}

function replay() {
  const { cell, size, place, values } = chosen;
  named("replay").hidden = false;
  const trajectory = results.trajectory(cell, place);
  named("which").textContent = `${values.join(", ")}: trajectory ${place + 1} of ${size}, from w = ${show(trajectory.start)}`;
  drawTrajectory(trajectory);
  trajectory.free();
  named("before").disabled = place === 0;
  named("after").disabled = place === size - 1;
}

function step(by) {
  chosen.place += by;
  replay();
}

named("replay").addEventListener("keydown", (event) => event.key === "Escape" && chosen.map.focus());
named("before").addEventListener("click", () => step(-1));
named("after").addEventListener("click", () => step(1));
if (named("counts")) {
  const maps = [...document.querySelectorAll(".told")].map((figure) => new Places(figure));
  const [library, packed] = await Promise.all(["library", "counts"].map((id) => unpacked(named(id).textContent)));
  initSync({ module: library });
  counts = new Uint32Array(packed);
  results = new Results(told.spec);
  document.body.dataset.ready = "true";
  maps.find(({ box }) => box === document.activeElement)?.tell();
}
