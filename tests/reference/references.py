"""Reference coefficients of penalized regressions, for the tests: writes the CSV files beside this script.

    python3 -m venv /tmp/refvenv && /tmp/refvenv/bin/pip install numpy scipy scikit-learn skglm
    /tmp/refvenv/bin/python tests/reference/references.py [DATA]

DATA is the folder of `diabetes.csv` and `breast_cancer.csv`, `data` at the root of the repository unless given.

Columns are standardized: (x - mean) / sd, sd with ddof 0. Every fit has an intercept b without penalty and minimizes
L(b, w) + lambda R(w), where eta = b + X w and L is 1/(2n) sum (y - eta)^2 (least squares),
1/n sum (log(1 + e^eta) - y eta) (logistic), or 1/n sum (e^eta - y eta) (Poisson).

- `diabetes_l1_10.csv`: least squares, |w|, lambda = 10
- `diabetes_path.csv`: the same for 100 lambdas, down from the least that makes every coefficient 0
- `diabetes_elastic_net.csv`: least squares, r |w| + (1 - r)/2 w^2, r = 0.5
- `diabetes_mcp.csv`, `diabetes_scad.csv`: MCP with gamma 3, and SCAD (Fan and Li) with a 3.7, both from w = 0: stationary
  points, which need not be the least; `solver` says who ends there, `objective` and `stationarity` how good it is
- `diabetes_group.csv`: least squares, sum over groups of sqrt(size) ||w_g||_2
- `weighted.csv`: least squares, |w|, lambda = 3; row i counts (7 i + 3) mod 4 times, but the columns are standardized with
  each row counted once
- `breast_cancer_l1.csv`: logistic, |w|
- `poisson_data.csv`, `poisson_l1.csv`: synthetic counts, Poisson, |w|

Each fit is done twice, by this script and with a library; it prints how far apart the two are at most, having seen the same
coefficients at 0 in both, and how far, at most, the subdifferential at what it writes is from 0.

Made with Python 3.11.7, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and skglm 0.5; takes under a minute.
"""

import sys
from pathlib import Path

import numpy as np
import scipy.optimize
from skglm.datafits import Quadratic, QuadraticGroup
from skglm.penalties import SCAD, MCPenalty, WeightedGroupL2
from skglm.solvers import AndersonCD, GroupBCD
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, lasso_path

HERE = Path(__file__).parent
DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "data"

MCP_GAMMA, SCAD_A = 3.0, 3.7
GROUPS = [[0, 1], [2, 3], [4, 5, 6], [7, 8, 9]]
TIGHT = {"tol": 1e-12, "max_iter": 10_000_000}


# Files.


def load(path):
    """Names of the columns but the last, these columns standardized, and the last."""
    names = path.read_text().split("\n", 1)[0].split(",")[:-1]
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    x = table[:, :-1]
    return names, np.asfortranarray((x - x.mean(axis=0)) / x.std(axis=0)), table[:, -1]


def write(name, header, rows):
    def text(value):
        return value if isinstance(value, str) else f"{value + 0.0:.10g}"

    lines = [",".join(header)] + [",".join(map(text, row)) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n")


def report(name, apart, residual):
    print(f"{name}: apart {apart:.2g}, residual {residual:.2g}", flush=True)


def distance(a, b):
    assert np.array_equal(np.asarray(a) == 0, np.asarray(b) == 0), "different zeros"
    return np.abs(np.asarray(a) - np.asarray(b)).max()


# Convex fits.


def soft(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def kkt(gradient, w, l1, l2=0.0):
    """The largest distance of 0 from the subdifferential of L + l1 |w| + l2/2 w^2, given L's gradient."""
    gradient = gradient + l2 * w
    return np.where(w == 0, np.maximum(np.abs(gradient) - l1, 0), np.abs(gradient + l1 * np.sign(w))).max()


def coordinate_descent(gram, c, l1, l2=0.0, start=None, tolerance=1e-13, sweeps=200_000):
    """Minimizes w'Gw/2 - c'w + sum l1_j |w_j| + l2/2 w_j^2."""
    w = np.zeros(len(c)) if start is None else start.copy()
    l1 = np.broadcast_to(l1, c.shape)
    for sweep in range(sweeps):
        if sweep % 20 == 0:
            slope = gram @ w - c
            if kkt(slope, w, l1, l2) <= tolerance:
                break
        for j in range(len(c)):
            z = gram[j, j] * w[j] - slope[j]
            new = np.copysign(max(abs(z) - l1[j], 0.0), z) / (gram[j, j] + l2)
            if new != w[j]:
                slope = slope + (new - w[j]) * gram[j]
                w[j] = new
    return w


def least_squares(x, y, l1, l2=0.0, start=None):
    return coordinate_descent(x.T @ x / len(y), x.T @ y / len(y), l1, l2, start)


def squares_slope(x, y, w):
    return -x.T @ (y - x @ w) / len(y)


def proximal_newton(x, y, l1, mean, variance, loss, start, tolerance=1e-13):
    """A generalized linear model by coordinate descent on quadratic models of L; the first coefficient is the intercept."""
    x = np.column_stack([np.ones(len(y)), x])
    l1 = np.r_[0.0, np.full(x.shape[1] - 1, l1)]

    def objective(w):
        return np.mean(loss(x @ w) - y * (x @ w)) + l1 @ np.abs(w)

    w = start
    for _ in range(100):
        eta = x @ w
        slope = x.T @ (mean(eta) - y) / len(y)
        residual = kkt(slope, w, l1)
        if residual <= tolerance:
            break
        gram = (x.T * variance(eta)) @ x / len(y)
        step = coordinate_descent(gram, gram @ w - slope, l1, 0.0, w, max(residual * 1e-4, tolerance / 10), 5000) - w
        share = 1.0
        while share > 1e-6 and objective(w + share * step) > objective(w) + 1e-14:
            share /= 2
        w = w + share * step if share < 1 else w + step
    return w, residual


# Diabetes: convex penalties.


def diabetes_l1_10(names, x, y):
    w = least_squares(x, y, 10.0)
    apart = distance(w, Lasso(alpha=10.0, **TIGHT).fit(x, y).coef_)
    write("diabetes_l1_10.csv", ["name", "coefficient"], zip(names, w))
    report("diabetes_l1_10", apart, kkt(squares_slope(x, y, w), w, 10.0))


def diabetes_path(names, x, y):
    most = np.abs(x.T @ y).max() / len(y)
    # Rounded up, so that the file's first lambda still makes every coefficient 0.
    lambdas = np.ceil(np.geomspace(most, 1e-3 * most, 100) * 1e8) / 1e8
    path = lasso_path(x, y, alphas=lambdas, **TIGHT)[1].T
    w, ours, residuals = np.zeros(len(names)), [], []
    for l1 in lambdas:
        w = least_squares(x, y, l1, start=w)
        ours.append(w)
        residuals.append(kkt(squares_slope(x, y, w), w, l1))
    write("diabetes_path.csv", ["lambda", *names], [[l1, *w] for l1, w in zip(lambdas, ours)])
    report("diabetes_path", distance(ours, path), max(residuals))


def diabetes_elastic_net(names, x, y):
    rows, aparts, residuals = [], [], []
    for l in [0.3, 1.0, 3.0, 10.0, 30.0]:
        w = least_squares(x, y, l / 2, l / 2)
        rows.append([l, *w])
        aparts.append(distance(w, ElasticNet(alpha=l, l1_ratio=0.5, **TIGHT).fit(x, y).coef_))
        residuals.append(kkt(squares_slope(x, y, w), w, l / 2, l / 2))
    write("diabetes_elastic_net.csv", ["lambda", *names], rows)
    report("diabetes_elastic_net", max(aparts), max(residuals))


def block_descent(x, y, l):
    """Group lasso: each block takes steps of 1 over its own largest curvature."""
    gram, c = x.T @ x / len(y), x.T @ y / len(y)
    blocks = [(g, np.linalg.eigvalsh(gram[np.ix_(g, g)])[-1], l * np.sqrt(len(g))) for g in map(np.array, GROUPS)]
    w = np.zeros(len(c))
    for sweep in range(200_000):
        if sweep % 20 == 0 and group_kkt(gram @ w - c, w, l) <= 1e-13:
            break
        for g, most, threshold in blocks:
            z = w[g] - (gram[g] @ w - c[g]) / most
            size = np.linalg.norm(z)
            w[g] = z * (1 - threshold / most / size) if size > threshold / most else 0.0
    return w


def group_kkt(slope, w, l):
    worst = 0.0
    for g in GROUPS:
        size, threshold = np.linalg.norm(w[g]), l * np.sqrt(len(g))
        off = np.linalg.norm(slope[g] + threshold * w[g] / size) if size > 0 else np.linalg.norm(slope[g]) - threshold
        worst = max(worst, off)
    return worst


def diabetes_group(names, x, y):
    pointers = np.cumsum([0] + [len(g) for g in GROUPS]).astype(np.int32)
    members, sizes = np.concatenate(GROUPS).astype(np.int32), np.sqrt([len(g) for g in GROUPS])
    rows, aparts, residuals = [], [], []
    for l in [1.0, 3.0, 10.0]:
        w = block_descent(x, y, l)
        solver = GroupBCD(tol=1e-12, max_iter=1000, max_epochs=100_000)
        penalty = WeightedGroupL2(l, sizes, pointers, members)
        theirs = solver.solve(x, y, QuadraticGroup(pointers, members), penalty)[0]
        rows.append([l, *w])
        aparts.append(distance(w, theirs))
        residuals.append(group_kkt(squares_slope(x, y, w), w, l))
    write("diabetes_group.csv", ["lambda", *names], rows)
    report("diabetes_group", max(aparts), max(residuals))


def weighted(names, x, y):
    counts = (7 * np.arange(len(y)) + 3) % 4
    fit = Lasso(alpha=3.0, **TIGHT).fit(np.repeat(x, counts, axis=0), np.repeat(y, counts))
    # The same without repeats: weighted means and a weighted Gram matrix.
    share = counts / counts.sum()
    centred, response = x - share @ x, y - share @ y
    w = coordinate_descent((centred.T * share) @ centred, (centred.T * share) @ response, 3.0)
    intercept = share @ y - share @ x @ w
    slope = -(x.T * share) @ (y - fit.intercept_ - x @ fit.coef_)
    write("weighted.csv", ["lambda", "intercept", *names], [[3.0, fit.intercept_, *fit.coef_]])
    report("weighted", distance([fit.intercept_, *fit.coef_], [intercept, *w]), kkt(slope, fit.coef_, 3.0))


# Diabetes: penalties that are not convex.


def mcp(w, l):
    """Value, and derivative of the value by |w|."""
    size = np.minimum(np.abs(w), MCP_GAMMA * l)
    return l * size - size**2 / (2 * MCP_GAMMA), l - size / MCP_GAMMA


def mcp_prox(z, step, l):
    return np.where(np.abs(z) > MCP_GAMMA * l, z, soft(z, step * l) / (1 - step / MCP_GAMMA))


def scad(w, l):
    size, a = np.abs(w), SCAD_A
    middle, flat = size > l, size > a * l
    value = np.where(middle, (2 * a * l * size - size**2 - l**2) / (2 * (a - 1)), l * size)
    slope = np.where(middle, (a * l - size) / (a - 1), l)
    return np.where(flat, l**2 * (a + 1) / 2, value), np.where(flat, 0.0, slope)


def scad_prox(z, step, l):
    size, a = np.abs(z), SCAD_A
    middle = ((a - 1) * z - np.sign(z) * a * l * step) / (a - 1 - step)
    return np.where(size > a * l, z, np.where(size > (1 + step) * l, middle, soft(z, step * l)))


def proximal_gradient(x, y, prox, l):
    gram, c = x.T @ x / len(y), x.T @ y / len(y)
    step = 1 / np.linalg.eigvalsh(gram)[-1]
    w = np.zeros(len(c))
    for _ in range(200_000):
        new = prox(w - step * (gram @ w - c), step, l)
        if np.array_equal(new, w):
            break
        w = new
    return w


def quality(x, y, w, penalty, l):
    """Objective, and distance from stationarity."""
    value, slope = penalty(w, l)
    return np.sum((y - x @ w) ** 2) / (2 * len(y)) + value.sum(), kkt(squares_slope(x, y, w), w, slope)


def nonconvex(name, names, x, y, penalty, prox, make):
    rows, residuals, agreed = [], [], [0.0]
    for l in [1.0, 3.0, 10.0, 20.0]:
        theirs = AndersonCD(tol=1e-12, max_iter=1000, fit_intercept=False).solve(x, y, Quadratic(), make(l))[0]
        ours = proximal_gradient(x, y, prox, l)
        apart = np.abs(ours - theirs).max()
        same = apart < 1e-6
        if same:
            agreed.append(distance(ours, theirs))
        else:
            print(f"{name}: lambda {l:g}: two stationary points, {apart:.2g} apart")
        for solver, w in [("both", theirs)] if same else [("skglm", theirs), ("proximal_gradient", ours)]:
            objective, stationarity = quality(x, y, w, penalty, l)
            rows.append([l, solver, objective, stationarity, *w])
            residuals.append(stationarity)
    write(f"{name}.csv", ["lambda", "solver", "objective", "stationarity", *names], rows)
    report(name, max(agreed), max(residuals))


# Other losses.


def logistic_mean(eta):
    return 1 / (1 + np.exp(-eta))


def logistic_variance(eta):
    return logistic_mean(eta) * logistic_mean(-eta)


def logistic_loss(eta):
    return np.logaddexp(0, eta)


def breast_cancer_l1(names, x, y):
    rows, aparts, residuals = [], [], []
    w = np.zeros(len(names) + 1)
    for l in [0.1, 0.03, 0.01, 0.003, 0.001]:
        w, residual = proximal_newton(x, y, l, logistic_mean, logistic_variance, logistic_loss, w)
        saga = LogisticRegression(
            l1_ratio=1, C=1 / (len(y) * l), solver="saga", tol=1e-10, max_iter=100_000, random_state=0
        ).fit(np.ascontiguousarray(x), y)
        apart = distance(w, [*saga.intercept_, *saga.coef_[0]])
        print(f"breast_cancer_l1: lambda {l:g}: {apart:.2g} from saga after {saga.n_iter_[0]} rounds", flush=True)
        rows.append([l, *w])
        aparts.append(apart)
        residuals.append(residual)
    write("breast_cancer_l1.csv", ["lambda", "intercept", *names], rows[::-1])
    report("breast_cancer_l1", max(aparts), max(residuals))


def poisson_data():
    """200 rows of five correlated columns of different means and scales, and counts; written, to be read back."""
    random = np.random.RandomState(7)
    normal = random.standard_normal((200, 5))
    for j in range(1, 5):
        normal[:, j] = 0.5 * normal[:, j - 1] + np.sqrt(0.75) * normal[:, j]
    x = np.round(np.arange(5) + normal * [1.0, 0.2, 5.0, 1.0, 20.0], 4)
    y = random.poisson(np.exp(0.8 + normal @ [0.45, 0.0, -0.35, 0.0, 0.1]))
    names = [f"x{j}" for j in range(1, 6)]
    write("poisson_data.csv", [*names, "y"], np.column_stack([x, y]))


def poisson_by_scipy(x, y, l):
    """L-BFGS on the positive and negative parts, then a root of w - prox(w - slope)."""
    x = np.column_stack([np.ones(len(y)), x])
    d = x.shape[1]
    l1 = np.r_[0.0, np.full(d - 1, l)]

    def slope(w):
        return x.T @ (np.exp(x @ w) - y) / len(y)

    def split(parts):
        w = parts[:d] - parts[d:]
        value = np.mean(np.exp(x @ w) - y * (x @ w)) + np.r_[l1, l1] @ parts
        return value, np.r_[slope(w) + l1, -slope(w) + l1]

    rough = scipy.optimize.minimize(
        split, np.zeros(2 * d), jac=True, method="L-BFGS-B", bounds=[(0, None)] * (2 * d), options={"ftol": 0, "gtol": 1e-10}
    ).x
    rough = rough[:d] - rough[d:]
    w = scipy.optimize.root(lambda w: w - soft(w - slope(w), l1), rough, options={"xtol": 1e-14}).x
    return soft(w - slope(w), l1)


def poisson_l1():
    poisson_data()
    names, x, y = load(HERE / "poisson_data.csv")
    rows, aparts, residuals = [], [], []
    for l in [0.01, 0.05, 0.2]:
        start = np.r_[np.log(y.mean()), np.zeros(len(names))]
        w, residual = proximal_newton(x, y, l, np.exp, np.exp, np.exp, start)
        rows.append([l, *w])
        aparts.append(distance(w, poisson_by_scipy(x, y, l)))
        residuals.append(residual)
    write("poisson_l1.csv", ["lambda", "intercept", *names], rows)
    report("poisson_l1", max(aparts), max(residuals))


def main():
    names, x, y = load(DATA / "diabetes.csv")
    centred = y - y.mean()
    diabetes_l1_10(names, x, centred)
    diabetes_path(names, x, centred)
    diabetes_elastic_net(names, x, centred)
    nonconvex("diabetes_mcp", names, x, centred, mcp, mcp_prox, lambda l: MCPenalty(l, MCP_GAMMA))
    nonconvex("diabetes_scad", names, x, centred, scad, scad_prox, lambda l: SCAD(l, SCAD_A))
    diabetes_group(names, x, centred)
    weighted(names, x, y)
    poisson_l1()
    breast_cancer_l1(*load(DATA / "breast_cancer.csv"))


main()
