//! The messages of the corpus, and those that the generator makes. Both lie beside the workspace;
//! where they do not, a test says so. Empty ones are left out: IMAP's APPEND refuses them.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How the lines of a message are made to end.
#[derive(Clone, Copy, Debug)]
pub enum Newlines {
    /// As they are.
    AsIs,
    /// In LF.
    Lf,
    /// In CRLF.
    Crlf,
}

impl Newlines {
    fn applied(self, raw: &[u8]) -> Vec<u8> {
        match self {
            Self::AsIs => raw.to_vec(),
            Self::Lf => lines(raw).collect::<Vec<_>>().join(&b"\n"[..]),
            Self::Crlf => lines(raw).collect::<Vec<_>>().join(&b"\r\n"[..]),
        }
    }
}

/// The lines, without the LF or CRLF at their ends; after the last of these comes one more.
fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ended = raw.iter().filter(|byte| **byte == b'\n').count();
    let lines = raw.split(|byte| *byte == b'\n').enumerate();
    lines.map(move |(number, line)| match line.strip_suffix(b"\r") {
        Some(text) if number < ended => text,
        _ => line,
    })
}

/// Every message of the corpus.
pub fn corpus(newlines: Newlines) -> Option<Vec<Vec<u8>>> {
    let packed = std::fs::File::open(shared("corpus.tar.zst")?).unwrap();
    let mut tar = Vec::new();
    zstd::Decoder::new(packed).unwrap().read_to_end(&mut tar).unwrap();
    let files = files(&tar).into_iter().filter(|raw| !raw.is_empty());
    Some(files.map(|raw| newlines.applied(raw)).collect())
}

/// Every message that the generator makes when it is run with these arguments.
pub fn generated(arguments: &[&str]) -> Option<Vec<Vec<u8>>> {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new("python3");
    run.arg(shared("gen_corpus.py")?).args(arguments).arg("--out").arg(folder.path());
    if !run.stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: python3 could not run the generator");
        return None;
    }
    let paths = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension() == Some("eml".as_ref())).collect();
    paths.sort();
    let messages = paths.into_iter().map(|path| std::fs::read(path).unwrap());
    Some(messages.filter(|raw| !raw.is_empty()).collect())
}

/// A file that lies beside the workspace. Says so if it is not there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    if !path.exists() {
        eprintln!("NOT RUN: there is no ../shared/{name} beside the workspace");
    }
    path.exists().then_some(path)
}

/// The files of a tar archive, whatever their names.
fn files(tar: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512).filter(|header| header[0] != 0) {
        let digits = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).unwrap();
        if matches!(header[156], b'0' | 0) {
            files.push(&tar[at + 512..at + 512 + size]);
        }
        at += 512 + size.next_multiple_of(512);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newlines_are_made_alike() {
        for (raw, lf, crlf) in [
            (&b"a\nb\r\nc"[..], &b"a\nb\nc"[..], &b"a\r\nb\r\nc"[..]),
            (b"\r\n\n\r", b"\n\n\r", b"\r\n\r\n\r"),
            (b"\rx\r\r\n", b"\rx\r\n", b"\rx\r\r\n"),
        ] {
            assert_eq!(Newlines::Lf.applied(raw), lf);
            assert_eq!(Newlines::Crlf.applied(raw), crlf);
        }
    }
}
