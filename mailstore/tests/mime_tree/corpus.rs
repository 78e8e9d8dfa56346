//! Real mail and generated mail: every message comes back, as it is, in LF and in CRLF.

use bytes::Bytes;
use harness::Newlines;
use mailstore::mime::DetachRules;

use crate::behind::{is_as_together, small_bodies};
use crate::properties::{assert_nested, assert_sections, assert_tiles};
use crate::shelf::{eager, stored};
use crate::soup::{crlf, lf};

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

#[test]
fn every_message_of_the_corpus_comes_back() {
    let Some(files) = harness::corpus(Newlines::AsIs) else { return };
    assert!(files.len() > 4_900, "{}", files.len());
    for raw in &files {
        comes_back_in_all_newlines(raw.clone());
    }
    let together =
        files.iter().filter(|raw| is_as_together(&Bytes::copy_from_slice(raw), &small_bodies()));
    assert!(together.count() * 100 > files.len() * 99);
}

/// Runs the generator and tries every message it makes. Those that are empty are left out there.
fn generated(arguments: &[&str], least: usize) {
    let Some(messages) = harness::generated(arguments) else { return };
    assert!(messages.len() >= least, "{}", messages.len());
    messages.into_iter().for_each(comes_back_in_all_newlines);
}

#[test]
fn every_named_case_of_the_generator_comes_back() {
    generated(&["--seed", "1"], 150);
    generated(&["--seed", "2", "--count", "1200"], 1_190);
    comes_back_in_all_newlines(Vec::new());
}

#[test]
fn every_big_case_of_the_generator_comes_back() {
    generated(&["--seed", "3", "--big", "--attachment-mb", "3"], 170);
}
