use super::*;

#[test]
fn a_lock_is_held_by_one_and_free_again_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [(); 2].map(|()| Locks::in_folder(folder.path().join(".locks")));
    let lock = one.take("train/teacher/pong/seed-1").unwrap().unwrap();
    assert!(other.take("train/teacher/pong/seed-1").unwrap().is_none());
    assert!(one.take("train/teacher/pong/seed-1").unwrap().is_none(), "not twice by one process either");
    assert!(other.other().is_some() && one.other().is_none());
    assert!(other.take("train/teacher/qbert/seed-1").unwrap().is_some());
    drop(lock);
    assert!(other.take("train/teacher/pong/seed-1").unwrap().is_some());
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let dead = Owner { process: child.id(), ..Owner::of_this_process() };
    fs::create_dir_all(folder.path().join(".locks")).unwrap();
    fs::write(one.path("train/student"), serde_json::to_vec(&dead).unwrap()).unwrap();
    one.remove_dead().unwrap();
    drop((one, other));
    assert!(!folder.path().join(".locks").exists());
}

#[test]
fn a_command_is_seen_at_work_until_it_ends_though_it_does_no_task() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [(); 2].map(|()| Locks::in_folder(folder.path().join(".locks")));
    one.attend().unwrap();
    drop(one.take("train/teacher/pong/seed-1").unwrap().unwrap());
    let seen = other.elsewhere();
    assert!(seen.len() == 1 && is_of_command(&seen[0].0) && other.other().is_some(), "{seen:?}");
    assert!(one.other().is_none());
    drop(one);
    assert!(other.elsewhere().is_empty() && other.other().is_none());
}

#[test]
fn a_lock_is_never_seen_without_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let locks = Locks::in_folder(folder.path().to_owned());
    let path = locks.path("a");
    thread::scope(|scope| {
        let taker = scope.spawn(|| (0..500).for_each(|_| drop(locks.take("a").unwrap().unwrap())));
        while !taker.is_finished() {
            if let Ok(content) = fs::read(&path) {
                assert!(serde_json::from_slice::<LockFile>(&content).is_ok(), "{content:?}");
            }
        }
    });
}

#[test]
fn the_lock_of_a_process_that_died_here_is_taken_over_and_that_of_another_machine_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let locks = Locks::in_folder(folder.path().to_owned());
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let dead = Owner { process: child.id(), began: String::new(), ..Owner::of_this_process() };
    let write = |owner: &Owner| fs::write(locks.path("a"), serde_json::to_vec(owner).unwrap()).unwrap();
    write(&dead);
    assert!(locks.take("a").unwrap().is_some());
    write(&Owner { machine: "elsewhere".into(), ..dead.clone() });
    assert!(locks.take("a").unwrap().is_none());
    // Another process may have the number of the one that died.
    write(&Owner { process: std::process::id(), ..dead });
    assert!(locks.take("a").unwrap().is_some());
}

#[test]
fn of_many_that_want_to_take_over_a_dead_lock_one_gets_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join(".locks");
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let dead = Owner { process: child.id(), ..Owner::of_this_process() };
    for round in 0..20 {
        fs::create_dir_all(&folder).unwrap();
        // In most rounds a process that was about to take it over has died as well, and one that was about to take
        // over from that.
        for name in ["a.lock", "a.lock.takeover", "a.lock.takeover.takeover"].iter().take(1 + round % 3) {
            fs::write(folder.join(name), serde_json::to_vec(&dead).unwrap()).unwrap();
        }
        let processes: Vec<Locks> = (0..4).map(|_| Locks::in_folder(folder.clone())).collect();
        let taken = thread::scope(|scope| {
            let takers: Vec<_> = processes.iter().map(|locks| scope.spawn(|| locks.take("a").unwrap())).collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(taken.iter().flatten().count(), 1);
        drop(taken);
        assert!(fs::read_dir(&folder).unwrap().next().is_none());
        drop(processes);
    }
}
