//! Links the shared library that holds ALE and its C face, `native/`. The variable ALE_C names the folder that it was
//! built into, with a copy of the face as it was then.

use std::path::{Path, PathBuf};
use std::process::exit;

fn main() {
    println!("cargo:rerun-if-env-changed=ALE_C");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=native");
    let Some(given) = std::env::var_os("ALE_C").map(PathBuf::from) else {
        give_up("the variable ALE_C is not set: it names the folder that ALE was built into");
    };
    println!("cargo:rerun-if-changed={}", given.join("lib/libale_c.so").display());
    let Ok(ale) = given.canonicalize() else {
        give_up("the ALE that this checkout was set up with is gone: run `make setup` first");
    };
    if !is_built_from(&ale.join("native"), Path::new("native")) {
        give_up("the C face of ALE has changed since it was built: run `make setup` first");
    }
    let lib = ale.join("lib");
    println!("cargo:rustc-link-search=native={}", lib.display());
    println!("cargo:rustc-link-lib=dylib=ale_c");
    // For this crate's own tests; a program that links it gets the folder as DEP_ALE_C_LIB.
    println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags,-rpath,{}", lib.display());
    println!("cargo:lib={}", lib.display());
}

fn give_up(why: &str) -> ! {
    eprintln!("{why}");
    exit(1)
}

/// Whether every file of the face is as it was when the library was built.
fn is_built_from(then: &Path, now: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(now) else { return false };
    entries.flatten().all(|entry| {
        let (now, then) = (entry.path(), then.join(entry.file_name()));
        if now.is_dir() { is_built_from(&then, &now) } else { std::fs::read(now).ok() == std::fs::read(then).ok() }
    })
}
