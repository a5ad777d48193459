//! The `spyglass` program.

fn main() -> std::process::ExitCode {
    spyglass::main()
}
