//! MIME: finding structure, detaching, and giving the bytes back.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use mailstore::blob::CHUNK;
use mailstore::mime::{DetachRules, Detached, Limits, MimeTree, Piece, parse};

const MIB: usize = 1 << 20;

/// Content that looks like nothing in particular.
fn file(len: usize) -> Vec<u8> {
    let mut state = 0x1234_5678_9abc_def0_u64;
    let words = std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as u32).to_le_bytes()
    });
    words.flatten().take(len).collect()
}

fn base64(content: &[u8], newline: &[u8]) -> Vec<u8> {
    let text = data_encoding::BASE64.encode(content);
    text.as_bytes().chunks(76).collect::<Vec<_>>().join(newline)
}

/// A text and an attachment of 10 MB before encoding.
fn attachment_mail(encoding: &str, body: &[u8]) -> Bytes {
    let head = format!(
        "From: a@example.org\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
         --=_b\r\nContent-Type: text/plain\r\n\r\nSee attachment.\r\n--=_b\r\n\
         Content-Type: application/pdf\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    );
    [head.as_bytes(), body, b"\r\n--=_b--\r\n"].concat().into()
}

fn base64_mail() -> Bytes {
    attachment_mail("base64", &base64(&file(10 * MIB), b"\r\n"))
}

fn raw_mail() -> Bytes {
    attachment_mail("binary", &file(10 * MIB))
}

/// The corpus beside the workspace; without it a few small messages.
fn mixed() -> Vec<Bytes> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus.tar.zst");
    let Ok(packed) = std::fs::File::open(archive) else {
        eprintln!("there is no ../shared/corpus.tar.zst: `mixed` is 1,000 small messages");
        return (0..1000).map(|n| attachment_mail("base64", &base64(&file(n), b"\n"))).collect();
    };
    let mut tar = Vec::new();
    zstd::Decoder::new(packed).unwrap().read_to_end(&mut tar).unwrap();
    messages(&tar)
}

/// The messages in a tar archive; whole mailboxes and lists are left out.
fn messages(tar: &[u8]) -> Vec<Bytes> {
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512).filter(|header| header[0] != 0) {
        let digits = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).unwrap();
        let name = String::from_utf8_lossy(&header[..100]).into_owned();
        let other = ["_mbox", "MANIFEST", "README", "LICENCES"].iter().any(|n| name.contains(n));
        if matches!(header[156], b'0' | 0) && !other {
            files.push(Bytes::copy_from_slice(&tar[at + 512..at + 512 + size]));
        }
        at += 512 + size.next_multiple_of(512);
    }
    files
}

/// Inputs made to be slow, 1 MiB each.
fn hostile() -> Vec<(&'static str, Bytes)> {
    let fill = |head: &str, unit: &str| -> Bytes {
        (head.to_string() + &unit.repeat((MIB - head.len()) / unit.len())).into()
    };
    let nested: String = (0..40)
        .map(|n| format!("Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n"))
        .collect();
    let dashes = "-".repeat(199);
    vec![
        ("encoded_words", fill("Content-Type: ", "=?a?b?c ")),
        ("params", fill("Content-Type: text/html", ";aN*0*=u''x")),
        ("boundary_params", fill("Content-Type: multipart/mixed", ";boundary*0*=u''x")),
        ("comments", fill("Content-Type: multipart/mixed", "(")),
        ("dashes", fill(&format!("Content-Type: multipart/mixed; boundary={dashes}\n\n"), "-")),
        ("dash_lines", fill(&format!("{nested}\n"), "\n--------")),
        ("near_misses", fill(&format!("{nested}\n"), "\n--x")),
        ("near_misses_in_header", fill(&nested, "--x\n")),
        ("empty_parts", fill("Content-Type: multipart/mixed; boundary=a\n\n", "--a\n")),
        ("nested_messages", fill("", "Content-Type: message/rfc822\n\n")),
        ("carriage_returns", fill("Content-Type: multipart/mixed; boundary=a\n\n", "\r")),
        ("folds", fill("Content-Type: multipart/mixed", "\n ")),
        ("headers", fill("", "X: y\n")),
        ("newlines", fill("Content-Type: multipart/mixed; boundary=a\n\n", "\n")),
    ]
}

fn parse_one(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, raw: &Bytes) {
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function(name, |b| {
        b.iter(|| parse(black_box(raw.clone()), &Limits::default()));
    });
}

fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    parse_one(&mut group, "attachment_crlf", &base64_mail());
    parse_one(
        &mut group,
        "attachment_lf",
        &attachment_mail("base64", &base64(&file(10 * MIB), b"\n")),
    );
    let mixed = mixed();
    let size: usize = mixed.iter().map(Bytes::len).sum();
    group.throughput(Throughput::Bytes(size as u64));
    group.bench_function("mixed", |b| {
        b.iter(|| {
            for raw in &mixed {
                black_box(parse(raw.clone(), &Limits::default()));
            }
        });
    });
    for (name, raw) in hostile() {
        parse_one(&mut group, &format!("hostile_{name}"), &raw);
    }
    group.finish();
}

/// Whether chunks are hashed before they are used.
#[derive(Clone, Copy, PartialEq)]
enum Checks {
    On,
    Off,
}

/// Carries a plan out, `out` used again and again as a connection's buffer would be.
fn send(tree: &MimeTree, blobs: &[Detached], checks: Checks, out: &mut Vec<u8>) -> u64 {
    let mut sent = 0;
    for piece in tree.plan().pieces() {
        let (blob, mut rebuild) = match (piece, piece.rebuild()) {
            (Piece::Blob { blob, .. }, Some(rebuild)) => (blob, rebuild),
            (Piece::Bytes(bytes), _) => {
                out.clear();
                out.extend_from_slice(bytes);
                sent += black_box(&out).len() as u64;
                continue;
            }
            _ => continue,
        };
        let stored = blobs.iter().find(|stored| stored.blob.digest == blob.digest).unwrap();
        for (index, chunk) in stored.content.chunks(CHUNK).enumerate() {
            assert!(checks == Checks::Off || blob.check_chunk(index, chunk));
            out.clear();
            rebuild.push(chunk, out);
            sent += black_box(&out).len() as u64;
        }
    }
    sent
}

fn rebuilding(c: &mut Criterion) {
    let mut group = c.benchmark_group("rebuild");
    let raw = raw_mail();
    let mut out = Vec::with_capacity(2 * CHUNK);
    group.throughput(Throughput::Bytes(raw.len() as u64));
    group.bench_function("memcpy", |b| {
        b.iter(|| {
            for chunk in raw.chunks(CHUNK) {
                out.clear();
                out.extend_from_slice(chunk);
                black_box(&out);
            }
        });
    });
    for (name, raw) in [("raw", raw), ("base64", base64_mail())] {
        let tree = parse(raw.clone(), &Limits::default());
        let (tree, blobs) = tree.detach(&DetachRules::default());
        group.throughput(Throughput::Bytes(raw.len() as u64));
        for (label, checks) in [("checked", Checks::On), ("unchecked", Checks::Off)] {
            group.bench_function(format!("{name}_{label}"), |b| {
                b.iter(|| assert_eq!(send(&tree, &blobs, checks, &mut out), raw.len() as u64));
            });
        }
    }
    group.finish();
}

fn detaching(c: &mut Criterion) {
    let mut group = c.benchmark_group("detach");
    let mixed = mixed();
    let size: usize = mixed.iter().map(Bytes::len).sum();
    let stored = |raw: &Bytes| {
        let tree = parse(raw.clone(), &Limits::default());
        let (tree, blobs) = tree.detach(&DetachRules::default());
        assert!(tree.reproduces(raw, &blobs));
        (tree.encode(), blobs)
    };
    for (name, raw) in [("attachment_base64", base64_mail()), ("attachment_raw", raw_mail())] {
        group.throughput(Throughput::Bytes(raw.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| parse(raw.clone(), &Limits::default()).detach(&DetachRules::default()));
        });
        group.bench_function(format!("{name}_with_proof_and_stored_form"), |b| {
            b.iter(|| stored(&raw))
        });
    }
    group.throughput(Throughput::Bytes(size as u64));
    group.bench_function("mixed_with_proof_and_stored_form", |b| {
        b.iter(|| mixed.iter().map(|raw| black_box(stored(raw)).0.len()).sum::<usize>());
    });
    let trees: Vec<Bytes> = mixed.iter().map(|raw| Bytes::from(stored(raw).0)).collect();
    group.bench_function("mixed_decode", |b| {
        b.iter(|| trees.iter().filter(|tree| MimeTree::decode((*tree).clone()).is_ok()).count());
    });
    group.finish();
}

criterion_group!(benches, parsing, rebuilding, detaching);
criterion_main!(benches);
