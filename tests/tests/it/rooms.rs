//! Rooms stand on each other: what a room may see is read from the `crate::` paths of its files.

use std::path::{Path, PathBuf};

/// Rooms of a crate, the lowest first: none sees one that stands after it in its line.
const FLOORS: [(&str, &[&str]); 14] = [
    ("model", &["kernels", "ops", "models", "scoring", "generation"]),
    ("model", &["kernels", "layers", "scoring"]),
    ("model", &["text", "models", "generation"]),
    ("model", &["checkpoint", "models", "scoring"]),
    ("tasks", &["python", "item", "icl", "prompt", "task"]),
    ("tasks", &["record", "metric", "task"]),
    ("tasks", &["yaml", "vibes"]),
    ("dashboards", &["number", "run", "analysis", "series", "alarms", "findings", "report"]),
    ("dashboards", &["findings", "gate"]),
    ("dashboards", &["number", "plots", "report"]),
    ("harness", &["results", "sweep/plan", "executor", "sweep/run", "cli"]),
    ("harness", &["suite", "ask", "sweep", "serve", "cli"]),
    ("harness", &["results", "gate", "cli"]),
    ("harness", &["training", "run_file", "sweep", "cli"]),
];

/// The files of a room that are no tests.
fn files(room: &Path) -> Vec<PathBuf> {
    let above = room.parent().unwrap(); // our own folder is called `tests`
    let (mut files, mut todo) = (Vec::new(), vec![room.to_owned(), room.with_extension("rs")]);
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs_err::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() && !path.strip_prefix(above).unwrap().to_string_lossy().contains("tests") {
            files.push(path);
        }
    }
    files
}

/// Whether code names `room` of its own crate, alone or in braces.
fn sees(code: &str, room: &str) -> bool {
    let room = room.replace('/', "::");
    let begins = |path: &str| {
        path.strip_prefix(&room).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    code.split("crate::").skip(1).any(|path| match path.strip_prefix('{') {
        Some(list) => {
            list.split("};").next().is_some_and(|list| list.split(['{', '}', ',']).any(|path| begins(path.trim())))
        }
        None => begins(path),
    })
}

/// What is compiled into the crate: no comments, no tests at the end of a file.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_room_sees_one_above_it() {
    let mut wrong = Vec::new();
    for (name, floors) in FLOORS {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        for (floor, room) in floors.iter().enumerate() {
            let files = files(&source.join(room));
            assert!(!files.is_empty(), "{name}: there is no room `{room}`");
            for file in files {
                let code = code(&fs_err::read_to_string(&file).unwrap());
                let above = floors[floor + 1..].iter().filter(|above| sees(&code, above));
                wrong.extend(above.map(|above| format!("{name}: {room} -> {above} ({})", file.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arrows_are_found_alone_and_in_braces() {
    let code = code(
        "//! crate::plots\nuse crate::{\n    alarms,\n    run::Run,\n};\nlet x = crate::series::values(1);\n#[cfg(test)]\nuse crate::report;\n",
    );
    let seen = ["plots", "alarms", "run", "series", "report", "serie"].map(|room| sees(&code, room));
    assert_eq!(seen, [false, true, true, true, false, false]);
}
