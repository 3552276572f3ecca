// States to begin with, each a question.
const quadratic = (target) => ({ kind: "quadratic", target });
const uniform = { w: { uniform: [-5, 5], count: 64 } };
const axis = (path, from, to, log = false) => ({ path, from, to, log });

export const EXAMPLES = [
  {
    title: "L1: which weights does it set to zero?",
    state: {
      spec: { name: "l1", steps: 1000, problem: quadratic(0.5), penalty: { kind: "lk", k: 1, lambda: 1 }, optimizer: { kind: "proximal", learning_rate: 0.1 }, start: uniform },
      x: axis("problem.target", -2, 2), y: axis("penalty.lambda", 0, 2), w: 4, measure: "zero_rate",
    },
  },
  {
    title: "From L0.3 to L3: where does sparsity end?",
    state: {
      spec: { name: "exponents", steps: 1000, problem: quadratic(0.5), penalty: { kind: "lk", k: 1, lambda: 1 }, optimizer: { kind: "proximal", learning_rate: 0.1 }, start: uniform },
      x: axis("penalty.k", 0.3, 3), y: axis("penalty.lambda", 0, 2), w: 4, measure: "fate",
    },
  },
  {
    title: "L1 by plain subgradients: does it ever land?",
    state: {
      spec: { name: "subgradient", steps: 1000, problem: quadratic(0.5), penalty: { kind: "lk", k: 1, lambda: 1 }, optimizer: { kind: "subgradient", learning_rate: 0.1 }, start: uniform },
      x: axis("problem.target", -2, 2), y: axis("penalty.lambda", 0, 2), w: 4, measure: "fate",
    },
  },
  {
    title: "Basins of k = 1/2: from where does it reach zero?",
    state: {
      spec: { name: "basins", steps: 1000, problem: quadratic(1), penalty: { kind: "lk", k: 0.5, lambda: 0.5 }, optimizer: { kind: "proximal", learning_rate: 0.1 }, start: uniform },
      x: axis("problem.target", -2, 2), y: axis("start.w", -3, 3), w: 2, measure: "fate",
    },
  },
  {
    title: "The edge of divergence: gradient descent on a power of 4",
    state: {
      spec: { name: "edge", steps: 60, problem: { kind: "quadratic", target: 1 }, penalty: { kind: "lk", k: 4, lambda: 1 }, optimizer: { kind: "subgradient", learning_rate: 0.5 }, start: uniform },
      x: axis("start.w", -0.9, 1.1), y: axis("optimizer.learning_rate", 0.4, 0.8), w: 0.3, measure: "fate",
    },
  },
];
