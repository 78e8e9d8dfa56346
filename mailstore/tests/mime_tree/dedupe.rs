//! The same file is the same blob, however it was mailed.

use bytes::Bytes;
use mailstore::blob::Digest;
use mailstore::mime::{DetachRules, Encoding, Limits, MimeTree, parse};

use crate::shelf::{Shelf, stored};

/// A file that looks like nothing in particular.
pub(crate) fn file(len: usize) -> Vec<u8> {
    let mut state = 0x1234_5678_9abc_def0_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

pub(crate) fn base64(content: &[u8], line: usize, newline: &str) -> String {
    let text = data_encoding::BASE64.encode(content);
    let lines: Vec<&str> =
        text.as_bytes().chunks(line).map(|l| std::str::from_utf8(l).unwrap()).collect();
    lines.join(newline)
}

/// A message with one base64 attachment.
pub(crate) fn mail(body: &str) -> Bytes {
    let text = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee attachment.\r\n\
         --b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {body}\r\n--b--\r\n"
    );
    Bytes::from(text)
}

/// Stored, read back, and what its only blob is called.
fn only_blob(raw: &Bytes) -> (Digest, Encoding) {
    let (tree, shelf) = stored(raw, &DetachRules::default());
    assert_eq!(shelf.len(), 1);
    let hole = &tree.holes()[0];
    (hole.blob.digest, hole.encoding)
}

#[test]
fn one_file_is_one_blob_however_its_lines_were_cut() {
    for len in [30_000, 30_001, 30_002, 400_001] {
        let content = file(len);
        let expected = Digest::of(&content);
        for line in [4, 60, 72, 73, 75, 76, 77, 998, usize::MAX] {
            for newline in ["\r\n", "\n"] {
                for end in ["", "\r\n", "\n\n\n", "\r\n\r\n____\r\nlist footer\r\n"] {
                    let body = base64(&content, line, newline) + end;
                    let (digest, encoding) = only_blob(&mail(&body));
                    assert_eq!(digest, expected, "{len} {line} {newline:?} {end:?}");
                    assert_ne!(encoding, Encoding::Raw);
                }
            }
        }
    }
}

#[test]
fn content_that_would_not_come_back_is_kept_as_it_is() {
    let content = file(60_000);
    let good = base64(&content, 76, "\r\n");
    let mut space = good.clone();
    space.insert(40_000, ' ');
    let mut url_safe = good.clone();
    url_safe.replace_range(100..101, "_");
    let mut longer = good.clone();
    longer.insert_str(78 * 50, "QUJD");
    let mixed = good.replacen("\r\n", "\n", 400).replacen('\n', "\r\n", 200);
    let twice = format!("{}\r\n{good}", base64(&content[..50_000], 76, "\r\n"));
    for body in [space, url_safe, longer, mixed, twice] {
        assert_eq!(only_blob(&mail(&body)).1, Encoding::Raw);
    }
}

#[test]
fn a_message_with_the_same_file_twice_stores_it_once() {
    let body = base64(&file(50_000), 76, "\r\n");
    let second = format!(
        "{body}\r\n--b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n{body}"
    );
    let raw = mail(&second);
    let (tree, detached) = parse(raw.clone(), &Limits::default()).detach(&DetachRules::default());
    assert_eq!((tree.holes().len(), tree.blobs().count(), detached.len()), (2, 2, 1));
    assert_eq!(Shelf::of(&detached).run(&tree.plan()), raw);
}

#[test]
fn what_is_small_or_shown_stays_in_the_tree() {
    let rules = DetachRules::default();
    let count = |raw: &str| stored(&Bytes::copy_from_slice(raw.as_bytes()), &rules).1.len();
    let text = |len: usize, head: &str| format!("Content-Type: {head}\n\n{}", "x".repeat(len));
    assert_eq!(count(&text(16 * 1024 - 1, "image/png")), 0);
    assert_eq!(count(&text(16 * 1024, "image/png")), 1);
    assert_eq!(count(&text(16 * 1024, "text/html")), 0);
    assert_eq!(count(&text(16 * 1024, "text/x\nContent-Disposition: attachment")), 1);
    assert_eq!(count(&text(64 * 1024, "text/html")), 1);
}

#[test]
fn the_tree_keeps_at_most_its_share_of_any_message() {
    let rules = DetachRules::default();
    let header = format!("X-Huge: {}\n\nbody", "y".repeat(3 << 20));
    let preamble = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}\n--b\n\n{}\n--b--\n{}",
        "p".repeat(900_000),
        "t".repeat(60_000),
        "e".repeat(700_000)
    );
    let part = format!("--b\n\n{}\n", "t".repeat(3_000));
    let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", part.repeat(2_000));
    let tiny = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n".repeat(1 << 20));
    for (raw, blobs) in [(header, 1), (preamble, 1), (many, 1), (tiny, 1)] {
        let raw = Bytes::from(raw);
        let (tree, shelf) = stored(&raw, &rules);
        assert_eq!(shelf.len(), blobs);
        assert!(tree.encode().len() < 1_200_000 + shelf.len() * 64);
    }
}

#[test]
fn a_tree_is_detached_once() {
    let raw = mail(&base64(&file(50_000), 76, "\r\n"));
    let (tree, _) = parse(raw, &Limits::default()).detach(&DetachRules::default());
    let again: (MimeTree, _) =
        tree.clone().detach(&DetachRules { attachment: 1, text: 1, inline: 1 });
    assert_eq!(again.0, tree);
    assert!(again.1.is_empty());
}
