//! The page of a made-up folder.

use std::collections::BTreeMap;
use std::fs;

use super::files;
use super::made::Made;
use crate::eval::statistics::{Estimate, Interval};
use crate::record::{Machine, Maker, Manifest};
use crate::report::format::{percent, percent_with_interval};
use crate::report::{Activity, RunProgress, RunningCommand, write};

#[test]
fn the_page_needs_nothing_from_anywhere_and_holds_every_plot() {
    let made = Made::finished();
    made.report();
    let page = made.page();
    for loads in ["src=", "url(", "@import", "<script", "<link", "<img"] {
        assert!(!page.contains(loads), "the page contains {loads}");
    }
    let (addresses, links) = (page.matches("http").count(), page.matches("<a href=\"https://").count());
    assert_eq!(addresses, links, "an address that is no link");
    let files = files(&made.folder.report());
    let plots: Vec<&str> = files.keys().filter_map(|name| name.strip_suffix(".svg")).collect();
    assert!(plots.iter().all(|name| page.contains(&format!("<figure id=\"figure-{name}\">"))), "{plots:?}");
    assert_eq!(plots.len(), 12);
}

#[test]
fn every_link_of_the_page_leads_to_a_file_beside_it_or_to_a_place_on_it() {
    let made = Made::finished();
    made.report();
    let (page, files) = (made.page(), files(&made.folder.report()));
    let links: Vec<&str> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for link in &links {
        let exists = match link.strip_prefix('#') {
            Some(place) => page.contains(&format!("id=\"{place}\"")),
            None => link.starts_with("https://") || files.contains_key(*link),
        };
        assert!(exists, "{link} leads nowhere");
    }
    for file in files.keys().filter(|name| *name != "index.html" && *name != "summary.md") {
        assert!(links.contains(&file.as_str()), "nothing links to {file}");
    }
}

#[test]
fn a_cell_of_the_matrix_tells_its_interval() {
    let made = Made::finished();
    made.report();
    let small = made.summary("small");
    let share = small.relative_geometric_mean.unwrap();
    let interval = Interval { low: small.ci_low.unwrap(), high: small.ci_high.unwrap() };
    let title = format!(
        "small in geometric mean: {}",
        percent_with_interval(Estimate { value: share, interval: Some(interval) })
    );
    let cell = format!("style=\"--share: {:.0}%\">{}</td>", 100.0 * share, percent(share));
    let page = made.page();
    let line = page.lines().find(|line| line.contains(&title)).unwrap_or_else(|| panic!("{title} is not in the page"));
    assert!(line.contains(&cell), "{cell} is not in {line}");
}

#[test]
fn what_comes_from_files_cannot_become_part_of_the_page() {
    let made = Made::finished();
    let machine =
        Machine { cpu: "<img src=x>".into(), vector_unit: String::new(), cores: 2, memory_mib: 0, os: "linux".into() };
    let manifest = Manifest {
        maker: Maker {
            program: "pd".into(),
            git_commit: None,
            libtorch: String::new(),
            ale: None,
            device: "cpu\"><b>".into(),
            threads: 2,
            machine,
        },
        earlier: Vec::new(),
        seeds: vec![1],
        roms: BTreeMap::new(),
        stage_seconds: BTreeMap::new(),
        task_seconds: BTreeMap::new(),
        latencies: Default::default(),
        worked_at: Some(1_790_353_205),
    };
    manifest.write(&made.folder.manifest()).unwrap();
    made.report();
    let page = made.page();
    assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("cpu\">"));
    assert!(page.contains("decisions, on &lt;img src=x&gt;") && page.contains("&lt;script&gt;alert("));
}

#[test]
fn the_page_of_unfinished_work_says_what_runs_and_until_when_and_is_read_again() {
    let made = Made::finished();
    made.report();
    assert!(!made.page().contains("The work goes on") && !made.page().contains("refresh"));
    let progress = RunProgress { done: 3, tasks: 30, share: 0.125, ends: Some(1_790_353_205) };
    let activity = Activity {
        commands: vec![RunningCommand { who: "process 7 on here".into(), progress: Some(progress) }],
        tasks: vec!["student small of pong, seed 2".into()],
        unix_time: 1_790_350_000,
    };
    write(&made.folder, &made.experiment, Some(&activity)).unwrap();
    let (page, summary) = (made.page(), fs::read_to_string(made.folder.report().join("summary.md")).unwrap());
    let told = "process 7 on here: 3 of 30 tasks done, 12% of all work, until about 2026-09-25 16:20 UTC.";
    assert!(page.contains(told) && summary.contains(told) && page.contains("Now: student small of pong, seed 2."));
    assert!(page.contains("<meta http-equiv=\"refresh\" content=\"15\">"));
}

#[test]
fn contents_lead_to_every_section() {
    let made = Made::finished();
    made.report();
    let page = made.page();
    let contents = page.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
    let sections: Vec<&str> =
        page.split("<section id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(
        sections.len() > 8 && sections.iter().all(|id| contents.contains(&format!("href=\"#{id}\""))),
        "{contents}"
    );
}
