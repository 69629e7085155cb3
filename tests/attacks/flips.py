"""Flipped bits: each must be noticed and said, or change nothing; a checkpoint's cost no more than the steps since the one before."""

import signal
import time

from harness import content, copy, experiment, finish, is_fault, run, start, straight

SAID = ("damaged", "not what was written")


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
    return folder


def bases(pd, root):
    """A finished run, a teacher in the middle, and students in the middle."""
    finished, _ = straight(pd, root)
    teacher = stopped(pd, experiment(root / "teacher"), "train/teacher/catch/seed-1",
                      "teachers/catch/seed-1/checkpoint/state.bin", "teachers/catch/seed-1/train.csv")
    students = copy(teacher, root / "students")
    code, errors = run(pd, students, "train", "x.toml")
    assert code == 0, errors
    stopped(pd, students, "distill/kl/catch/seed-1", "distillation/catch/seed-1/checkpoint/state.bin",
            "students/kl/catch/seed-1/train.csv")
    return finished, teacher, students


def reported(folder):
    """Everything that a report says, and everything else."""
    report = folder / "results/x/report"
    return {path.name: path.read_bytes() for path in report.iterdir()} | content(folder)


def outcome(code, errors, same):
    said = any(words in errors for words in SAID)
    if is_fault(code, errors):
        return "crashed or hung"
    if code == 0 and same:
        return "recovered, same results" if said else "without effect"
    return "noticed and said" if said or code != 0 and "results/x/" in errors else "SILENT"


def flips(pd, root, random_, count):
    finished, teacher, students = bases(pd, root)
    code, errors = run(pd, copy(finished, root / "again"), "report", "x.toml")
    assert code == 0, errors
    report, learned = reported(root / "again"), content(finished)
    kinds = [
        ("teacher's checkpoint", teacher, ["teachers/catch/seed-1/checkpoint/*"], "train"),
        ("students' checkpoint", students, ["distillation/catch/seed-1/checkpoint/*"], "distill"),
        ("logs of a training", teacher, ["teachers/catch/seed-1/*.csv"], "train"),
        ("teacher's weights", students, ["teachers/catch/seed-1/weights.safetensors"], "distill"),
        ("logs of finished work", finished, ["teachers/*/*/*.csv", "students/*/*/*/*.csv"], "report"),
        ("episodes and scores", finished, ["episodes.csv", "scores.csv"], "report"),
        ("settings and manifest", finished, ["experiment.toml", "manifest.json"], "report"),
    ]
    table, failed = {}, False
    for number in range(count):
        kind, base, patterns, command = kinds[number % len(kinds)]
        files = sorted(path for pattern in patterns for path in (base / "results/x").glob(pattern) if path.stat().st_size)
        victim = random_.choice(files).relative_to(base)
        folder = copy(base, root / "flipped")
        damaged = bytearray((folder / victim).read_bytes())
        bit = random_.randrange(8 * len(damaged))
        damaged[bit // 8] ^= 1 << bit % 8
        (folder / victim).write_bytes(damaged)
        code, errors = run(pd, folder, command, "x.toml")
        if command == "report":
            # The victim itself may stay as it is where no value changed.
            found = reported(folder) | {str(victim.relative_to("results/x")): None}
            same = all(found.get(name) in (bytes_, None) for name, bytes_ in report.items())
        else:
            found = content(folder, "teachers" if command == "train" else "students")
            same = all(learned.get(name) == bytes_ for name, bytes_ in found.items())
        what = outcome(code, errors, same)
        if what in ("SILENT", "crashed or hung"):
            failed = True
            print(f"flips: {victim} bit {bit}: {what}, exit code {code}: {errors.strip()[:300]}")
        table.setdefault(kind, {}).setdefault(what, 0)
        table[kind][what] += 1
    for kind, outcomes in table.items():
        print(f"flips: {kind}: " + ", ".join(f"{number} {name}" for name, number in sorted(outcomes.items())))
    return not failed
