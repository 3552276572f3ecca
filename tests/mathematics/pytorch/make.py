#!/usr/bin/env python3
"""Writes trajectories.csv: every step of each case of cases.toml as PyTorch or scikit-learn takes it, in float64.

    pip install torch numpy scikit-learn; python3 tests/mathematics/pytorch/make.py
"""

import csv
import tomllib
from pathlib import Path

import numpy
import torch
from sklearn.linear_model import SGDRegressor

HERE = Path(__file__).parent


def f32(value):
    """The nearest float32, as float64."""
    return float(numpy.float32(value))


def optimizer_of(table, lam, weight):
    """PyTorch's optimizer for a case, its other arguments as they stand by default."""
    table = {key: value if isinstance(value, str) else f32(value) for key, value in table.items()}
    rate = {"lr": table["learning_rate"]}
    betas = {"betas": (table.get("beta1", f32(0.9)), table.get("beta2", f32(0.999)))}
    epsilon = {"eps": table.get("epsilon", f32(1e-10 if table["kind"] == "adagrad" else 1e-8))}
    match table["kind"], table.get("penalty_step"):
        case "subgradient", _:
            return torch.optim.SGD([weight], **rate)
        case "heavy_ball", _:
            return torch.optim.SGD([weight], **rate, momentum=table["momentum"])
        case "nesterov", _:
            return torch.optim.SGD([weight], **rate, momentum=table["momentum"], nesterov=True)
        case "adam", "decoupled":
            # The decay of lambda w^2, whose slope is 2 lambda w.
            return torch.optim.AdamW([weight], **rate, **betas, **epsilon, weight_decay=2 * lam)
        case "adam", _:
            return torch.optim.Adam([weight], **rate, **betas, **epsilon)
        case "amsgrad", _:
            return torch.optim.Adam([weight], **rate, **betas, **epsilon, amsgrad=True)
        case "rmsprop", _:
            return torch.optim.RMSprop([weight], **rate, alpha=table.get("alpha", f32(0.99)), **epsilon)
        case "adagrad", _:
            return torch.optim.Adagrad([weight], **rate, **epsilon)


def of_scikit_learn(table, lam, steps, target, start):
    """SGD with one sample; L1 as Tsuruoka, Tsujii and Ananiadou have it. Every pass is one step, and q and u go on through all."""
    rate = f32(table["learning_rate"])
    schedule = {"learning_rate": "invscaling", "power_t": 0.5} if "schedule" in table else {"learning_rate": "constant"}
    for passes in range(1, steps + 1):
        model = SGDRegressor(
            penalty="l1", alpha=lam, eta0=rate, **schedule, fit_intercept=False, shuffle=False, max_iter=passes, tol=None
        )
        model.fit(numpy.ones((1, 1)), numpy.array([target]), coef_init=numpy.array([start]))
        yield model.coef_[0]


def trajectory(case, steps, curvature, target, start):
    lam, k = f32(case["penalty"]["lambda"]), case["penalty"]["k"]
    if case["optimizer"].get("penalty_step") == "cumulative":
        yield from of_scikit_learn(case["optimizer"], lam, steps, target, start)
        return
    weight = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = optimizer_of(case["optimizer"], lam, weight)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = curvature / 2 * (weight - target) ** 2
        if case["optimizer"].get("penalty_step") != "decoupled":
            loss = loss + lam * weight.abs() ** k
        loss.backward()
        optimizer.step()
        yield weight.item()


def main():
    cases = tomllib.loads((HERE / "cases.toml").read_text())
    steps = cases.pop("steps")
    curvature, target, start = (f32(cases.pop(key)) for key in ("curvature", "target", "start"))
    courses = {
        name: list(trajectory(case, steps, f32(case.get("curvature", curvature)), target, start))
        for name, case in cases.items()
    }
    with open(HERE / "trajectories.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["step", *courses])
        for step, weights in enumerate(zip(*courses.values()), start=1):
            rows.writerow([step, *(f"{weight:.15g}" for weight in weights)])


if __name__ == "__main__":
    main()
