//! Real mail and generated mail: every message comes back, as it is, in LF and in CRLF.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use mailstore::mime::DetachRules;

use crate::behind::{is_as_together, small_bodies};
use crate::properties::{assert_nested, assert_sections, assert_tiles};
use crate::shelf::{eager, stored};
use crate::soup::{crlf, lf};

/// A file that lies beside the workspace. Says so if it is not there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    if !path.exists() {
        eprintln!("NOT RUN: there is no ../shared/{name} beside the workspace");
    }
    path.exists().then_some(path)
}

fn comes_back(raw: Vec<u8>, rules: &DetachRules) {
    let raw = Bytes::from(raw);
    let (tree, shelf) = stored(&raw, rules);
    assert_tiles(&tree);
    assert_nested(&tree);
    if tree.parts().len() < 200 && raw.len() < 1 << 20 {
        assert_sections(&tree, &shelf, &raw);
    }
}

/// As it is, in LF, in CRLF; the last also with as much detached as can be.
fn comes_back_in_all_newlines(raw: Vec<u8>) {
    comes_back(lf(&raw), &DetachRules::default());
    comes_back(crlf(&raw), &eager());
    comes_back(raw, &DetachRules::default());
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

#[test]
fn every_message_of_the_corpus_comes_back() {
    let Some(archive) = shared("corpus.tar.zst") else { return };
    let mut tar = Vec::new();
    let packed = std::fs::File::open(archive).unwrap();
    zstd::Decoder::new(packed).unwrap().read_to_end(&mut tar).unwrap();
    let files = files(&tar);
    assert!(files.len() > 4_900, "{}", files.len());
    for raw in &files {
        comes_back_in_all_newlines(raw.to_vec());
    }
    let together = files.iter().filter(|raw| is_as_together(&raw.to_vec().into(), &small_bodies()));
    assert!(together.count() * 100 > files.len() * 99);
}

/// Runs the generator and tries every message it makes.
fn generated(arguments: &[&str], least: usize) {
    let Some(script) = shared("gen_corpus.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new("python3");
    run.arg(script).args(arguments).arg("--out").arg(folder.path());
    let status = run.stdout(std::process::Stdio::null()).status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: python3 could not run the generator");
        return;
    }
    let mut count = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            comes_back_in_all_newlines(std::fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count >= least, "{count}");
}

#[test]
fn every_named_case_of_the_generator_comes_back() {
    generated(&["--seed", "1"], 150);
    generated(&["--seed", "2", "--count", "1200"], 1_200);
}

#[test]
fn every_big_case_of_the_generator_comes_back() {
    generated(&["--seed", "3", "--big", "--attachment-mb", "3"], 170);
}
