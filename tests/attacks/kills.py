"""Kills at random moments: the results must be those of an undisturbed run."""

import shutil
import signal
import subprocess

from harness import content, experiment, start, straight


# Kills after which a run must have ended; ten is usual.
STAND = 200


def kills(pd, root, random_, count):
    folder, seconds = straight(pd, root)
    expected = content(folder)
    killed, runs, different, writing = 0, 0, [], 0
    while killed < count:
        folder = experiment(root / "killed")
        runs += 1
        # A run gets further with each start: kills come soon at first and later in the end.
        longest, before = seconds / 3, killed
        while True:
            if killed - before > STAND:
                print(f"kills: a run came to a stand: killed {STAND} times, it has not ended")
                return False
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
