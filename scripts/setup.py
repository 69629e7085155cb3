"""Installs what cargo needs to build the program: libtorch, the emulator (ALE) and the ROMs.

They go into a cache outside the checkout, one folder each, which all checkouts on the machine share. The checkout gets
links to them in .deps, where .cargo/config.toml and build.rs look, and copies of the ROMs in roms. A folder of the
cache is whole or absent: it is filled under another name and then renamed.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from download import pip_download, pip_download_source, unpack, unpack_source
from packages import ALE, ALE_SOURCE, CMAKE, ROMS, TORCH, TORCH_PACKAGES, Failure

GIB = 2**30
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "policy-distillation"


@contextlib.contextmanager
def locked_staging(cache):
    """An empty folder in the cache, while no other set-up on this machine installs anything."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = open(cache / "lock", "w")
    except OSError as error:
        raise Failure(
            f"The cache folder {cache} cannot be written ({error.strerror}); make it writable, "
            "or set XDG_CACHE_HOME to a folder that is."
        )
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running on this machine; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left_by_a_killed_one in cache.glob("part-*"):
            shutil.rmtree(left_by_a_killed_one, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="part-", dir=cache) as folder:
            yield Path(folder)


def install(package, cache):
    """The package's folder in the cache, filled if it is not there yet."""
    target = cache / package.folder
    if target.is_dir():
        return target
    with locked_staging(cache) as part:
        if target.is_dir():  # by the set-up that held the lock before
            return target
        check_pip()
        free = shutil.disk_usage(cache).free / GIB
        if free < package.space:
            raise Failure(
                f"{package.name} needs {package.space:g} GiB in {cache} and {free:.1f} GiB are free; make room, "
                "or set XDG_CACHE_HOME to a folder on another disk."
            )
        print(f"Downloading {package.name}, about {package.download}, into {target}", flush=True)
        (part / "tree").mkdir()
        for requirement in package.requirements:
            archive = (pip_download_source if package.source else pip_download)(requirement, part)
            (unpack_source if package.source else unpack)(archive, part / "tree", package.keep)
            archive.unlink()
        package.finish(part / "tree")
        (part / "tree").rename(target)
    return target


def check_pip():
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        raise Failure(
            f"{sys.executable} has no pip, which downloads libtorch; install it (Debian: apt install python3-pip)."
        )


def version_of(libtorch):
    """The version that a folder says it is, as libtorch's archives and as the wheel write it."""
    for name in "build-version", "version.py":
        with contextlib.suppress(OSError):
            found = re.search(r"\d+\.\d+\.\d+", (libtorch / name).read_text())
            if found and (libtorch / "lib/libtorch_cpu.so").exists():
                return found.group()
    return None


def has_driver():
    if os.path.exists("/proc/driver/nvidia/version"):
        return True
    try:  # under WSL only this one knows
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True).returncode == 0
    except OSError:
        return False


def choose_libtorch(linked, cache):
    """$LIBTORCH, or what this checkout used before, or one in the cache, in this order."""
    if os.environ.get("LIBTORCH"):
        given = Path(os.environ["LIBTORCH"]).resolve()
        if version_of(given) != TORCH:
            raise Failure(
                f"LIBTORCH={given} holds {version_of(given) or 'no version of libtorch that can be told'}, but "
                f"{TORCH} is needed; unset LIBTORCH and `make setup` installs its own."
            )
        return given
    flavour = os.environ.get("PD_FLAVOUR", "")
    if flavour not in ("", "cpu", "cuda"):
        raise Failure(f"PD_FLAVOUR is cpu or cuda, not {flavour}.")
    if not flavour and version_of(linked) == TORCH:
        return linked.resolve()
    if (platform.system(), platform.machine()) not in (("Linux", "x86_64"), ("Linux", "aarch64")):
        raise Failure(
            f"libtorch can be installed on Linux, x86_64 or aarch64, not on {platform.system()} {platform.machine()}; "
            f"set LIBTORCH to a libtorch {TORCH} of your own."
        )
    return install(TORCH_PACKAGES[flavour or ("cuda" if has_driver() else "cpu")], cache) / "torch"


def choose_cmake(cache):
    """The machine's, or one in the cache."""
    found = shutil.which("cmake")
    with contextlib.suppress(OSError):
        # A version manager's stand-in is found too, but doesn't run.
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return Path(found)
    return install(CMAKE, cache) / "cmake/data/bin/cmake"


def run_build(command):
    """Runs a part of a build. If this set-up is interrupted, all that the command started ends with it."""
    # Held back until there is something to end.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    output = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, start_new_session=True, **output)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        said, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        lines = "\n".join(said.strip().splitlines()[-20:])
        raise Failure(f"ALE {ALE} cannot be compiled; its build says:\n{lines}")


def build_ale(native, cache):
    """ALE behind the C face in `native`, compiled if the cache does not hold it for this version and this face."""
    files = sorted(file for file in native.rglob("*") if file.is_file())
    key = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        key.update(f"{file.relative_to(native).as_posix()} {len(content)} ".encode() + content)
    target = cache / f"ale-{ALE}-{key.hexdigest()[:12]}"
    if target.is_dir():
        return target
    source, cmake = install(ALE_SOURCE, cache), choose_cmake(cache)
    with locked_staging(cache) as part:
        if target.is_dir():  # by the set-up that held the lock before
            return target
        print(f"Compiling ALE {ALE}, about a minute, into {target}", flush=True)
        tree, build = part / "tree", part / "build"
        shutil.copytree(native, tree / "native")  # build.rs compares it with the checkout's
        configure = [cmake, "-S", tree / "native", "-B", build, "-G", "Unix Makefiles", f"-DALE_SOURCE={source}"]
        run_build([*configure, "-DCMAKE_BUILD_TYPE=Release"])
        run_build([cmake, "--build", build, "--target", "ale_c", "--parallel", str(os.cpu_count() or 1)])
        (tree / "lib").mkdir()
        shutil.copy(build / "libale_c.so", tree / "lib")
        tree.rename(target)
    return target


def replace(path, make):
    """Lets `make` write a temporary neighbour and puts it in the place of `path` at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    make(part)
    os.replace(part, path)


def link(path, target):
    if not (path.is_symlink() and os.readlink(path) == str(target)):
        replace(path, lambda part: part.symlink_to(target))


def copy_roms(source, checkout):
    """Copies what is missing; a file that differs is the user's own. Returns how many there are, and the user's."""
    roms, kept = sorted(source.glob("*.bin")), []
    for rom in roms:
        copy = checkout / "roms" / rom.name
        if not copy.exists():
            replace(copy, lambda part: shutil.copyfile(rom, part))
        elif copy.read_bytes() != rom.read_bytes():
            kept.append(rom.name)
    return len(roms), kept


def set_up(checkout):
    cache, deps = cache_folder(), checkout / ".deps"
    libtorch = choose_libtorch(deps / "libtorch", cache)
    cuda = (libtorch / "lib/libtorch_cuda.so").exists()
    link(deps / "libtorch", libtorch)
    ale = build_ale(checkout / "crates/ale-rs/native", cache)
    link(deps / "ale", ale)
    count, kept = copy_roms(install(ROMS, cache) / "ale_py/roms", checkout)
    record = deps / "run-make-setup-first.toml"  # see .cargo/config.toml and build.rs
    said = f"# libtorch is {libtorch}\n# ALE is {ale}\n"
    if not record.exists() or record.read_text() != said:
        replace(record, lambda part: part.write_text(said))
    print(f"Set-up is complete: libtorch {TORCH} for {'CUDA' if cuda else 'the CPU'}, ALE {ALE}, {count} ROMs.")
    if kept:
        print(f"Left as they are, though they differ from the ROMs that ALE lists: {', '.join(kept)} in roms.")
    if not cuda and os.path.exists("/proc/driver/nvidia/version"):
        print("There is an NVIDIA driver: `PD_FLAVOUR=cuda make setup` installs libtorch for it.")


def main(checkout):
    for ending in ENDINGS:  # so that all of them remove what is half made
        signal.signal(ending, signal.default_int_handler)
    try:
        set_up(checkout)
    except (Failure, OSError) as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: interrupted; nothing half-made is left, run `make setup` again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
