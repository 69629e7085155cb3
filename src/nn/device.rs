//! The device that computes, and the number of its threads.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use tch::Cuda;

use super::cpu;

/// The libtorch that this build is made for.
pub const LIBTORCH_VERSION: &str = "2.11.0";

/// The part of the machine that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The kernels of this crate.
    Cpu,
    /// libtorch, on a GPU or a CPU.
    Torch(tch::Device),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Device::Cpu => write!(f, "cpu"),
            Device::Torch(tch::Device::Cuda(number)) => write!(f, "cuda:{number}"),
            Device::Torch(_) => write!(f, "libtorch"),
        }
    }
}

impl Device {
    /// Number of parts into which the workers are divided, so that emulators run while the device works. It is two on a
    /// GPU, unless half of the workers would leave threads idle.
    pub fn parts(self, workers: usize) -> usize {
        let is_gpu = matches!(self, Device::Torch(tch::Device::Cuda(_)));
        if is_gpu && workers >= 2 * rayon::current_num_threads() { 2 } else { 1 }
    }

    /// libtorch's device for a network's outputs, and for all tensors that are computed with them.
    pub fn of_tensors(self) -> tch::Device {
        match self {
            Device::Cpu => tch::Device::Cpu,
            Device::Torch(device) => device,
        }
    }
}

/// `--device`: a device by name, or the best there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA where there is a usable GPU, else the CPU.
    Auto,
    Cpu,
    /// libtorch on the CPU.
    Libtorch,
    /// The GPU with that number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceChoice, String> {
        let number = text.strip_prefix("cuda:").map(str::parse);
        match (text, number) {
            ("auto", _) => Ok(DeviceChoice::Auto),
            ("cpu", _) => Ok(DeviceChoice::Cpu),
            ("libtorch", _) => Ok(DeviceChoice::Libtorch),
            ("cuda", _) => Ok(DeviceChoice::Cuda(0)),
            (_, Some(Ok(number))) => Ok(DeviceChoice::Cuda(number)),
            _ => Err("choose auto, cpu, libtorch, cuda or cuda:N".into()),
        }
    }
}

impl DeviceChoice {
    /// The device that the choice stands for.
    ///
    /// # Errors
    /// If it is a GPU that is not there.
    pub fn resolve(self) -> Result<Device> {
        match self {
            DeviceChoice::Auto if Cuda::is_available() => Ok(Device::Torch(tch::Device::Cuda(0))),
            DeviceChoice::Auto if !cpu::is_supported() => Ok(Device::Torch(tch::Device::Cpu)),
            DeviceChoice::Auto => Ok(Device::Cpu),
            DeviceChoice::Cpu => {
                ensure!(cpu::is_supported(), "--device cpu: needs AVX2 and FMA, or ARMv8; choose --device libtorch");
                Ok(Device::Cpu)
            }
            DeviceChoice::Libtorch => Ok(Device::Torch(tch::Device::Cpu)),
            DeviceChoice::Cuda(number) => {
                if !Cuda::is_available() {
                    bail!(
                        "--device cuda: no usable GPU here; choose --device cpu, or check the driver and run `make setup`"
                    );
                }
                let count = Cuda::device_count();
                ensure!((number as i64) < count, "--device cuda:{number}: there are {count} GPUs, counted from 0");
                Ok(Device::Torch(tch::Device::Cuda(number)))
            }
        }
    }
}

/// Sets libtorch's threads per operation on a CPU. It is 1 unless libtorch computes there: beside the kernels of this
/// crate or a GPU, its threads would only spin between the copies that they share. On a CPU libtorch's results depend
/// on this number in their last digits; those of the kernels do not.
pub fn set_threads(device: Device, threads: usize) {
    let threads = if device == Device::Torch(tch::Device::Cpu) { threads } else { 1 };
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
}
