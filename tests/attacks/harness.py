"""What all attacks share: a small experiment on the built-in game, and the program as its users run it."""

import shutil
import subprocess
import time

EXPERIMENT = """
games = ["catch"]
seeds = [1]
[environment]
workers = 4
[teacher]
preset = "cleanrl"
frames = 4000
network = { conv = [4, 4, 4], hidden = 16 }
replay = 400
warmup = 100
batch = 4
epsilon_steps = 200
target_period = 50
log_every = 100
evaluation_every = 200
evaluation_episodes = 2
checkpoint_every = 40
[distillation]
hours = 4
steps_per_hour = 80
updates_per_hour = 40
memory = 200
batch = 4
evaluation_every = 1
evaluation_episodes = 1
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
# A machine that others keep busy gives the program a hundredth of its time.
LIMIT_S = 900


def experiment(folder):
    """Makes the experiment's file in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.toml").write_text(EXPERIMENT)
    return folder


def start(pd, folder, *arguments):
    """Starts the program on one thread; without arguments it runs the experiment."""
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


def run(pd, folder, *arguments):
    """Runs the program to its end: exit code and messages."""
    return finish(start(pd, folder, *arguments))


def content(folder, below=""):
    """Every file of learning and scoring with its bytes."""
    root = folder / "results/x"
    files = [path for path in (root / below).rglob("*") if path.is_file()]
    files = [path for path in files if path.name not in MEASURED and "report" not in path.relative_to(root).parts]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def straight(pd, root):
    """The folder of an undisturbed run, and its seconds."""
    folder, began = experiment(root / "straight"), time.monotonic()
    code, errors = run(pd, folder)
    assert code == 0, errors
    return folder, time.monotonic() - began


def copy(base, folder):
    """Replaces a folder by a copy of another one."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return folder


def is_fault(code, errors):
    """Whether the program crashed or hung."""
    return code not in (0, 1, 2) or "panicked" in errors
