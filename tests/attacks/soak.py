#!/usr/bin/env python3
"""Trains in the paper's ten games on four threads for half an hour, and watches resident memory and open files. Exit 1 if they
grow.

    tests/attacks/soak.py PD [--minutes N]
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Evaluations, checkpoints and logs come often; no training ends before it is stopped.
EXPERIMENT = """
games = ["beam_rider", "breakout", "enduro", "freeway", "ms_pacman", "pong", "qbert", "riverraid", "seaquest", "space_invaders"]
seeds = [1]
[environment]
workers = 4
[teacher]
algorithm = "pqn"
frames = 400_000_000
network = { conv = [4, 8, 8], hidden = 32 }
log_every = 500
evaluation_every = 4000
evaluation_episodes = 1
checkpoint_every = 2000
"""
SECONDS_BETWEEN = 5
# The first fifth is left out: memories and caches fill. Memory may grow by this share between the next fifth and the last.
MOST_GROWTH = 0.02


def watch(process, seconds):
    """Resident memory in MB and number of open files, every few seconds."""
    page, samples, end = os.sysconf("SC_PAGE_SIZE"), [], time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(SECONDS_BETWEEN)
        assert process.poll() is None, f"it ended with {process.returncode}"
        proc = Path(f"/proc/{process.pid}")
        resident = int((proc / "statm").read_text().split()[1]) * page / 2**20
        samples.append((resident, len(os.listdir(proc / "fd"))))
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pd", help="the program")
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    # ROMs are found beside the working directory of the checkout.
    checkout = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="pd-soak-") as root:
        file, out = Path(root) / "soak.toml", Path(root) / "out"
        file.write_text(EXPERIMENT)
        command = [os.path.abspath(arguments.pd), "train", file, "--out", out, "--threads", "4", "--jobs", "10", "--quiet"]
        process = subprocess.Popen(command, cwd=checkout)
        samples = watch(process, 60 * arguments.minutes)
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=120)
        steps = sum(int(log.read_text().splitlines()[-1].split(",")[0]) for log in out.glob("teachers/*/*/train.csv"))
    fifth = len(samples) // 5
    memory, files = ([[sample[column] for sample in samples[part * fifth:(part + 1) * fifth]] for part in range(5)]
                     for column in range(2))
    early, late = statistics.mean(memory[1]), statistics.mean(memory[4])
    most_files = [max(part) for part in files]
    good = code == 130 and late <= early * (1 + MOST_GROWTH) and most_files[4] <= most_files[1]
    print(f"soak: {arguments.minutes:g} minutes, {steps} steps in ten games; resident memory by fifths of the time "
          f"{', '.join(f'{statistics.mean(part):.0f}' for part in memory)} MB (at most {max(map(max, memory)):.0f}), most open files "
          f"{most_files}; exit code {code} after SIGTERM: {'no growth' if good else 'GROWTH'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
