//! Compares the memory that an experiment needs with the memory that there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::open::AgentOpening;
use super::resources::Resources;
use super::work::AgentTask;
use crate::pipeline::opening::Opening;
use crate::pipeline::refused;
use crate::pipeline::task::{Stage, Work};

/// Refuses work that needs more memory than this process can have, and names the setting that would help.
///
/// # Errors
/// The need, the limit, and the way out.
pub fn check(opening: &AgentOpening) -> Result<()> {
    let Opening { request, experiment, tasks, .. } = opening;
    let included = |task: &&AgentTask| match request.only {
        [] => task.work.is_in(request.scope),
        ids => ids.contains(&task.id.0),
    };
    let is_left = |task: &&AgentTask| request.fresh || !task.outputs.iter().all(|output| output.exists());
    let runs = |stage: Stage| {
        let left = tasks.iter().filter(included).filter(is_left).filter(|task| task.work.stage() == stage);
        // Tasks of one lock are done together.
        left.map(|task| &task.lock).collect::<BTreeSet<_>>().len()
    };
    let (trainings, distillations) = (runs(Stage::Train), runs(Stage::Distill));
    let need = |jobs: usize| {
        let training = Resources::of(experiment, jobs.min(trainings)).training;
        training.max(Resources::of(experiment, jobs.min(distillations)).distilling)
    };
    let limit = limit(Path::new("/"));
    problem(need, request.jobs(), trainings > 0, limit).map_or(Ok(()), |problem| Err(refused(problem)))
}

fn problem(need: impl Fn(usize) -> u64, jobs: usize, trains: bool, limit: Option<u64>) -> Option<String> {
    let limit = limit.filter(|&limit| need(jobs) > limit)?;
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    let fewer = (1..jobs).rev().find(|&jobs| need(jobs) <= limit);
    let way = match fewer {
        Some(fewer) => format!("--jobs {fewer} does fewer runs at once"),
        None if trains => "lower teacher.replay, teacher.rollout or teacher.batch".into(),
        None => "lower distillation.memory or distillation.batch".into(),
    };
    Some(format!(
        "its runs need about {} of memory, but this process can have {}; {way}",
        gigabytes(need(jobs)),
        gigabytes(limit)
    ))
}

/// Bytes of memory that this process can have: those of the machine, or fewer where a control group limits them. `None`
/// if the system does not say.
fn limit(root: &Path) -> Option<u64> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let machine = read(&root.join("proc/meminfo"))
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map(|kilobytes| kilobytes << 10);
    let groups = root.join("sys/fs/cgroup");
    let own = read(&root.join("proc/self/cgroup"));
    let mut limits: Vec<u64> = machine.into_iter().collect();
    for line in own.lines() {
        let Some((controllers, path)) = line.split_once(':').and_then(|(_, rest)| rest.split_once(':')) else {
            continue;
        };
        // Version 2 has no names of controllers; in version 1 memory has a tree of its own.
        let (base, file) = match controllers {
            "" => (groups.clone(), "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (groups.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // The limits of the groups above hold too. In a container the path may be that of the host.
        let below = base.join(path.trim_start_matches('/'));
        let all = below.ancestors().take_while(|group| group.starts_with(&base));
        limits.extend(all.filter_map(|group| read(&group.join(file)).trim().parse::<u64>().ok()));
    }
    limits.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_refused_with_the_setting_that_helps() {
        let need = |jobs: usize| 3_000_000_000 * jobs as u64;
        assert_eq!(problem(need, 2, true, Some(6_000_000_000)), None);
        assert_eq!(problem(need, 9, true, None), None);
        let fewer = problem(need, 4, true, Some(7_000_000_000)).unwrap();
        assert!(fewer.contains("need about 12.0 GB") && fewer.contains("have 7.0 GB; --jobs 2"), "{fewer}");
        assert!(problem(need, 1, true, Some(1 << 30)).unwrap().contains("lower teacher.replay"));
        assert!(problem(need, 1, false, Some(1 << 30)).unwrap().contains("lower distillation.memory"));
    }

    #[test]
    fn the_smallest_limit_of_machine_and_groups_holds() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(limit(root.path()), None);
        put("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  5 kB\n");
        assert_eq!(limit(root.path()), Some(16_000_000 << 10));
        put("proc/self/cgroup", "0::/user.slice/job\n");
        put("sys/fs/cgroup/user.slice/memory.max", "4000000000\n");
        put("sys/fs/cgroup/user.slice/job/memory.max", "max\n");
        assert_eq!(limit(root.path()), Some(4_000_000_000));
        put("proc/self/cgroup", "3:cpu,cpuacct:/a\n5:memory:/docker/x\n");
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        put("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "2000000000\n");
        assert_eq!(limit(root.path()), Some(2_000_000_000));
    }
}
