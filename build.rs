//! Links what torch-sys leaves open, and tells the program where libtorch and ALE lie, so that it starts without
//! LD_LIBRARY_PATH.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // `make setup` rewrites the first when .deps/libtorch comes to point elsewhere; the second misses when what it
    // points to was deleted.
    println!("cargo:rerun-if-changed=.deps/run-make-setup-first.toml");
    println!("cargo:rerun-if-changed=.deps/libtorch/lib/libtorch_cpu.so");

    let Ok(lib) = Path::new(".deps/libtorch/lib").canonicalize() else {
        eprintln!("the libtorch that this checkout was set up with is gone: run `make setup` first");
        std::process::exit(1);
    };
    // An rpath in the old style also wins over another libtorch in LD_LIBRARY_PATH. What libtorch needs itself (CUDA's
    // libraries) it finds by its own rpath.
    println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags,-rpath,{}", lib.display());
    if lib.join("libtorch_cuda.so").exists() {
        // No symbol of it is called directly, so the linker would leave it out, and no GPU would be found.
        println!("cargo:rustc-link-arg=-Wl,--push-state,--no-as-needed,-ltorch_cuda,--pop-state");
    }
    let ale = std::env::var("DEP_ALE_C_LIB").expect("the build script of ale-rs gives it");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{ale}");
    commit().iter().for_each(|commit| println!("cargo:rustc-env=PD_COMMIT={commit}"));
}

/// The commit of this checkout, with a mark if the program's files differ from it; none outside git. It is looked up
/// when these files change: a commit alone, which would make everything be built again, is no reason.
fn commit() -> Option<String> {
    const SOURCES: [&str; 5] = ["src", "crates", "build.rs", "Cargo.toml", "Cargo.lock"];
    SOURCES.iter().for_each(|path| println!("cargo:rerun-if-changed={path}"));
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = [&["status", "--porcelain", "--untracked-files=no", "--"][..], &SOURCES].concat();
    Some(if git(&changed)?.is_empty() { commit } else { format!("{commit}+changes") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
