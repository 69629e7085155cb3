//! The documents of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The Markdown files at the top, of `docs`, and those that list teachers and results.
fn documents(root: &Path) -> Vec<PathBuf> {
    let files = ["", "docs", "teachers", "results"].map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let files = files.into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

#[test]
fn every_link_of_a_document_to_a_file_leads_to_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut followed = 0;
    for document in documents(root) {
        let text = fs::read_to_string(&document).unwrap();
        for (link, _) in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let file = link.split_once('#').map_or(link, |(file, _)| file);
            if !file.is_empty() && !file.contains("://") {
                assert!(document.with_file_name("").join(file).exists(), "{}: {link}", document.display());
                followed += 1;
            }
        }
    }
    assert!(followed > 100, "{followed}");
}
