"""The work of `zerosweep bench` in JAX's jitted vmap, and the ratio of the two.

    python3 -m venv /tmp/jax && /tmp/jax/bin/pip install jax
    /tmp/jax/bin/python benches/jax_steps.py

256,000 trajectories of 1,000 steps, one in 64 of those that the bench has: a quadratic loss of curvature 1, 16 targets, 16 lambdas, 1,000 starts, learning rate
0.001, plain subgradient steps, and Adam with L1 in the loss. JAX runs it four times: with the events and tail statistics that zerosweep tracks, as
jit(vmap(...)) over all trajectories; the same tuned by hand (one device a core, and the block of trajectories that JAX likes
best); and, tuned likewise, the update alone, which tells nothing of zeros.
"""

import json
import os
import subprocess
import time

CORES = os.cpu_count() or 1
os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count={CORES}")

import jax
import jax.numpy as jnp
import numpy as np

STEPS, TAIL, RATE = 1000, 100, jnp.float32(1e-3)
TOLERANCE, DIVERGENCE, LEAST_NORMAL, NEVER = 1e-3, 1e6, 2.0**-126, 2**31 - 1
RUNS = 5

# Exponents, and the kernels that serve them.
EXPONENTS = [("1", "k = 1"), ("1.5", "k = 3/2"), ("2", "k = 2"), ("0.7", "k < 1")]


def slope(k, w, target, lam):
    size = jnp.abs(w)
    power = {1.0: 1.0, 1.5: jnp.sqrt(size), 2.0: size}.get(k)
    if power is None:
        power = jnp.where(size > 0, size ** jnp.float32(k - 1.0), 0.0)
    return (w - target) + jnp.float32(k) * lam * jnp.sign(w) * power


def descent(k):
    """A state that is the weight alone, and a step of it."""
    return (lambda w: (w,)), (lambda state, n, target, lam: (state[0] - RATE * slope(k, state[0], target, lam),))


def adam(k):
    """The weight and Adam's two means, and a step of them."""

    def step(state, n, target, lam):
        w, a, b = state
        g = slope(k, w, target, lam)
        a, b = 0.9 * a + 0.1 * g, 0.999 * b + 0.001 * g * g
        t = (n + 1).astype(jnp.float32)
        return w - RATE * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8), a, b

    return (lambda w: (w, jnp.float32(0), jnp.float32(0))), step


def update_alone(rule):
    begin, step = rule

    def run(w, target, lam):
        return jax.lax.fori_loop(0, STEPS, lambda n, state: step(state, n, target, lam), begin(w))

    return run


def first_crossing(rule):
    """The step of the first change of sign, and nothing else."""
    begin, step = rule

    def run(w, target, lam):
        def body(n, course):
            state, crossing = course
            after = step(state, n, target, lam)
            crosses = jnp.sign(state[0]) != jnp.sign(after[0])
            return after, jnp.where(crosses, jnp.minimum(crossing, n + 1), crossing)

        return jax.lax.fori_loop(0, STEPS, body, (begin(w), jnp.int32(NEVER)))

    return run


def tracked(rule):
    """Every event's first step, the last landing, divergence, and the tail's bounds and reversals."""

    begin, advance = rule

    def run(w, target, lam):
        def body(n, course):
            state, crossing, zero, within, diverged, jumped, low, high, direction, reversals = course
            after = advance(state, n, target, lam)
            w, new, step = state[0], after[0], n + 1
            was_zero, is_zero = jnp.abs(w) < LEAST_NORMAL, jnp.abs(new) < LEAST_NORMAL
            first = lambda so_far, happens: jnp.where(happens, jnp.minimum(so_far, step), so_far)
            crossing = first(crossing, ~was_zero & (is_zero | (jnp.sign(w) != jnp.sign(new))))
            zero = first(zero, is_zero)
            within = first(within, jnp.abs(new) <= TOLERANCE)
            diverged = first(diverged, ~(jnp.abs(new) <= DIVERGENCE))
            jumped = jnp.where(~was_zero & is_zero, jnp.abs(w) >= 2.0**-64, jumped)
            tail = step > STEPS - TAIL
            low = jnp.where(tail, jnp.minimum(low, new), low)
            high = jnp.where(tail, jnp.maximum(high, new), high)
            difference = jnp.where(step > STEPS - TAIL + 1, new - w, 0.0)
            reversals += (direction * difference < 0).astype(jnp.int32)
            direction = jnp.where(difference == 0, direction, jnp.sign(difference))
            return after, crossing, zero, within, diverged, jumped, low, high, direction, reversals

        never = jnp.int32(NEVER)
        start = (begin(w), never, never, never, never, False, jnp.float32(jnp.inf), jnp.float32(-jnp.inf), jnp.float32(0), jnp.int32(0))
        return jax.lax.fori_loop(0, STEPS, body, start)

    return run


def trajectories():
    targets = np.linspace(-2, 2, 16, dtype=np.float32)
    lambdas = np.geomspace(0.1, 1.54, 16, dtype=np.float32)
    starts = np.linspace(-1, 1, 1000, dtype=np.float32)
    target, lam, start = np.meshgrid(targets, lambdas, starts, indexing="ij")
    return start.ravel(), target.ravel(), lam.ravel()


def rate(many, arrays):
    """Median over runs of `many(*arrays)`, compiled beforehand, in 10^9 steps a second."""
    jax.block_until_ready(many(*arrays))
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        jax.block_until_ready(many(*arrays))
        times.append(time.perf_counter() - began)
    return arrays[0].size * STEPS / sorted(times)[RUNS // 2] / 1e9


def plain(run):
    """jit(vmap(run)) over all trajectories."""
    return rate(jax.jit(jax.vmap(run)), [jnp.asarray(column) for column in trajectories()])


def tuned(run):
    """One device a core, and the best of several sizes of block."""
    work = trajectories()
    total = work[0].size
    many = jax.pmap(lambda *blocks: jax.lax.map(lambda block: jax.vmap(run)(*block), blocks))
    sizes = [size for size in (1000, 4000, 16000, 64000, total // CORES) if total % (CORES * size) == 0]
    return max(rate(many, [jnp.asarray(column.reshape(CORES, -1, size)) for column in work]) for size in sizes)


def zerosweep():
    """Median Gsteps/s of `zerosweep bench`, by kernel."""
    command = ["cargo", "run", "--release", "--quiet", "--", "bench", "--backend", "cpu", "--json", "--kernel"]
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    rates = {}
    for kernel in ("subgradient", "k = 1, adam in_loss"):
        out = subprocess.run([*command, kernel], cwd=root, check=True, capture_output=True, text=True).stdout
        for measured in json.loads(out)["kernels"]:
            rates[measured["kernel"]] = measured["steps_per_second"]["p50"] / 1e9
    return rates


def main():
    own = zerosweep()
    print(f"JAX {jax.__version__} on {CORES} cores; Gsteps/s, and how many times as fast zerosweep is")
    print(f"{'rule':>12} {'k':>4} {'zerosweep':>10} {'jit(vmap)':>10} {'ratio':>6} {'tuned':>7} {'ratio':>6} {'crossing':>9} {'ratio':>6} {'update alone':>13} {'ratio':>6}")
    rows = [("subgradient", k, descent, f"{of}, subgradient") for k, of in EXPONENTS] + [("adam", "1", adam, "k = 1, adam in_loss")]
    for name, k, rule, kernel in rows:
        rule, steps = rule(float(k)), own[f"quadratic, {kernel}"]
        columns = [plain(tracked(rule)), tuned(tracked(rule)), plain(first_crossing(rule)), tuned(update_alone(rule))]
        cells = [f"{gsteps:>{width}.2f} {steps / gsteps:>6.1f}" for gsteps, width in zip(columns, (10, 7, 9, 13))]
        print(f"{name:>12} {k:>4} {steps:>10.2f} {' '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
