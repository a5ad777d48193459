//! The embedded pilot run is built in again when a file of it changes.

fn main() {
    println!("cargo:rerun-if-changed=../tests/pilot");
}
