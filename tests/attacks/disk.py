"""A small file system that fills up: once there is space again, the results must be those of an undisturbed run."""

import shutil
import subprocess

from harness import content, experiment, is_fault, run, straight


def disk(pd, root, random_, count):
    expected = content(straight(pd, root)[0])
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
            code, errors = run(pd, folder)
            full += code != 0
            good &= not is_fault(code, errors)
            ballast.unlink()
            code, errors = run(pd, folder)
            same = content(folder) == expected
            if code != 0 or not same:
                good = False
                print(f"disk: exit code {code}, same results: {same}: {errors.strip()[:300]}")
            shutil.rmtree(folder)
    finally:
        subprocess.run(["umount", mount], check=False)
    print(f"disk: {count} runs, {full} of them stopped by a full disk; all went on to the same results: {good}")
    return good
