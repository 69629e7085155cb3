//! Where tensors live, and how many threads work on them.

use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use tch::{Cuda, Device};

/// The libtorch that this build is made for.
pub const LIBTORCH_VERSION: &str = "2.11.0";

/// `--device`: a device by name, or the best there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA where there is a usable GPU, else the CPU.
    Auto,
    Cpu,
    /// The GPU of that number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceChoice, String> {
        let number = text.strip_prefix("cuda:").map(str::parse);
        match (text, number) {
            ("auto", _) => Ok(DeviceChoice::Auto),
            ("cpu", _) => Ok(DeviceChoice::Cpu),
            ("cuda", _) => Ok(DeviceChoice::Cuda(0)),
            (_, Some(Ok(number))) => Ok(DeviceChoice::Cuda(number)),
            _ => Err("choose auto, cpu, cuda or cuda:N".into()),
        }
    }
}

impl DeviceChoice {
    /// The device that is meant.
    ///
    /// # Errors
    /// If it is a GPU that is not there.
    pub fn resolve(self) -> Result<Device> {
        match self {
            DeviceChoice::Auto => Ok(Device::cuda_if_available()),
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Cuda(number) => {
                if !Cuda::is_available() {
                    bail!(
                        "--device cuda: no usable GPU here; choose --device cpu, or check the driver and run `make setup`"
                    );
                }
                let count = Cuda::device_count();
                ensure!((number as i64) < count, "--device cuda:{number}: there are {count} GPUs, counted from 0");
                Ok(Device::Cuda(number))
            }
        }
    }
}

/// Threads that libtorch uses for one operation. Results on a CPU depend on it in their last digits.
pub fn set_threads(threads: usize) {
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
}
