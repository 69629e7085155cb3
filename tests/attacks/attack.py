#!/usr/bin/env python3
"""Attacks the program: kills, flipped bits, a full disk, hostile files. Prints what it measured; exit 1 if anything was lost or
silently wrong.

    tests/attacks/attack.py PD [kills|flips|disk|files ...] [--count N] [--seed S]

The experiments play the built-in game, so that no ROM is needed. With the same seed the same bits are flipped; kills depend
on the machine's speed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """
games = ["catch"]
seeds = [1]
[environment]
workers = 4
[teacher]
preset = "cleanrl"
frames = 6000
network = { conv = [4, 4, 4], hidden = 16 }
replay = 400
warmup = 100
batch = 8
epsilon_steps = 200
target_period = 50
log_every = 100
evaluation_every = 200
evaluation_episodes = 2
checkpoint_every = 40
[distillation]
hours = 4
steps_per_hour = 160
updates_per_hour = 60
memory = 200
batch = 8
evaluation_every = 1
evaluation_episodes = 2
checkpoint_every = 1
[evaluation]
episodes = 3
workers = 2
latency_decisions = 5
[[students]]
name = "kl"
network = { conv = [2, 2, 2], hidden = 8 }
[[students]]
name = "mse"
network = { conv = [2, 2, 2], hidden = 8 }
loss = "mse"
"""
# Files that tell of the machine and its clock.
MEASURED = ("manifest.json", "scores.csv")
LIMIT_S = 120


def experiment(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.toml").write_text(EXPERIMENT)
    return folder


def start(pd, folder, *arguments):
    command = [pd, *(arguments or ("run", "x.toml")), "--threads", "1"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Exit code and messages; None if the program hangs."""
    try:
        _, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None, "it hangs"
    return process.returncode, errors


def content(folder):
    """Every file of learning and scoring with its bytes."""
    root = folder / "results/x"
    files = [path for path in root.rglob("*") if path.is_file()]
    files = [path for path in files if path.name not in MEASURED and "report" not in path.relative_to(root).parts]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def straight(pd, root):
    """The results of an undisturbed run, and its seconds."""
    folder, began = experiment(root / "straight"), time.monotonic()
    code, errors = finish(start(pd, folder))
    assert code == 0, errors
    return content(folder), time.monotonic() - began


def kills(pd, root, random_, count):
    expected, seconds = straight(pd, root)
    killed, runs, different, writing = 0, 0, [], 0
    while killed < count:
        folder = experiment(root / f"kills-{runs}")
        runs += 1
        # A run gets further with each start: kills come soon at first and later in the end.
        longest = seconds / 3
        while True:
            process = start(pd, folder)
            try:
                process.communicate(timeout=random_.uniform(0.05, longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
                longest *= 1.02
                names = [path.name for path in (folder / "results").rglob(".*")]
                writing += any(name.startswith((".tmp", ".new-")) for name in names)
                continue
            break
        found = content(folder)
        different += [name for name in sorted(expected | found) if expected.get(name) != found.get(name)]
        shutil.rmtree(folder)
    files = runs * len(expected)
    print(f"kills: {killed} kills in {runs} runs, {writing} while a file was written; {len(different)} of {files} files "
          f"differ or were left behind {sorted(set(different))}")
    return not different


def stopped(pd, folder, task, state, log):
    """Runs a task and stops it when it has logged and has written a checkpoint again; there is one before then."""
    state, log = folder / "results/x" / state, folder / "results/x" / log
    process, seen = start(pd, folder, "run", "x.toml", "--task", task), set()
    while process.poll() is None:
        if state.exists():
            seen.add(state.stat().st_mtime_ns)
        if len(seen) > 2 and log.exists() and log.read_text().count("\n") > 2:
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    code, errors = finish(process)
    assert code == 130 and state.exists(), f"it was not stopped in time: {code} {errors}"


def flips(pd, root, random_, count):
    expected, _ = straight(pd, root)
    failed, table = False, {}
    teacher, students = root / "teacher", root / "students"
    experiment(teacher)
    stopped(pd, teacher, "train/teacher/catch/seed-1", "teachers/catch/seed-1/checkpoint/state.bin",
            "teachers/catch/seed-1/train.csv")
    shutil.copytree(teacher, students)
    code, errors = finish(start(pd, students, "train", "x.toml"))
    assert code == 0, errors
    stopped(pd, students, "distill/kl/catch/seed-1", "distillation/catch/seed-1/checkpoint/state.bin",
            "students/kl/catch/seed-1/train.csv")
    finished = root / "straight"
    kinds = [
        ("teacher's checkpoint", teacher, "teachers/catch/seed-1/checkpoint/*"),
        ("students' checkpoint", students, "distillation/catch/seed-1/checkpoint/*"),
        ("logs of a training", teacher, "teachers/catch/seed-1/*.csv"),
        ("teacher's weights", students, "teachers/catch/seed-1/weights.safetensors"),
    ]
    for number in range(count):
        kind, base, pattern = kinds[number % len(kinds)]
        files = sorted(path for path in (base / "results/x").glob(pattern) if path.stat().st_size)
        if not files:
            continue
        victim = random_.choice(files).relative_to(base)
        folder = root / "flipped"
        shutil.copytree(base, folder)
        damaged = bytearray((folder / victim).read_bytes())
        bit = random_.randrange(8 * len(damaged))
        damaged[bit // 8] ^= 1 << bit % 8
        (folder / victim).write_bytes(damaged)
        process = start(pd, folder)
        code, errors = finish(process)
        found = content(folder)
        same = all(found.get(name) == bytes_ for name, bytes_ in expected.items())
        said = "damaged" in errors or "not what was written" in errors
        if code is None or code not in (0, 1, 2) or "panicked" in errors:
            outcome = "crashed or hung"
        elif code == 0 and same:
            outcome = "recovered, same results" if said else "without effect"
        elif said or code != 0 and "results/x/" in errors:
            outcome = "noticed and said"
        else:
            outcome = "SILENT"
        if outcome in ("SILENT", "crashed or hung"):
            failed = True
            print(f"flips: {victim} bit {bit}: {outcome}, exit code {code}: {errors.strip()[:300]}")
        table.setdefault(kind, {}).setdefault(outcome, 0)
        table[kind][outcome] += 1
        shutil.rmtree(folder)
    for kind, outcomes in table.items():
        print(f"flips: {kind}: " + ", ".join(f"{number} {name}" for name, number in sorted(outcomes.items())))
    assert finished.exists()
    return not failed


def disk(pd, root, random_, count):
    """Runs on a small file system that fills up, then again with space: the results must be those of a straight run."""
    expected, _ = straight(pd, root)
    mount = root / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", mount], stderr=subprocess.DEVNULL).returncode:
        print("disk: not measured: this user may not mount a file system")
        return True
    good, full = True, 0
    try:
        for _ in range(count):
            folder = experiment(mount / "run")
            ballast = mount / "ballast"
            free = shutil.disk_usage(mount).free
            ballast.write_bytes(bytes(max(0, free - random_.randrange(10_000, 1_500_000))))
            code, errors = finish(start(pd, folder))
            full += code != 0
            good &= code in (0, 1, 2) and "panicked" not in errors
            ballast.unlink()
            code, errors = finish(start(pd, folder))
            same = content(folder) == expected
            if code != 0 or not same:
                good = False
                print(f"disk: exit code {code}, same results: {same}: {errors.strip()[:300]}")
            shutil.rmtree(folder)
    finally:
        subprocess.run(["umount", mount], check=False)
    print(f"disk: {count} runs, {full} of them stopped by a full disk; all went on to the same results: {good}")
    return good


NUMBERS = ["0", "-1", "1e308", "nan", "2147483648", "9223372036854775807", "4000000000", "[]", '"x"', "true", "{}", "1e-9"]


def hostile(random_, weights):
    """The bytes of an experiment or of weights with some changes."""
    is_weights = random_.random() < 0.5
    if not is_weights and random_.random() < 0.7:
        lines = EXPERIMENT.splitlines()
        for _ in range(random_.randrange(1, 3)):
            place = random_.choice([place for place, line in enumerate(lines) if " = " in line])
            lines[place] = lines[place].split(" = ")[0] + " = " + random_.choice(NUMBERS)
        return "\n".join(lines).encode()
    mutated = bytearray(weights if is_weights else EXPERIMENT.encode())
    if is_weights:
        # As files without a digest: every change must be noticed by what it does.
        mutated = mutated.replace(b'"data_sha256"', b'"data_sha25x"').replace(b'"metadata_sha256"', b'"metadata_sha25x"')
    header = min(len(mutated), 1500)
    for _ in range(random_.randrange(1, 4)):
        place = random_.randrange(min(header, len(mutated)))
        how = random_.randrange(4)
        if how == 0:
            mutated[place] = random_.randrange(256)
        elif how == 1:
            del mutated[place:place + random_.randrange(1, 20)]
        elif how == 2:
            mutated[place:place] = random_.randbytes(random_.randrange(1, 50))
        else:
            digits = [place for place in range(8, min(header, len(mutated))) if chr(mutated[place]).isdigit()]
            if digits:
                place = random_.choice(digits)
                mutated[place:place + 1] = random_.choice(NUMBERS).encode()
        if not mutated:
            mutated = bytearray(b"x")
    if is_weights and random_.random() < 0.7:
        # The length of the header fits again.
        end = mutated.find(b"}}") + 2
        while 0 < end - 2 and chr(mutated[end:end + 1][0] if mutated[end:end + 1] else 0) == " ":
            end += 1
        mutated[:8] = struct.pack("<Q", max(0, end - 8))
    return bytes(mutated)


def files(pd, root, random_, count):
    """Reads hostile experiment files and weights; each must be read or refused, in seconds and without a panic."""
    straight(pd, root)
    weights = (root / "straight/results/x/teachers/catch/seed-1/weights.safetensors").read_bytes()
    outcomes, bad, slowest = {}, 0, 0.0
    for _ in range(count):
        content_ = hostile(random_, weights)
        is_weights = b"__metadata__" in content_[:64] or content_[8:9] == b"{"
        path = root / ("hostile.safetensors" if is_weights else "hostile.toml")
        path.write_bytes(content_)
        command = ["export", path.name, "--out", "half.safetensors"] if is_weights else ["plan", path.name]
        began = time.monotonic()
        code, errors = finish(start(pd, root, *command))
        slowest = max(slowest, time.monotonic() - began)
        outcomes[code] = outcomes.get(code, 0) + 1
        if code not in (0, 1, 2) or "panicked" in errors:
            bad += 1
            kept = Path(tempfile.gettempdir()) / f"hostile-{bad}{path.suffix}"
            kept.write_bytes(content_)
            print(f"files: {kept}: exit code {code}: {errors.strip()[:300]}")
    print(f"files: {count} hostile files, exit codes {json.dumps(outcomes)}, {bad} panics or hangs, slowest {slowest:.1f} s")
    return bad == 0


ATTACKS = {"kills": (kills, 100), "flips": (flips, 100), "disk": (disk, 10), "files": (files, 300)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pd", help="the program")
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="all by default")
    parser.add_argument("--count", type=int, help="kills, bits, full disks or files, instead of the default of each attack")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    good = True
    for name in arguments.attacks or ATTACKS:
        attack, count = ATTACKS[name]
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="pd-attack-") as root:
            good &= attack(os.path.abspath(arguments.pd), Path(root), random.Random(arguments.seed), arguments.count or count)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
