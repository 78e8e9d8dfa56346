//! The order of layers: who may import whom, and what the pure ones may not do. The list of
//! ARCHITECTURE.md, enforced.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Layers from left to right. A module imports from its own layer and from those before it.
const LAYERS: [&[&str]; 8] = [
    &["id", "flags", "time", "random", "uid"],
    &["blob", "pack", "mime", "search", "filter"],
    &["mailbox", "message", "property", "rights"],
    // A record holds the outcome of its change, which holds records: one layer.
    &["journal", "change"],
    &["store"],
    &["view"],
    &[
        "actor",
        "bounded",
        "budget",
        "contents",
        "encrypting",
        "encryption",
        "error",
        "feed",
        "settings",
        "filters",
        "lanes",
        "lot",
        "intake",
        "mailstore",
        "reader",
        "removal",
        "replacing",
        "searching",
        "selected",
        "sharing",
        "sweep",
        "watched",
    ],
    &["accounts", "backends"],
];

/// Layers before this one are pure: not async, no files, no clock. So is `view`, which stands
/// after it only for the sake of `Opened`.
const STORE: usize = 4;

/// Files that are their layer's door to clock and chance.
const DOORS: [&str; 2] = ["time.rs", "random.rs"];

/// Most lines of a file.
const MOST_LINES: usize = 500;

fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&src).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// The first module of a path in the crate: `mime` of `mime/tree/segment.rs`.
fn module(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("`{module}` stands in no layer"))
}

/// Code without comments, strings left in: none of what is looked for stands in one.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..tests].lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// The modules after each `crate::`, also within `crate::{...}`.
fn imports(text: &str) -> Vec<String> {
    let all: Vec<&str> = code(text).collect();
    let all = all.join("\n");
    let mut found = Vec::new();
    for (at, prefix) in all.match_indices("crate::") {
        // Not `$crate::`, and not the end of a longer name.
        let rest = &all[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                found.extend(list.split(',').map(|name| first_word(name.trim())));
            }
            None => found.push(first_word(rest)),
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Names that the crate's root gives again, and where they come from.
fn owner(name: &str) -> &str {
    match name {
        "Mailstore" | "Appended" | "Backend" | "Transferred" => "mailstore",
        "Actor" => "actor",
        "Incoming" | "Prepared" => "intake",
        "Error" => "error",
        "Settings" => "settings",
        other => other,
    }
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path == Path::new("lib.rs") {
            continue;
        }
        let own = layer(&module(&path));
        for import in imports(&text) {
            if layer(owner(&import)) > own {
                wrong.push(format!("{}: crate::{import}", path.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert_eq!(wrong, [""; 0]);
}

/// Accounts and backends are strangers, but that the embedded backend stores accounts too.
#[test]
fn backends_do_not_know_each_other() {
    for (path, text) in sources() {
        if path.starts_with("backends") {
            let own = path.iter().nth(1).unwrap().to_string_lossy();
            for other in ["memory", "embedded", "mongo", "redis"] {
                let import = format!("backends::{other}");
                assert!(own.starts_with(other) || !text.contains(&import), "{}", path.display());
            }
        }
    }
}

/// Left of the store traits nothing waits, opens a file or a socket, or asks the clock.
#[test]
fn the_core_is_pure() {
    const IMPURE: [&str; 12] = [
        "async ",
        ".await",
        "tokio::",
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant::",
        "getrandom",
    ];
    let mut wrong = BTreeMap::new();
    for (path, text) in sources() {
        if path == Path::new("lib.rs") || DOORS.iter().any(|door| path == Path::new(door)) {
            continue;
        }
        let module = module(&path);
        if layer(&module) >= STORE && module != "view" {
            continue;
        }
        for line in code(&text) {
            for word in IMPURE.iter().chain(&["Timestamp::now", "Random::draw"]) {
                if line.contains(word) {
                    wrong.insert(path.display().to_string(), *word);
                }
            }
        }
    }
    assert_eq!(wrong, BTreeMap::new());
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
    }
}
