//! The 28 ways in which WildDuck gives back other bytes than it was given, F1 to F28: here every
//! byte comes back, and the structure is what it should be.
//!
//! Each message is tried as it is and with everything detached.

use bytes::Bytes;
use mailstore::mime::DetachRules;

use crate::dedupe::{base64, file, mail};
use crate::properties::{assert_nested, assert_sections, assert_tiles};
use crate::shelf::{eager, stored};
use crate::structure::shape;

/// The message comes back, whole and in sections, whatever is detached.
#[track_caller]
fn comes_back(raw: &str) {
    let raw = Bytes::copy_from_slice(raw.as_bytes());
    for rules in [DetachRules::default(), eager()] {
        let (tree, shelf) = stored(&raw, &rules);
        assert_tiles(&tree);
        assert_nested(&tree);
        assert_sections(&tree, &shelf, &raw);
    }
}

fn multipart(body: &str) -> String {
    format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{body}")
}

/// The two parts `one` and `two` of a multipart.
const TWO: &str = "multipart/mixed(text/plain=\"one\" text/plain=\"two\")";

#[track_caller]
fn has_two_parts(raw: &str) {
    comes_back(raw);
    assert_eq!(shape(raw), TWO);
}

#[test]
fn f01_bare_lf() {
    comes_back("Subject: a\n\none\ntwo\n");
    comes_back("Subject: a\r\nX: b\n\r\none\ntwo\r\nthree\n");
    has_two_parts(
        &multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n").replace("\r\n", "\n"),
    );
}

#[test]
fn f02_lone_cr_in_a_header() {
    comes_back("Subject: a\rb\r\nX: c\r\r\nY: d\r\n\r\nbody\r\n");
}

#[test]
fn f03_headers_and_a_blank_line_without_a_body() {
    comes_back("Subject: a\r\n\r\n");
    assert_eq!(shape("Subject: a\r\n\r\n"), "text/plain=\"\"");
}

#[test]
fn f04_headers_only() {
    comes_back("Subject: a");
    comes_back("Subject: a\r\n");
    comes_back("Subject: a\r");
}

#[test]
fn f05_a_blank_line_first() {
    comes_back("\r\nbody\r\n");
    has_two_parts(&multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"));
}

#[test]
fn f06_empty_part() {
    let raw = multipart("--b\r\nContent-Type: image/png\r\n\r\n\r\n--b--\r\n");
    comes_back(&raw);
    assert_eq!(shape(&raw), "multipart/mixed(image/png=\"\")");
    comes_back(&multipart("--b\r\n\r\n--b--\r\n"));
}

#[test]
fn f07_delimiter_directly_after_a_header() {
    let raw = multipart("--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--\r\n");
    comes_back(&raw);
    assert_eq!(shape(&raw), "multipart/mixed(text/html=\"\" text/plain=\"two\")");
}

#[test]
fn f08_epilogue() {
    has_two_parts(&multipart("pre\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepilogue\r\n"));
    has_two_parts(&multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n\r\n"));
}

#[test]
fn f09_closing_delimiter_at_the_very_end() {
    has_two_parts(&multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--"));
}

/// A multipart inside a multipart, with something between the inner end and the outer delimiter.
fn nested(between: &str) -> String {
    let inner = "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nin\r\n--c--";
    multipart(&format!("--b\r\n{inner}{between}--b\r\n\r\ntwo\r\n--b--\r\n"))
}

const NESTED: &str = "multipart/mixed(multipart/mixed(text/plain=\"in\") text/plain=\"two\")";

#[test]
fn f10_inner_closing_delimiter_directly_before_the_outer_one() {
    comes_back(&nested("\r\n"));
    assert_eq!(shape(&nested("\r\n")), NESTED);
}

#[test]
fn f11_blank_lines_after_the_inner_closing_delimiter() {
    for between in ["\r\n\r\n", "\r\n\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n", " \t\r\n"] {
        comes_back(&nested(between));
        assert_eq!(shape(&nested(between)), NESTED);
    }
}

#[test]
fn f12_unterminated_multipart() {
    has_two_parts(&multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo"));
}

#[test]
fn f13_multipart_without_parts() {
    for body in ["", "no delimiter\r\n", "--b--\r\n", "pre\r\n--b--\r\nepi"] {
        comes_back(&multipart(body));
        assert_eq!(shape(&multipart(body)), format!("multipart/mixed={body:?}"));
    }
    comes_back("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\none\r\n--b--\r\n");
}

#[test]
fn f14_white_space_after_a_delimiter() {
    has_two_parts(&multipart("--b \r\n\r\none\r\n--b\t \r\n\r\ntwo\r\n--b--  \r\n"));
}

#[test]
fn f15_boundaries_that_need_a_parser() {
    for (param, boundary) in [
        ("\"a;b\"", "a;b"),
        ("\"a\\\"b\"", "a\"b"),
        ("'ab'", "'ab'"),
        ("ab (comment)", "ab"),
        ("\"a b\"", "a b"),
        ("\"=_?(),/:\"", "=_?(),/:"),
    ] {
        has_two_parts(&format!(
            "Content-Type: multipart/mixed; boundary={param}\r\n\r\n\
             --{boundary}\r\n\r\none\r\n--{boundary}\r\n\r\ntwo\r\n--{boundary}--\r\n"
        ));
    }
}

#[test]
fn f16_inner_multipart_never_closed() {
    let raw = nested("\r\n").replace("\r\n--c--", "");
    comes_back(&raw);
    assert_eq!(shape(&raw), NESTED);
}

#[test]
fn f17_the_same_boundary_inside() {
    let raw = nested("\r\n").replace("=c", "=b").replace("--c", "--b");
    comes_back(&raw);
    assert_eq!(shape(&raw), NESTED);
}

#[test]
fn f18_a_part_after_the_closing_delimiter() {
    has_two_parts(&multipart(
        "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n--b\r\n\r\nthree\r\n--b--\r\n",
    ));
}

/// Messages whose attachment is base64 that `change` has changed.
#[track_caller]
fn base64_comes_back(change: impl Fn(&str) -> String) {
    for len in [9, 10, 11, 40_000] {
        for newline in ["\r\n", "\n"] {
            let body = change(&base64(&file(len), 76, newline));
            comes_back(std::str::from_utf8(&mail(&body)).unwrap());
        }
    }
}

#[test]
fn f19_blank_lines_after_base64() {
    base64_comes_back(|body| format!("{body}\r\n"));
    base64_comes_back(|body| format!("{body}\r\n\r\n\r\n"));
    base64_comes_back(|body| format!("{body}\n\r\n"));
}

#[test]
fn f20_an_odd_line_in_the_middle() {
    base64_comes_back(|body| format!("{}\r\n{}", &body[..body.len() / 2], &body[body.len() / 2..]));
    base64_comes_back(|body| body.replacen('\n', "\nQUJD", 1));
}

#[test]
fn f21_stray_characters() {
    for stray in [" ", "-", "_", "\t", "!", "\0", "\r"] {
        base64_comes_back(|body| {
            format!("{}{stray}{}", &body[..body.len() * 2 / 3], &body[body.len() * 2 / 3..])
        });
    }
}

#[test]
fn f22_final_bits_that_are_not_zero() {
    base64_comes_back(|body| format!("{body}\r\nQR=="));
    comes_back(
        std::str::from_utf8(&mail(&format!("{}QR==", base64(&file(30_000), 76, "")))).unwrap(),
    );
    comes_back(std::str::from_utf8(&mail("QR==")).unwrap());
}

#[test]
fn f23_padding_is_missing() {
    base64_comes_back(|body| body.trim_end_matches('=').to_string());
    base64_comes_back(|body| format!("{}Q", body.trim_end_matches('=')));
}

#[test]
fn f24_base64_after_base64() {
    base64_comes_back(|body| format!("QUI=\r\n{body}"));
    base64_comes_back(|body| format!("{body}QQ=={body}"));
    base64_comes_back(|body| format!("{body}QQ==\r\n{body}"));
}

#[test]
fn f25_text_after_base64() {
    base64_comes_back(|body| format!("{body}\r\n_______\r\nlist mailing list\r\n"));
    base64_comes_back(|body| format!("{body}\r\n{}", "footer\r\n".repeat(2_000)));
}

#[test]
fn f26_one_long_line() {
    for len in [9, 700, 748, 749, 30_000] {
        let line = base64(&file(len), usize::MAX, "");
        comes_back(std::str::from_utf8(&mail(&line)).unwrap());
        comes_back(&format!(
            "Content-Transfer-Encoding: base64\r\nContent-Type: a/b\r\n\r\n{line}"
        ));
    }
}

/// That a missing blob is an error and never other bytes is the reader's business. What the tree
/// has to do with it: a chunk that is short, altered or another's is told from the right one.
#[test]
fn f27_a_blob_that_is_not_what_was_stored_is_noticed() {
    let raw = mail(&base64(&file(300_000), 76, "\r\n"));
    let (tree, _) = stored(&raw, &DetachRules::default());
    let blob = tree.blobs().next().unwrap();
    let content = file(300_000);
    let chunks: Vec<&[u8]> = content.chunks(mailstore::blob::CHUNK).collect();
    assert!(blob.check_chunk(0, chunks[0]) && blob.check_chunk(1, chunks[1]));
    assert!(!blob.check_chunk(0, b"") && !blob.check_chunk(0, chunks[1]));
    assert!(!blob.check_chunk(1, &[b' '].repeat(chunks[1].len())));
}

/// What a delivery puts in front is the front-end's business. What the tree has to do with it:
/// with lines in front of it, the message is the same bytes after them.
#[test]
fn f28_trace_fields_in_front_change_nothing_behind_them() {
    let raw = multipart("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n");
    has_two_parts(&format!("Return-Path: <a@b>\r\nDelivered-To: c@d\r\n{raw}"));
}
