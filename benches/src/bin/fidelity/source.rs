//! Where the messages come from.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::ValueEnum;

use crate::Failure;

/// A message to be tried.
pub(crate) struct Message {
    /// Its file, its number in an mbox, and what was done to its newlines.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

/// What is done to the newlines of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Newlines {
    /// Nothing.
    Asis,
    /// All are made LF.
    Lf,
    /// All are made CRLF.
    Crlf,
}

impl Newlines {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Asis, Self::Lf, Self::Crlf];

    fn apply(self, bytes: &[u8]) -> Vec<u8> {
        let newline: &[u8] = match self {
            Self::Asis => return bytes.to_vec(),
            Self::Lf => b"\n",
            Self::Crlf => b"\r\n",
        };
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                    out.extend_from_slice(newline);
                }
                None => out.extend_from_slice(line),
            }
        }
        out
    }
}

/// All messages of these paths, each in every form.
pub(crate) fn read(paths: &[PathBuf], newlines: &[Newlines]) -> Result<Vec<Message>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        walk(path, &mut files).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    files.sort();
    let mut messages = Vec::new();
    for file in files {
        let bytes = fs::read(&file)?;
        let parts = if is_mbox(&file) { split(&bytes) } else { vec![&bytes[..]] };
        for (number, part) in parts.iter().enumerate() {
            for form in newlines {
                let name = format!("{}#{number} {form:?}", file.display());
                messages.push(Message { name, bytes: form.apply(part).into() });
            }
        }
    }
    if messages.is_empty() {
        return Err("there are no messages in these paths".into());
    }
    Ok(messages)
}

/// Files, but those that only describe the others.
fn walk(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".tsv") && name != "README" {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        walk(&entry?.path(), files)?;
    }
    Ok(())
}

fn is_mbox(file: &Path) -> bool {
    let folder = file.parent().and_then(Path::file_name);
    file.extension().is_some_and(|ending| ending == "mbox")
        || folder.is_some_and(|name| name == "_mbox")
}

/// The messages of an mbox. A separator is a line `From ... hh:mm ...`, first or after an empty
/// line; the newline of that empty line belongs to no message.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut messages, mut start, mut at, mut after_empty) = (Vec::new(), None, 0, true);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if after_empty && is_separator(line) {
            messages.extend(start.map(|start| less_newline(&bytes[start..at])));
            start = Some(at + line.len());
        }
        after_empty = matches!(line, b"\n" | b"\r\n");
        at += line.len();
    }
    messages.extend(start.map(|start| &bytes[start..]));
    if messages.is_empty() { vec![bytes] } else { messages }
}

fn is_separator(line: &[u8]) -> bool {
    let time = |w: &[u8]| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit();
    line.starts_with(b"From ") && line.windows(3).any(time)
}

fn less_newline(bytes: &[u8]) -> &[u8] {
    let less = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    less.strip_suffix(b"\r").unwrap_or(less)
}

#[cfg(test)]
mod tests {
    use super::{Newlines, split};

    #[test]
    fn an_mbox_is_split_between_its_messages() {
        let mbox = b"From a Mon 10:00\na: 1\n\nFrom the start\n\nFrom b Tue 11:11\nb: 2\n\n";
        assert_eq!(split(mbox), [&b"a: 1\n\nFrom the start\n"[..], b"b: 2\n\n"]);
        assert_eq!(split(b"a: 1\n\nbody"), [b"a: 1\n\nbody"]);
    }

    #[test]
    fn newlines_are_made_one_kind() {
        assert_eq!(Newlines::Lf.apply(b"a\r\nb\nc\rd"), b"a\nb\nc\rd");
        assert_eq!(Newlines::Crlf.apply(b"a\r\nb\nc\rd"), b"a\r\nb\r\nc\rd");
    }
}
