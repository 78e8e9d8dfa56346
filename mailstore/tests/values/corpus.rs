//! Every message of the corpus has derived values that hold together: legal IMAP, as many parts as
//! its tree, and the same after they were stored.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use mailstore::mime::text::{HeaderText, append_body_text};
use mailstore::mime::{Derived, Kind, Limits, MimeTree, parse};

use crate::grammar::{Value, assert_structure};

/// The regular files of a tar archive.
pub(crate) fn files(tar: &[u8]) -> Vec<&[u8]> {
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

/// The corpus, unpacked to one archive. Says so if it is not there.
pub(crate) fn corpus() -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus.tar.zst");
    let Ok(packed) = std::fs::File::open(path) else {
        eprintln!("NOT RUN: there is no ../shared/corpus.tar.zst beside the workspace");
        return None;
    };
    let mut tar = Vec::new();
    zstd::Decoder::new(packed).unwrap().read_to_end(&mut tar).unwrap();
    Some(tar)
}

/// How many parts a BODY shows, an embedded message and its content as two.
fn count_parts(body: &Value) -> usize {
    let items = body.list();
    let children = items.iter().take_while(|item| matches!(item, Value::List(_))).count();
    if children > 0 {
        return 1 + items[..children].iter().map(count_parts).sum::<usize>();
    }
    match (items[0].text(), items[1].text()) {
        (b"message", b"rfc822") => 1 + count_parts(&items[8]),
        _ => 1,
    }
}

fn check(tree: &MimeTree, raw: &Bytes) {
    let derived = Derived::of(tree, raw);
    assert_eq!(Derived::decode(&derived.encode().into()).as_ref(), Some(&derived));
    let envelope = Value::parse(derived.envelope()).expect("the envelope is legal");
    assert_eq!(envelope.list().len(), 10);
    let body = Value::parse(&derived.body()).expect("the body is legal");
    let structure = Value::parse(derived.structure()).expect("the structure is legal");
    assert_structure(&structure);
    assert_eq!(count_parts(&body), tree.parts().len());
    assert!(derived.preview().chars().count() <= 200);
    let mut text = String::new();
    append_body_text(tree, |range| tree.bytes_of(range), &mut text);
    let header = tree.bytes_of(tree.parts()[0].header.clone()).unwrap();
    let header = HeaderText::of(&header);
    assert!(header.fields().all(|(name, _)| !name.is_empty()));
}

#[test]
fn every_message_has_values_that_hold_together() {
    let Some(tar) = corpus() else { return };
    let files = files(&tar);
    assert!(files.len() > 4_900, "{}", files.len());
    let mut divided = 0;
    for raw in files {
        let raw = Bytes::copy_from_slice(raw);
        let tree = parse(raw.clone(), &Limits::default());
        divided += usize::from(tree.parts()[0].kind != Kind::Leaf);
        check(&tree, &raw);
    }
    assert!(divided > 1_000, "{divided}");
}
