"""Tests of setup.py without a network or a compiler: what it downloads, cmake included, is made here."""

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile
from collections import namedtuple
from pathlib import Path
from unittest import mock

import setup
from setup import check_pip as real_check_pip
from setup import pip_download as real_download

LIBTORCH = {
    "torch/version.py": f"__version__ = '{setup.TORCH}+cu130'",
    "torch/lib/libtorch_cpu.so": "library",
    "torch/lib/libtorch_python.so": "not needed",
    "torch/include/torch/torch.h": "header",
}
# Configuring writes down the options; building makes the library, if there is a source.
FAKE_CMAKE = """#!/bin/sh
if [ "$1" = --build ]; then
    source=$(sed -n 's/.*-DALE_SOURCE=\\([^ ]*\\).*/\\1/p' "$2/options")
    cat "$source/src/ale/ale_interface.cpp" > "$2/libale_c.so"
else
    mkdir "$4" && echo "$@" > "$4/options"
fi
"""
CMAKE = {"cmake/data/bin/cmake": FAKE_CMAKE, "cmake/data/bin/ctest": "not needed"}
ALE_SOURCE = {
    "ale_py-0.12.1/CMakeLists.txt": "project",
    "ale_py-0.12.1/docs/page.md": "not needed",
    "ale_py-0.12.1/src/ale/ale_interface.cpp": "emulator",
    "ale_py-0.12.1/src/../../outside.cpp": "not wanted",
}


def roms(content=b"game", md5=hashlib.md5(b"game").hexdigest()):
    return {"ale_py/roms/pong.bin": content, "ale_py/roms/md5.json": json.dumps({"pong.bin": md5})}


def wheels_for(requirement):
    known = {"torch": LIBTORCH, "cmake": CMAKE, "ale-py": roms()}
    return known.get(requirement.split("==")[0], {})


def make_wheel(files, folder):
    wheel = folder / "made.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o755 if "/bin/" in name else 0o644) << 16
            archive.writestr(info, content)
    return wheel


def fake_download(requirement, folder):
    return make_wheel(wheels_for(requirement), folder)


def fake_source(requirement, folder):
    source = folder / "made.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for name, content in ALE_SOURCE.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return source


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name).resolve()
        self.checkout = self.home / "checkout"
        self.cache = self.home / "policy-distillation"
        environment = {"XDG_CACHE_HOME": str(self.home), "LIBTORCH": "", "PD_FLAVOUR": "cpu"}
        self.face = self.checkout / "crates/ale-rs/native/ale_c.cpp"
        self.face.parent.mkdir(parents=True)
        self.face.write_text("face")
        self.patch(mock.patch.dict(os.environ, environment))
        self.patch(mock.patch("shutil.which", return_value=None))
        self.check_pip = self.patch(mock.patch("setup.check_pip"))
        self.download = self.patch(mock.patch("setup.pip_download", side_effect=fake_download))
        self.source = self.patch(mock.patch("setup.pip_download_source", side_effect=fake_source))

    def patch(self, patch):
        self.addCleanup(patch.stop)
        return patch.start()

    def run_it(self, code=0):
        """Runs the set-up, checks its exit code and gives what it printed."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            self.assertEqual(setup.main(self.checkout), code, said.getvalue())
        return said.getvalue()

    def installed(self):
        return sorted(path.name for path in self.cache.iterdir() if path.is_dir())

    def emulators(self):
        """The folders of compiled emulators, which are named after the face that they have."""
        return [name for name in self.installed() if name.startswith("ale-0.12.1-")]

    def test_installs_what_is_needed_and_links_it(self):
        said = self.run_it()
        self.assertIn("Downloading libtorch 2.11.0 for the CPU, about 540 MB, into " + str(self.cache), said)
        lib = self.checkout / ".deps/libtorch/lib"
        self.assertEqual(sorted(os.listdir(lib)), ["libtorch.so", "libtorch_cpu.so"])
        ale = self.checkout / ".deps/ale"
        self.assertEqual((ale / "lib/libale_c.so").read_text(), "emulator")
        self.assertEqual((ale / "native/ale_c.cpp").read_text(), "face")
        self.assertEqual(sorted(os.listdir(self.cache / "ale-source-0.12.1")), ["CMakeLists.txt", "src"])
        self.assertEqual((self.checkout / "roms/pong.bin").read_bytes(), b"game")
        record = self.checkout / ".deps/run-make-setup-first.toml"
        self.assertIn(os.path.realpath(lib.parent), record.read_text())
        self.assertIn(os.path.realpath(ale), record.read_text())

    def test_a_second_run_does_nothing_and_says_one_line(self):
        self.run_it()
        before = {path: path.lstat().st_mtime_ns for path in self.home.rglob("*")}
        self.download.reset_mock()
        with mock.patch.dict(os.environ, PD_FLAVOUR=""):
            said = self.run_it()
        self.assertEqual(said.count("\n"), 1 + said.count("NVIDIA"), said)
        self.download.assert_not_called()
        self.source.assert_called_once()
        self.assertEqual(before, {path: path.lstat().st_mtime_ns for path in self.home.rglob("*")})

    def test_libtorch_of_the_right_version_is_used(self):
        own = self.home / "own"
        (own / "lib").mkdir(parents=True)
        (own / "lib/libtorch_cpu.so").touch()
        (own / "build-version").write_text(setup.TORCH + "+cpu\n")
        with mock.patch.dict(os.environ, LIBTORCH=str(own)):
            self.run_it()
        self.assertEqual(os.readlink(self.checkout / ".deps/libtorch"), str(own))
        self.assertFalse((self.cache / "torch-2.11.0-cpu").exists())

    def test_libtorch_of_a_wrong_version_is_refused(self):
        own = self.home / "own"
        (own / "lib").mkdir(parents=True)
        (own / "lib/libtorch_cpu.so").touch()
        (own / "build-version").write_text("2.4.1+cpu\n")
        with mock.patch.dict(os.environ, LIBTORCH=str(own)):
            said = self.run_it(code=1)
        for part in "2.4.1", "2.11.0 is needed", "unset LIBTORCH":
            self.assertIn(part, said)
        self.assertFalse((self.checkout / ".deps").exists())

    def test_an_unknown_flavour_is_refused(self):
        with mock.patch.dict(os.environ, PD_FLAVOUR="rocm"):
            self.assertIn("PD_FLAVOUR is cpu or cuda, not rocm", self.run_it(code=1))

    def test_a_driver_asks_for_cuda(self):
        with mock.patch.dict(os.environ, PD_FLAVOUR=""), mock.patch("setup.has_driver", return_value=True):
            self.run_it()
        self.assertIn("torch-2.11.0-cuda", self.installed())

    def test_an_unsupported_machine_is_refused(self):
        with mock.patch("platform.machine", return_value="riscv64"):
            self.assertIn("x86_64 or aarch64, not on Linux riscv64", self.run_it(code=1))

    def test_a_cache_that_cannot_be_written_is_refused(self):
        self.cache.write_text("a file in the way: permissions would not stop root")
        said = self.run_it(code=1)
        self.assertIn(f"The cache folder {self.cache} cannot be written", said)

    def test_a_full_disk_is_refused_before_the_download(self):
        usage = namedtuple("usage", "total used free")(10 * setup.GIB, 9 * setup.GIB, setup.GIB)
        with mock.patch("shutil.disk_usage", return_value=usage):
            self.assertIn("1.0 GiB are free", self.run_it(code=1))
        self.download.assert_not_called()
        self.assertEqual(self.installed(), [])

    def test_pip_s_failure_becomes_a_sentence(self):
        self.download.side_effect = real_download
        answer = subprocess.CompletedProcess([], 1, "", "WARNING: Retrying\nERROR: no route\n")
        with mock.patch("subprocess.run", return_value=answer):
            said = self.run_it(code=1)
        self.assertRegex(said, "check the network connection(.*)\npip says: ERROR: no route\n$")
        self.assertEqual(self.installed(), [])

    def test_a_missing_pip_is_named(self):
        self.check_pip.side_effect = real_check_pip
        with mock.patch("subprocess.run", return_value=subprocess.CompletedProcess([], 1)):
            self.assertIn("apt install python3-pip", self.run_it(code=1))

    def test_a_damaged_rom_is_refused(self):
        self.download.side_effect = lambda requirement, folder: make_wheel(
            roms(content=b"damaged") if "ale" in requirement else wheels_for(requirement), folder
        )
        self.assertIn("pong.bin does not have the MD5", self.run_it(code=1))
        self.assertNotIn("roms-0.12.1", self.installed())
        self.assertFalse((self.checkout / "roms").exists())

    def test_a_rom_of_the_user_is_kept(self):
        (self.checkout / "roms").mkdir(parents=True)
        (self.checkout / "roms/pong.bin").write_bytes(b"mine")
        self.assertIn("Left as they are", self.run_it())
        self.assertEqual((self.checkout / "roms/pong.bin").read_bytes(), b"mine")

    def test_an_interrupt_leaves_nothing_and_says_so(self):
        self.download.side_effect = KeyboardInterrupt
        self.assertIn("interrupted", self.run_it(code=130))
        self.assertEqual(self.installed(), [])

    def test_what_a_killed_run_left_is_removed(self):
        kill = (
            "import os, pathlib, signal, setup\n"
            "def half(requirement, folder):\n"
            "    (folder / 'half.whl').touch()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "setup.pip_download = half\n"
            f"setup.main(pathlib.Path({str(self.checkout)!r}))"
        )
        killed = subprocess.run(
            [sys.executable, "-B", "-c", kill], cwd=Path(__file__).parent, stdout=subprocess.DEVNULL
        )
        self.assertEqual(killed.returncode, -signal.SIGKILL)
        self.assertRegex(" ".join(self.installed()), "^part-[^ ]*$")
        self.run_it()
        others = ["ale-source-0.12.1", "cmake-4.4.4", "roms-0.12.1", "torch-2.11.0-cpu"]
        self.assertEqual(self.installed(), sorted(others + self.emulators()))

    def test_a_changed_face_is_compiled_anew_without_a_download(self):
        self.run_it()
        (first,) = self.emulators()
        self.face.write_text("another face")
        self.download.reset_mock()
        self.run_it()
        self.download.assert_not_called()
        self.source.assert_called_once()
        self.assertEqual(len(self.emulators()), 2)
        self.assertNotEqual(os.path.basename(os.readlink(self.checkout / ".deps/ale")), first)
        self.face.write_text("face")
        self.assertNotIn("Compiling", self.run_it())
        self.assertEqual(os.path.basename(os.readlink(self.checkout / ".deps/ale")), first)

    def use_cmake(self, script):
        """Lets a script stand on the machine as its cmake."""
        cmake = self.home / "cmake"
        cmake.write_text("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n" + script)
        cmake.chmod(0o755)
        self.patch(mock.patch("shutil.which", return_value=str(cmake)))

    def test_a_failed_build_says_what_the_compiler_said(self):
        self.use_cmake("echo 'error: no such type' >&2\nexit 1\n")
        self.assertRegex(self.run_it(code=1), "ALE 0.12.1 cannot be compiled; its build says:\nerror: no such type")
        self.assertEqual(self.emulators(), [])
        self.assertFalse((self.checkout / ".deps/ale").exists())

    def test_an_interrupted_build_ends_with_all_that_it_started_and_leaves_nothing(self):
        alive = self.home / "alive"
        self.use_cmake(f"(while true; do date > {alive}; sleep 0.1; done) &\nwait\n")
        run = "import pathlib, setup, sys\n" + (
            "setup.choose_libtorch = lambda linked, cache: pathlib.Path('/')\n"
            "setup.pip_download_source = __import__('test_setup').fake_source\n"
            f"setup.shutil.which = lambda name: {str(self.home / 'cmake')!r}\n"
            "setup.check_pip = lambda: None\n"
            f"sys.exit(setup.main(pathlib.Path({str(self.checkout)!r})))"
        )
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", run], cwd=Path(__file__).parent, stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True,
        )
        while not alive.exists() and process.poll() is None:
            time.sleep(0.05)
        process.terminate()
        self.assertIn("interrupted", process.communicate()[1])
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.installed(), ["ale-source-0.12.1"])
        alive.unlink()
        time.sleep(0.3)
        self.assertFalse(alive.exists())


if __name__ == "__main__":
    unittest.main()
