//! The string literals in the source of this crate: what it may say.

use std::path::{Path, PathBuf};

/// The code of all files below a folder (or of one file), without comments and unit tests.
pub(crate) fn code(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let inside = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let mut inside: Vec<PathBuf> = inside.collect();
        inside.sort();
        return inside.iter().flat_map(|path| code(path)).collect();
    }
    let source = std::fs::read_to_string(path).unwrap();
    let tested = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = tested.lines().filter(|line| !line.trim_start().starts_with("//"));
    vec![lines.collect::<Vec<_>>().join("\n")]
}

/// The literals of some code, up to the parenthesis that closes what was open before.
pub(crate) fn literals(code: &str) -> Vec<String> {
    let (bytes, mut found) = (code.as_bytes(), Vec::new());
    let (mut at, mut depth) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest {
            [b'\'', b'\\', _, b'\'', ..] => 4,
            [b'\'', _, b'\'', ..] => 3,
            [b'"', ..] => {
                let len = literal_len(rest);
                let text = code[at + 1..at + len - 1].replace("\\\"", "\"");
                found.push(text.replace("\\\\", "\\"));
                len
            }
            [byte, ..] => {
                depth += i32::from(*byte == b'(') - i32::from(*byte == b')');
                if depth < 0 {
                    break;
                }
                1
            }
            [] => 1,
        };
    }
    found
}

/// How long the literal at the beginning is, with its quotes.
fn literal_len(code: &[u8]) -> usize {
    let mut at = 1;
    while code[at] != b'"' {
        at += if code[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}
