//! The machine that measured something.

use serde::{Deserialize, Serialize};

/// Properties of the machine on which measured figures depend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor model, as the kernel names it.
    pub cpu: String,
    /// The widest vector unit that kernels may use: AVX-512, AVX2 or NEON; empty if it has none of them. Sums of
    /// libtorch and of this crate may round differently with another.
    #[serde(default)]
    pub vector_unit: String,
    pub cores: usize,
    /// Main memory, in MiB.
    pub memory_mib: u64,
    pub os: String,
}

impl Machine {
    /// The current machine. Values that the kernel does not report are empty or 0.
    pub fn this() -> Machine {
        let field = |file: &str, name: &str| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or(String::new(), |(_, value)| value.trim().to_owned())
        };
        let memory = field("/proc/meminfo", "MemTotal");
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        Machine {
            cpu: field("/proc/cpuinfo", "model name"),
            vector_unit: vector_unit().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kib / 1024,
            os: std::env::consts::OS.to_owned(),
        }
    }
}

/// Seconds that all threads of the calling thread's pool have computed so far, while they wait for one another too;
/// `None` where the kernel does not say. Each task has a pool of its own, so that a difference is the task's. Threads
/// that libtorch makes are not among them: for `--device libtorch`, and for gradients on a GPU.
pub fn pool_seconds() -> Option<f64> {
    rayon::broadcast(|_| thread_seconds()).into_iter().sum()
}

/// Seconds that the calling thread has computed so far.
fn thread_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

#[cfg(target_arch = "x86_64")]
fn vector_unit() -> &'static str {
    match () {
        () if is_x86_feature_detected!("avx512f") => "AVX-512",
        () if is_x86_feature_detected!("avx2") => "AVX2",
        () => "",
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_unit() -> &'static str {
    if cfg!(target_arch = "aarch64") { "NEON" } else { "" }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::hint::black_box;

    use rayon::ThreadPoolBuilder;

    use super::*;

    #[test]
    fn the_seconds_of_a_pool_are_those_of_all_its_threads_and_of_no_others() {
        let [busy, idle] = [2, 2].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
        busy.broadcast(|_| {
            while thread_seconds() < Some(0.05) {
                (0..1000).for_each(|number| _ = black_box(number));
            }
        });
        let [busy, idle] = [busy, idle].map(|pool| pool.install(pool_seconds).unwrap());
        assert!(busy >= 0.1 && idle < 0.05, "{busy} s and {idle} s");
    }
}
