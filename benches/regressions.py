"""How long 100 lambdas take on a bootstrap of a table: zerosweep, and scikit-learn's lasso_path and lars_path in a loop.

    python benches/regressions.py [target/release/zerosweep]

Needs numpy and scikit-learn. Prints milliseconds a bootstrap, medians of several runs, and how many times as long scikit-learn takes.
zerosweep goes to a residual of 1e-4 of the largest slope at 0, lasso_path to its own tolerance of 1e-4 of the response's variance, which is
about as close; lars_path is exact. All of them use every core that they can: zerosweep runs bootstraps beside each other, and numpy its products.
"""

import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path, lasso_path

ROOT = Path(__file__).resolve().parents[1]
SPEC = """
name = "speed"
steps = 5000
stop = {{ kkt = 1e-4 }}
report = {{ maps = [] }}
problem = {{ kind = "least_squares", table = "{table}", response = "y", resample = {{ bootstrap = {draws}, seed = 1 }} }}
penalty = {{ kind = "lk", k = 1.0, lambda = {{ path = 100, ratio = 1e-3 }} }}
"""


def diabetes():
    rows = np.genfromtxt(ROOT / "data" / "diabetes.csv", delimiter=",", skip_header=1)
    return rows[:, :-1], rows[:, -1]


def made(rows, columns, seed=0):
    """Normal columns with a correlation of 0.5, a tenth of which explain the response, beside as much noise."""
    random = np.random.default_rng(seed)
    x = np.sqrt(0.5) * (random.normal(size=(rows, columns)) + random.normal(size=(rows, 1)))
    w = np.zeros(columns)
    w[:: 10] = random.choice([-1.0, 1.0], len(w[:: 10]))
    y = x @ w
    return x, y + y.std() * random.normal(size=rows)


def seconds_of_zerosweep(program, x, y, draws, folder):
    table = folder / "table.csv"
    names = ",".join([f"x{column}" for column in range(x.shape[1])] + ["y"])
    np.savetxt(table, np.column_stack([x, y]), delimiter=",", header=names, comments="", fmt="%.10g")
    spec = folder / "speed.toml"
    spec.write_text(SPEC.format(table=table, draws=draws))
    command = [program, "run", spec, "--backend", "cpu", "--audit", "0", "--out", folder / "out", "--force"]
    whole, sweep = [], []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        whole.append(time.perf_counter() - began)
        sweep.append(json.loads((folder / "out" / "machine.json").read_text())["seconds"])
    return np.median(sweep) / draws, np.median(whole) / draws


def seconds_of_sklearn(x, y, draws):
    x = (x - x.mean(0)) / x.std(0)
    most = np.abs(x.T @ (y - y.mean())).max() / len(y)
    alphas = most * np.geomspace(1, 1e-3, 100)
    random = np.random.default_rng(1)
    times = {"lasso_path": [], "lars_path": []}
    for _ in range(draws):
        rows = random.integers(0, len(y), len(y))
        own_x, own_y = x[rows], y[rows]
        began = time.perf_counter()
        own_x, own_y = np.asfortranarray(own_x - own_x.mean(0)), own_y - own_y.mean()
        lasso_path(own_x, own_y, alphas=alphas)
        times["lasso_path"].append(time.perf_counter() - began)
        began = time.perf_counter()
        lars_path(own_x, own_y, method="lasso", alpha_min=alphas[-1])
        times["lars_path"].append(time.perf_counter() - began)
    return np.median(times["lasso_path"]), np.median(times["lars_path"])


def main():
    # What lasso_path leaves after its 1,000 rounds is its own affair.
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "release" / "zerosweep"
    cases = [("diabetes", *diabetes(), 1000, 100)]
    for rows, columns, draws, loops in [(300, 30, 300, 40), (1000, 100, 60, 20), (200, 100, 60, 20), (1000, 500, 8, 3), (200, 500, 8, 3)]:
        cases.append((f"{rows} x {columns}", *made(rows, columns), draws, loops))
    print("ms a bootstrap   zerosweep  with tables  lasso_path  lars_path  lasso_path / zerosweep  lars_path / zerosweep")
    for name, x, y, draws, loops in cases:
        with tempfile.TemporaryDirectory() as folder:
            sweep, whole = seconds_of_zerosweep(program, x, y, draws, Path(folder))
        lasso, lars = seconds_of_sklearn(x, y, loops)
        own = [1e3 * seconds for seconds in (sweep, whole, lasso, lars)]
        print("{:<15}{:>11.2f}{:>13.2f}{:>12.1f}{:>11.1f}".format(name, *own) + f"{lasso / sweep:>24.1f}{lars / sweep:>23.1f}", flush=True)


if __name__ == "__main__":
    main()
