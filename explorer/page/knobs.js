// The form: kinds of members, and a slider and a number for each parameter.
import { show } from "./plots.js";
import { get, set, setValue, starts, value } from "./state.js";

const ROLES = ["problem", "penalty", "optimizer"];
// What penalties are said to have.
const [SLOPE, PROX] = ["slope", "proximal map"];
const STEPS = [10, 100_000];
const STARTS = [1, 1024];
// What a parameter without a default begins with, where the middle of its slider is a strange choice.
const TYPICAL = { k: 1, momentum: 0.9, lambda: 0.5, target: 1, learning_rate: 0.1 };
// Places of a slider.
const PLACES = 1000;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, own]) => {
    if (key in made) made[key] = own;
    else made.setAttribute(key, own);
  });
  made.append(...children);
  return made;
}

export class Knobs {
  // `changed(isWhole, axis)` is told of every change of the state; a whole one changes which knobs there are, and `axis` is "x" or "y"
  // where that was given other values.
  constructor({ form, axes, family, changed }) {
    Object.assign(this, { form, axesForm: axes, family, changed });
    // What each role had of each kind, for whoever comes back to it, and how each knob is set.
    this.kept = new Map();
    this.setters = new Map();
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // Rows of a role, as `zerosweep members` lists them.
  rows(role) {
    return this.family.members[role];
  }

  row(state, role) {
    return this.rows(role).find((row) => row.kind === state.spec[role].kind);
  }

  // The paths that have one number, each with what it means and what its slider goes through.
  parameters(state) {
    const all = ROLES.flatMap((role) => {
      const row = this.row(state, role);
      const own = (row?.parameters ?? []).map((parameter) => {
        const path = `${role}.${parameter.name}`;
        if (get(state.spec, path) === undefined && parameter.default !== null) set(state.spec, path, parameter.default);
        return { role, path, meaning: parameter.meaning, range: this.family.ranges[`${role}.${row.kind}.${parameter.name}`] };
      });
      return [...own, ...this.nested(state, role, own)];
    });
    all.push({ role: "start", path: "start.w", meaning: "starting weight of the chosen trajectory", range: [-5, 5, false] });
    return all.filter(({ path }) => typeof value(state, path) === "number");
  }

  // The least and the greatest value that a parameter may have.
  bounds(state, path) {
    const [, , , least, greatest] = this.parameters(state).find((own) => own.path === path)?.range ?? [];
    return [least ?? -Infinity, greatest ?? Infinity];
  }

  // Numbers of schedules and of noise.
  nested(state, role, own) {
    const found = [];
    const walk = (table, path) => {
      for (const [name, inner] of Object.entries(table)) {
        const at = `${path}.${name}`;
        if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) walk(inner, at);
        else if (typeof inner === "number" && name !== "seed" && path !== role && !own.some((known) => known.path === at)) {
          const schedule = this.family.ranges[`${role}.schedule.${table.kind}.${name}`];
          const range = schedule ?? [0, Math.max(2 * Math.abs(inner), 1), false, 0];
          found.push({ role, path: at, meaning: "", range });
        }
      }
    };
    walk(state.spec[role], role);
    return found;
  }

  // Makes the form anew.
  build(state) {
    this.state = state;
    this.setters.clear();
    const focused = document.activeElement?.id;
    const parameters = this.parameters(state);
    const sets = ROLES.map((role) => {
      const own = parameters.filter((parameter) => parameter.role === role);
      return this.fieldset(role, [this.kinds(role), ...this.choices(role), ...own.map((one) => this.knob(one))]);
    });
    const start = parameters.find(({ path }) => path === "start.w");
    const run = [
      this.knob(start),
      this.number("steps", "steps of a trajectory", STEPS, () => state.spec.steps, (steps) => (state.spec.steps = Math.round(steps))),
    ];
    if (typeof state.spec.start.w === "object" && ![state.x.path, state.y.path].includes("start.w")) {
      const table = state.spec.start.w;
      if ("count" in table) run.push(this.number("starts", `starts of each cell${this.drawn(table)}`, STARTS, () => starts(state), (count) => (table.count = Math.round(count))));
    }
    this.form.replaceChildren(...sets, this.fieldset("start", run));
    this.axesForm.replaceChildren(...["x", "y"].map((name) => this.axis(name, parameters)), this.measure());
    if (focused) document.getElementById(focused)?.focus();
  }

  // How a table draws starts: `, uniform from -5 to 5`.
  drawn(table) {
    const [kind, bounds] = Object.entries(table).find(([, own]) => Array.isArray(own)) ?? [];
    return kind ? `, ${kind.replace("_", "-")} from ${bounds[0]} to ${bounds[1]}` : "";
  }

  fieldset(name, children) {
    return element("fieldset", {}, element("legend", { textContent: name }), ...children);
  }

  kinds(role) {
    const state = this.state;
    const options = this.rows(role).map((row) => element("option", { value: row.kind, textContent: row.kind }));
    const select = element("select", { id: `kind-${role}` }, ...options);
    select.value = state.spec[role].kind;
    select.addEventListener("change", () => {
      const row = this.rows(role).find((own) => own.kind === select.value);
      const before = state.spec[role];
      this.kept.set(`${role} ${before.kind}`, before);
      const after = { ...this.kept.get(`${role} ${row.kind}`), kind: row.kind };
      for (const { name, default: own } of row.parameters) {
        const [low, high, log] = this.family.ranges[`${role}.${row.kind}.${name}`];
        const usual = own ?? TYPICAL[name] ?? Number((log ? Math.sqrt(low * high) : (low + high) / 2).toPrecision(2));
        after[name] = [before[name], after[name]].find((number) => typeof number === "number") ?? usual;
      }
      state.spec[role] = after;
      this.fit(state);
      this.changed(true);
    });
    const formula = this.row(state, role)?.formula ?? "";
    return element("div", { className: "knob pick" }, element("label", { htmlFor: select.id, textContent: formula }), select);
  }

  // Gives the optimizer a penalty step, and one that the penalty can take.
  fit(state) {
    const steps = this.row(state, "optimizer")?.penalty_step ?? [];
    if (steps.length < 2) return;
    const has = this.row(state, "penalty")?.has ?? [];
    const fitting = steps.filter((step) => has.includes(step.startsWith("proximal") ? PROX : SLOPE));
    const now = state.spec.optimizer.penalty_step;
    if (!fitting.includes(now)) state.spec.optimizer.penalty_step = fitting[0] ?? steps[0];
  }

  // What an optimizer leaves open beside numbers.
  choices(role) {
    const steps = this.row(this.state, role)?.penalty_step ?? [];
    if (role !== "optimizer" || steps.length < 2) return [];
    const select = element("select", { id: "penalty-step" }, ...steps.map((step) => element("option", { value: step, textContent: step })));
    select.value = this.state.spec.optimizer.penalty_step ?? steps[0];
    select.addEventListener("change", () => {
      this.state.spec.optimizer.penalty_step = select.value;
      this.changed(true);
    });
    return [element("div", { className: "knob pick" }, element("label", { htmlFor: select.id, textContent: "how the penalty enters a step" }), select)];
  }

  knob({ path, meaning, range }) {
    const label = meaning ? `${path}: ${meaning}` : path;
    return this.number(path, label, range, () => value(this.state, path), (number) => setValue(this.state, path, number));
  }

  number(path, label, [from, to, log = path === "steps" || path === "starts"], read, writeTo) {
    const id = `knob-${path}`;
    const whole = path === "steps" || path === "starts";
    const now = read();
    let [low, high] = [Math.min(from, now), Math.max(to, now)];
    if (log && !(low > 0)) [low, high, log] = [low, high, false];
    const place = (number) => PLACES * (log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low));
    const at = (own) => {
      const share = own / PLACES;
      const number = log ? low * (high / low) ** share : low + (high - low) * share;
      return whole ? Math.round(number) : Number(number.toPrecision(4));
    };
    const box = element("input", { type: "number", id, step: whole ? "1" : "any", value: show(now) });
    const slider = element("input", { type: "range", id: `${id}-slider`, min: 0, max: PLACES, step: 1 });
    slider.value = place(now);
    slider.setAttribute("aria-label", label);
    slider.setAttribute("aria-valuetext", show(now));
    const tell = (number) => {
      if (!Number.isFinite(number)) return;
      writeTo(number);
      slider.setAttribute("aria-valuetext", show(number));
      this.changed(false);
    };
    slider.addEventListener("input", () => {
      box.value = show(at(slider.valueAsNumber));
      tell(at(slider.valueAsNumber));
    });
    box.addEventListener("change", () => {
      if (!Number.isFinite(box.valueAsNumber)) box.value = show(read());
      slider.value = place(box.valueAsNumber);
      tell(box.valueAsNumber);
    });
    this.setters.set(path, (number) => {
      if (document.activeElement !== box) box.value = show(number);
      slider.value = place(number);
      slider.setAttribute("aria-valuetext", show(number));
    });
    return element("div", { className: "knob" }, element("label", { htmlFor: id, textContent: label }), slider, box);
  }

  // Sets the numbers of the form to those of the state.
  refresh(paths) {
    paths.forEach((path) => this.setters.get(path)?.(value(this.state, path)));
  }

  axis(name, parameters) {
    const axis = this.state[name];
    const other = this.state[name === "x" ? "y" : "x"];
    const paths = parameters.map(({ path }) => path).filter((path) => path !== other.path);
    if (!paths.includes(axis.path)) paths.push(axis.path);
    const select = element("select", { id: `axis-${name}` }, ...paths.map((path) => element("option", { value: path, textContent: path })));
    select.value = axis.path;
    select.addEventListener("change", () => {
      const [from, to, log] = parameters.find(({ path }) => path === select.value).range;
      this.state[name] = { path: select.value, from, to, log };
      this.changed(true, name);
    });
    const end = (key, words) => {
      const box = element("input", { type: "number", id: `axis-${name}-${key}`, step: "any", value: show(axis[key]) });
      box.setAttribute("aria-label", `${words} of ${name}`);
      box.addEventListener("change", () => {
        if (Number.isFinite(box.valueAsNumber)) axis[key] = box.valueAsNumber;
        this.changed(true, name);
      });
      return box;
    };
    const log = element("input", { type: "checkbox", id: `axis-${name}-log`, checked: axis.log });
    log.addEventListener("change", () => {
      axis.log = log.checked;
      this.changed(true, name);
    });
    return element("span", { className: "range" },
      element("label", { htmlFor: select.id, textContent: name === "x" ? "across" : "up" }), select,
      end("from", "least value"), "to", end("to", "greatest value"),
      log, element("label", { htmlFor: log.id, textContent: "log" }));
  }

  measure() {
    const names = { zero_rate: "share of exact zeros", fate: "commonest fate" };
    const options = Object.entries(names).map(([own, text]) => element("option", { value: own, textContent: text }));
    const select = element("select", { id: "measure" }, ...options);
    select.value = this.state.measure ?? "zero_rate";
    select.addEventListener("change", () => {
      this.state.measure = select.value;
      this.changed(true);
    });
    return element("span", { className: "range" }, element("label", { htmlFor: "measure", textContent: "shows the" }), select);
  }
}

export { element };
