#!/usr/bin/env python3
"""Changes one literal or operator of the shaders at a time and says which test notices; see docs/mutation.md.

    python3 tests/mutants/run.py [--sample N --seed S] [--only 3,17-20] [--jobs J] [--out FILE]
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "target"
HARMLESS = Path(__file__).with_name("harmless.tsv")

# Suites that judge a file, with the tests of each where not all do; the fastest first. A shared file is changed in Rust
# and in WGSL at once, so the CPU's tests say all there is to say; conformance holds drivers to definitions, both of which
# see the same formulas, so of those it says nothing.
FORMULAS = [["formulas"], ["mathematics", "laws::", "pytorch::"], ["mathematics", "verify::the_suite_passes_on_the_cpu"]]
SUITES = {
    "shaders/driver.wgsl": [["backends", "conformance::the_wgsl_driver"], ["backends", "gpu::", "segments::", "invariance::lanes_that"],
                            ["backends", "faults::a_fault_that_passes_leaves_no_trace"]],
    "shaders/step.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/penalty_step/in_loss.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/penalty_step/after_loss.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/penalty_step/proximal.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/penalty_step/truncated.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/penalty_step/decoupled.wgsl": [["backends", "conformance::pairs_of_members"]],
    "shaders/penalty_step/cumulative.wgsl": [["backends", "conformance::pairs_of_members"]],
    "shaders/penalty_step/sticky.wgsl": [["backends", "conformance::pairs_of_members"]],
    "shaders/penalty_step/proximal_plain.wgsl": [["backends", "conformance::pairs_of_members"]],
    "shaders/penalty_step/in_factors.wgsl": [["backends", "conformance::pairs_of_members"]],
    "shaders/prelude.wgsl": [["backends", "conformance::the_wgsl_driver"]],
    "shaders/probe.wgsl": [["backends", "probe::"]],
    "shaders/verdict.wgsl": [["formulas", "bits", "fates"], ["mathematics", "statistics::octaves_end"], ["mathematics", "laws::"],
                             ["backends", "segments::"], ["backends", "conformance::every_vector", "conformance::replay"]],
}

# Negative controls put wrong text in the place of known text: on any other text they fail, whatever it means.
CONTROLS = ["caught"]

# Far beyond what any suite takes: a mutant that hangs is one that is noticed.
TIMEOUT = 400


def build():
    """The test binaries by suite, and the list of mutants."""
    command = ["cargo", "test", "--locked", "--features", "mutants", "--no-run", "--message-format", "json"]
    suites = sorted({suite[0] for suites in [FORMULAS, *SUITES.values()] for suite in suites} | {"mutants"})
    command += [word for suite in suites for word in ("--test", suite)]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found = [m for m in messages if m.get("executable") and m["profile"]["test"]]
    binaries = {m["target"]["name"]: m["executable"] for m in found}
    listed = subprocess.run([binaries["mutants"]], stdout=subprocess.PIPE, check=True, text=True).stdout
    fields = ("number", "file", "line", "change", "status")
    return binaries, [dict(zip(fields, line.split("\t"))) for line in listed.splitlines()]


def first_failure(binary, tests, number):
    """The name of a test that fails under a mutant, as soon as it does; None where all pass."""
    skips = [word for name in CONTROLS for word in ("--skip", name)]
    environment = {**os.environ, "ZEROSWEEP_MUTANT": str(number), "ZEROSWEEP_REQUIRE_GPU": "1"}
    process = subprocess.Popen([binary, *tests, *skips], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    late = threading.Event()
    watch = threading.Timer(TIMEOUT, lambda: (late.set(), os.killpg(process.pid, signal.SIGKILL)))
    watch.start()
    try:
        for line in process.stdout:
            if line.startswith("test ") and line.rstrip().endswith("FAILED"):
                os.killpg(process.pid, signal.SIGKILL)
                return line.split()[1]
        if process.wait() == 0:
            return None
        return "(hangs)" if late.is_set() else "(crashes)"
    finally:
        watch.cancel()
        process.stdout.close()
        process.wait()


def judge(binaries, mutant):
    """Fills in `by`: the suite and test that caught the mutant, or nothing."""
    start = time.monotonic()
    mutant["by"] = ""
    if mutant["status"] == "valid":
        mutant["status"] = "survived"
        for suite, *tests in SUITES.get(mutant["file"], FORMULAS):
            if test := first_failure(binaries[suite], tests, mutant["number"]):
                mutant.update(status="caught", by=f"{suite}::{test}")
                break
    mutant["seconds"] = f"{time.monotonic() - start:.1f}"
    return mutant


def harmless():
    """Changes that no test needs to catch, with the reason."""
    lines = HARMLESS.read_text().splitlines() if HARMLESS.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {(file, change): reason for file, change, reason in rows}


def chosen(mutants, options):
    if options.only:
        spans = [span.partition("-") for span in options.only.split(",")]
        wanted = {n for low, _, high in spans for n in range(int(low), int(high or low) + 1)}
        return [m for m in mutants if int(m["number"]) in wanted]
    if options.sample:
        # By a hash of each, so that a change to one file leaves the sample of the others as it is.
        valid = [m for m in mutants if m["status"] == "valid"]
        key = lambda m: hashlib.sha256(f"{options.seed} {m['file']} {m['change']}".encode()).digest()
        kept = sorted(valid, key=key)[: options.sample]
        return [m for m in valid if m in kept]
    return mutants


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def report(mutants, known, file=sys.stdout):
    print("| file | mutants | caught | share | harmless | share of the rest |\n|---|---|---|---|---|---|", file=file)
    files = sorted({m["file"] for m in mutants})
    for name in [*files, "all"]:
        real = [m for m in mutants if name in (m["file"], "all") and m["status"] in ("caught", "survived")]
        caught = sum(m["status"] == "caught" for m in real)
        excused = sum(m["status"] == "survived" and (m["file"], m["change"]) in known for m in real)
        row = [name, len(real), caught, share(caught, len(real)), excused, share(caught, len(real) - excused)]
        print("| " + " | ".join(map(str, row)) + " |", file=file)
    print(f"\n{sum(m['status'] == 'invalid' for m in mutants)} more are no WGSL.", file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, help="take so many mutants, spread over all files")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--only", help="take these numbers, as in 3,17-20")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=TARGET / "mutants.tsv")
    options = parser.parse_args()
    binaries, mutants = build()
    for suite, *tests in sorted({tuple(suite) for suites in [FORMULAS, *SUITES.values()] for suite in suites}):
        if test := first_failure(binaries[suite], tests, 0):
            sys.exit(f"{suite}::{test} fails as things are")
    mutants = chosen(mutants, options)
    known = harmless()
    done = []
    with ThreadPoolExecutor(options.jobs) as pool, options.out.open("w") as out:
        for mutant in pool.map(lambda m: judge(binaries, m), mutants):
            done.append(mutant)
            print("\t".join(mutant.values()), file=out, flush=True)
            if mutant["status"] == "survived" and (mutant["file"], mutant["change"]) not in known:
                print(f"survived: {mutant['number']}, {mutant['file']}:{mutant['line']}: {mutant['change']}", flush=True)
    report(done, known)
    unexplained = [m for m in done if m["status"] == "survived" and (m["file"], m["change"]) not in known]
    sys.exit(bool(unexplained))


if __name__ == "__main__":
    main()
