#!/usr/bin/env python3
"""Attacks the program: kills, flipped bits, a full disk, hostile files. Prints what it measured; exit 1 if anything was lost or
silently wrong.

    tests/attacks/attack.py PD [kills|flips|disk|files|inputs ...] [--full] [--count N] [--seed S]

The experiments play the built-in game, so that no ROM is needed. With the same seed the same bits are flipped; kills depend
on the machine's speed.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from disk import disk
from flips import flips
from hostile import files, inputs
from kills import kills

# Each attack with its count in minutes, and with --full.
ATTACKS = {
    "kills": (kills, 100, 1000),
    "flips": (flips, 140, 1000),
    "disk": (disk, 10, 50),
    "files": (files, 200, 2000),
    "inputs": (inputs, 24_000, 100_000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pd", help="the program")
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="all by default")
    parser.add_argument("--full", action="store_true", help="1,000 kills, 1,000 flipped bits, 100,000 inputs")
    parser.add_argument("--count", type=int, help="kills, bits, full disks, files or inputs, instead of an attack's own count")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    good = True
    for name in arguments.attacks or ATTACKS:
        attack, minutes, full = ATTACKS[name]
        count, began = arguments.count or (full if arguments.full else minutes), time.monotonic()
        with tempfile.TemporaryDirectory(prefix="pd-attack-") as root:
            good &= attack(os.path.abspath(arguments.pd), Path(root), random.Random(arguments.seed), count)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
