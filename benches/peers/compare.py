"""Measures this project against its peers on this machine, in turn, and writes a Markdown table.

    python3 benches/peers/compare.py [--rounds N] [--out FILE] [emulation] [dqn] [pqn] [distillation] [inference] [language]

The peers are installed (some 6 GB, 5 minutes) into the cache folder of scripts/setup.py, once.
"""

import argparse
import importlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUBJECTS = ["emulation", "dqn", "pqn", "distillation", "inference", "language"]
SECONDS = {"emulation": 1.0, "dqn": 5.0, "pqn": 10.0, "distillation": 2.0, "inference": 0.5, "language": 2.0}
HEADER = """| work | peer | ours | peer's | unit | ratio | range of ratios |
|---|---|---:|---:|---|---:|---|"""


def cache_folder():
    sys.path.insert(0, str(HERE.parents[1] / "scripts"))
    return importlib.import_module("setup").cache_folder()


def python_of_peers():
    """The Python that has the peers; installed under another name and then renamed, so it is whole or absent."""
    folder = cache_folder() / "peers"
    if not folder.is_dir():
        part = folder.with_name(f"part-peers-{os.getpid()}")
        print(f"Installing the peers into {folder}", file=sys.stderr, flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", part], check=True)
            pip = [part / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--no-cache-dir", "-r", HERE / "requirements.txt"], check=True)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder / "bin/python"


def table(subjects, rounds):
    """The table's lines, as they are measured."""
    import torch

    from comparison import THREADS, rows

    torch.set_num_threads(THREADS)
    yield f"{platform.machine()}, {os.cpu_count()} cores; medians of {rounds} rounds; a ratio above 1 is in our favour"
    yield f"\n{HEADER}"
    for subject in subjects:
        module = importlib.import_module(subject)
        torch.set_num_threads(THREADS)
        for comparison in module.comparisons(SECONDS[subject]):
            yield from rows(comparison, rounds, SECONDS[subject])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    python = python_of_peers()
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [str(python), "-B", __file__, *sys.argv[1:]])
    lines = []
    for line in table(arguments.subjects or SUBJECTS, arguments.rounds):
        print(line, flush=True)
        lines.append(line)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
