"""What the set-up downloads: for each folder in the cache, the packages, what is taken from them and what it costs."""

import hashlib
import json
from typing import Callable, NamedTuple

TORCH = "2.11.0"  # the version that tch 0.24 is made for
ALE = "0.12.1"  # the version that crates/ale-rs is made for


class Failure(Exception):
    """A sentence for the user, which ends the set-up."""


class Package(NamedTuple):
    """A folder in the cache and the wheels, or the source, that it is unpacked from."""

    name: str
    folder: str
    requirements: tuple
    keep: str  # which files are unpacked
    download: str
    space: float  # GiB, while the largest download still lies beside what was unpacked
    finish: Callable = lambda tree: None
    source: bool = False  # unpacked from source distributions


def link_torch(tree):
    """libtorch.so only stands for its parts, and the wheel's own asks for CUDA."""
    (tree / "torch/lib/libtorch.so").symlink_to("libtorch_cpu.so")


def verify_roms(tree):
    """A damaged ROM must not come as far as the emulator, which only knows the right ones."""
    roms = tree / "ale_py/roms"
    listed = json.loads((roms / "md5.json").read_text())
    for rom in roms.glob("*.bin"):
        if hashlib.md5(rom.read_bytes()).hexdigest() != listed.get(rom.name):
            raise Failure(f"The downloaded {rom.name} does not have the MD5 that its list gives; try again.")


# libtorch_cpu.so needs these two parts of CUDA, even without a GPU.
WHEELS = (f"torch=={TORCH}", "nvidia-cuda-cupti==13.0.85", "nvidia-cuda-runtime==13.0.96")
# The rest of what the wheel asks for, less its Python packages.
CUDA_WHEELS = (
    "nvidia-cublas==13.1.0.3",
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-cudnn-cu13==9.19.0.56",
    "nvidia-cufft==12.0.0.61",
    "nvidia-cufile==1.15.1.6",
    "nvidia-curand==10.4.0.35",
    "nvidia-cusolver==12.0.4.66",
    "nvidia-cusparse==12.6.3.3",
    "nvidia-cusparselt-cu13==0.8.0",
    "nvidia-nccl-cu13==2.28.9",
    "nvidia-nvjitlink==13.0.88",
    "nvidia-nvshmem-cu13==3.4.5",
    "nvidia-nvtx==13.0.85",
)
HEADERS = r"torch/version\.py|torch/include/.*"
TORCH_PACKAGES = {
    "cpu": Package(
        f"libtorch {TORCH} for the CPU",
        f"torch-{TORCH}-cpu",
        WHEELS,
        HEADERS
        + r"|torch/lib/lib(?!torch\.|torch_(cuda|global|nvshmem|python)|c10_cuda|caffe2|shm).*"
        + r"|nvidia/cu13/lib/lib(cupti|cudart)\.so.*",
        "540 MB",
        1.5,
        link_torch,
    ),
    "cuda": Package(
        f"libtorch {TORCH} for CUDA 13",
        f"torch-{TORCH}-cuda",
        WHEELS + CUDA_WHEELS,
        HEADERS + r"|torch/lib/lib(?!torch_python|shm).*|nvidia/.*\.so(\.[0-9.]+)?",
        "2.5 GB",
        5,
    ),
}
CMAKE = Package("cmake 4.4.4", "cmake-4.4.4", ("cmake==4.4.4",), r"cmake/data/(bin/cmake|share/.*)", "30 MB", 0.2)
ROMS = Package("the ROMs", "roms-0.12.1", (f"ale-py=={ALE}",), r"ale_py/roms/.*", "3 MB", 0.1, verify_roms)
ALE_SOURCE = Package(
    f"the source of ALE {ALE}",
    f"ale-source-{ALE}",
    (f"ale-py=={ALE}",),
    r"ale_py-[^/]+/(CMakeLists\.txt|LICENSE\.md|version\.txt|cmake/.*|src/.*)",
    "12 MB",
    0.1,
    source=True,
)
