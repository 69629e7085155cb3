"""What a comparison is, and how its sides are measured in turn."""

import json
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Callable, NamedTuple

PD = Path(__file__).resolve().parents[2] / "target/release/pd"
THREADS = 2


class Comparison(NamedTuple):
    """One kind of work. `ours` are the arguments of `pd bench` that measure it; `peers` are functions that measure it
    once, by name. Figures are rates, more being better, or times, if the unit is a time."""

    work: str
    unit: str
    ours: list
    peers: dict

    @property
    def is_time(self):
        return self.unit in ("ms", "s")


def measure_ours(arguments, seconds):
    command = [PD, "bench", *arguments, "--json", "--repeats", "1", "--seconds", str(seconds)]
    if "--threads" not in arguments:
        command += ["--threads", str(THREADS)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    (figure,) = json.loads(result.stdout)["results"]
    return figure["value"]


def rows(comparison, rounds, seconds):
    """A row of the table for each peer. Machines drift within minutes, so each round measures all sides one after
    another, and what is told is the median of the rounds' ratios."""
    ours, theirs = [], {name: [] for name in comparison.peers}
    for measure in comparison.peers.values():
        measure()  # once without counting; pd does the same
    for _ in range(rounds):
        ours.append(measure_ours(comparison.ours, seconds))
        for name, measure in comparison.peers.items():
            theirs[name].append(measure())
    for name, values in theirs.items():
        ratios = [b / a if comparison.is_time else a / b for a, b in zip(ours, values)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        figures = f"{median(ours):.4g} | {median(values):.4g} | {comparison.unit}"
        yield f"| {comparison.work} | {name} | {figures} | {median(ratios):.2f} | {spread} |"


def rate(work, seconds):
    """How many of what `work` counts are done per second."""
    start, done = time.perf_counter(), 0
    while True:
        done += work()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return done / elapsed


def once(work):
    """For `rate`: `work` as one of what is counted."""

    def counted():
        work()
        return 1

    return counted
