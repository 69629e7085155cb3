"""Hostile files: each must be read or refused, in seconds, without a panic, in little memory."""

import json
import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from harness import EXPERIMENT, LIMIT_S, is_fault, start, straight

# Most memory, in bytes, that reading a file may take.
MOST_MEMORY = 500 << 20

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


def measured(process):
    """Exit code, messages, and the peak of memory in bytes of a program that is started; code None if it hangs."""
    began = time.monotonic()
    while time.monotonic() - began < LIMIT_S:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, process.stderr.read(), usage.ru_maxrss << 10
        time.sleep(0.002)
    process.kill()
    process.communicate()
    return None, "it hangs", 0


def files(pd, root, random_, count):
    """Files for the program itself."""
    folder, _ = straight(pd, root)
    weights = (folder / "results/x/teachers/catch/seed-1/weights.safetensors").read_bytes()
    outcomes, bad, slowest, most = {}, 0, 0.0, 0
    for _ in range(count):
        content_ = hostile(random_, weights)
        is_weights = b"__metadata__" in content_[:64] or content_[8:9] == b"{"
        path = root / ("hostile.safetensors" if is_weights else "hostile.toml")
        path.write_bytes(content_)
        command = ["export", path.name, "--half", "--out", "half.safetensors"] if is_weights else ["plan", path.name]
        began = time.monotonic()
        code, errors, memory = measured(start(pd, root, *command))
        slowest, most = max(slowest, time.monotonic() - began), max(most, memory)
        outcomes[code] = outcomes.get(code, 0) + 1
        if is_fault(code, errors) or memory > MOST_MEMORY:
            bad += 1
            kept = Path(tempfile.gettempdir()) / f"hostile-{bad}{path.suffix}"
            kept.write_bytes(content_)
            print(f"files: {kept}: exit code {code}, {memory >> 20} MB: {errors.strip()[:300]}")
    print(f"files: {count} hostile files, exit codes {json.dumps(outcomes)}, {bad} panics, hangs or beyond 500 MB; slowest "
          f"{slowest:.1f} s, most memory {most >> 20} MB")
    return bad == 0


def tests_program():
    """The program of the crate's tests; it is built if need be."""
    command = ["cargo", "test", "--release", "--locked", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    messages = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
    return next(message["executable"] for message in messages
                if message.get("target", {}).get("name") == "tests" and message.get("executable"))


def inputs(pd, root, random_, count):
    """Files for the parsers, by the property tests of tests/parsers.rs with more cases than the suite has."""
    properties = 6
    environment = dict(os.environ, PD_CASES=str(-(-count // properties)), PD_SEED=str(random_.getrandbits(63)))
    program = os.environ.get("PD_TESTS") or tests_program()
    process = subprocess.Popen([program, "parsers", "--test-threads", "1"], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    began, said = time.monotonic(), process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    most = usage.ru_maxrss >> 10
    good = process.returncode == 0 and most < MOST_MEMORY >> 20
    print(f"inputs: {count} inputs for six parsers in {time.monotonic() - began:.0f} s, most memory {most} MB, "
          + ("none panicked or hung" if good else said[-2000:]))
    return good
