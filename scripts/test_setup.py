"""Tests of setup.py without a network: wheels are made here instead of downloaded."""

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
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
CMAKE = {"cmake/data/bin/cmake": "#!/bin/sh\n", "cmake/data/bin/ctest": "not needed"}


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


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name).resolve()
        self.checkout = self.home / "checkout"
        self.cache = self.home / "policy-distillation"
        environment = {"XDG_CACHE_HOME": str(self.home), "LIBTORCH": "", "PD_FLAVOUR": "cpu"}
        self.patch(mock.patch.dict(os.environ, environment))
        self.patch(mock.patch("shutil.which", return_value=None))
        self.check_pip = self.patch(mock.patch("setup.check_pip"))
        self.download = self.patch(mock.patch("setup.pip_download", side_effect=fake_download))

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

    def test_installs_what_is_needed_and_links_it(self):
        said = self.run_it()
        self.assertIn("Downloading libtorch 2.11.0 for the CPU, about 540 MB, into " + str(self.cache), said)
        lib = self.checkout / ".deps/libtorch/lib"
        self.assertEqual(sorted(os.listdir(lib)), ["libtorch.so", "libtorch_cpu.so"])
        self.assertTrue(os.access(self.checkout / ".deps/bin/cmake", os.X_OK))
        self.assertEqual((self.checkout / "roms/pong.bin").read_bytes(), b"game")
        record = self.checkout / ".deps/run-make-setup-first.toml"
        self.assertIn(os.path.realpath(lib.parent), record.read_text())

    def test_a_second_run_does_nothing_and_says_one_line(self):
        self.run_it()
        before = {path: path.lstat().st_mtime_ns for path in self.home.rglob("*")}
        self.download.reset_mock()
        with mock.patch.dict(os.environ, PD_FLAVOUR=""):
            said = self.run_it()
        self.assertEqual(said.count("\n"), 1 + said.count("NVIDIA"), said)
        self.download.assert_not_called()
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
        self.assertEqual(self.installed(), ["cmake-4.4.4", "torch-2.11.0-cpu"])
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
        self.assertEqual(self.installed(), ["cmake-4.4.4", "roms-0.12.1", "torch-2.11.0-cpu"])


if __name__ == "__main__":
    unittest.main()
