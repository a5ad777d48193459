//! Tells the program which commit it was built from, where that is known.

use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // What moves when a commit is made, or another one is checked out.
    for moved in ["logs/HEAD", "HEAD"].into_iter().filter_map(|name| git(&["rev-parse", "--git-path", name])) {
        println!("cargo::rerun-if-changed={moved}");
    }
    if let Some(commit) = git(&["log", "-1", "--format=%h %cs"]) {
        println!("cargo::rustc-env=SPYGLASS_COMMIT={commit}");
    }
}
