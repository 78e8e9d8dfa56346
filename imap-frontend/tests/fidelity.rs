//! What comes in by APPEND goes out by FETCH: all of it, each part, any range, byte for byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use bytes::Bytes;
use common::client::Client;
use common::sections::sections;
use common::{On, Options, Server};
use mailstore::mime::decode::decode_transfer;
use mailstore::mime::{Kind, Limits, Part, TransferEncoding, parse};

/// Messages that other servers are known to change.
fn nasty() -> Vec<Vec<u8>> {
    let base64 = |bytes: usize, line: usize, newline: &str| {
        let content: Vec<u8> = (0..bytes).map(|i| ((i * i) >> 3) as u8).collect();
        let text = data_encoding::BASE64.encode(&content);
        let lines: Vec<_> = text.as_bytes().chunks(line).map(<[u8]>::to_vec).collect();
        String::from_utf8(lines.join(newline.as_bytes())).unwrap()
    };
    let mixed = |parts: &str| {
        format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}")
    };
    let attachment = |text: &str, tail: &str| {
        mixed(&format!(
            "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: \
             application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}{tail}--b--\r\n"
        ))
    };
    let nested = "Subject: in\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n\
                  plain\r\n--c\r\nContent-Type: text/html\r\n\r\n<b>\r\n--c--\r\n";
    let texts = vec![
        "\n".into(),
        "\r\n".into(),
        "x".into(),
        "\0\r\n\0".into(),
        "Subject: no body\r\n\r\n".into(),
        "Subject: no end".into(),
        "Subject: lf\n\nbody\nwith lf\n".into(),
        "Subject: mixed\r\n\nbody\r\r\n\rend\r".into(),
        "From here on\r\n>From there\r\n.\r\n..\r\n\r\n".into(),
        "\r\nbody after an empty header\r\n".into(),
        "A: 1\rB: 2\r\nJunk line\r\n: x\r\n\r\nbody  \t\r\n\r\n\r\n".into(),
        mixed("preamble\r\n--b\r\n\r\none\r\n--b--\r\nepilogue\r\n"),
        mixed("--b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b--"),
        mixed("--b\r\nX: y\r\n--b--\r\n\r\n\r\n"),
        mixed("--b  \t\r\n\r\npadded\r\n--b\r\n\r\nunterminated"),
        mixed("no delimiter at all"),
        mixed("--b--\r\n"),
        mixed(&format!("--b\r\nContent-Type: message/rfc822\r\n\r\n{nested}\r\n--b--\r\n")),
        mixed(&format!("--b\r\nContent-Type: message/rfc822\r\n\r\n{nested}--b--\r\n")),
        format!("Content-Type: message/rfc822\r\n\r\n{nested}"),
        attachment("QUJD\r\nQUJDREVG\r\nQQ==\r\nQUJD", "\r\n\r\n\r\n"),
        attachment("QR==", "\r\n"),
        attachment("QQ", "\r\nfooter of a list\r\n"),
        attachment(&base64(30_000, 76, "\r\n"), "\r\n"),
        attachment(&base64(300_001, 76, "\r\n"), "\r\n\r\n"),
        attachment(&base64(300_002, 60, "\n"), "\n"),
        attachment(&base64(300_000, 72, "\r\n"), ""),
        attachment(&base64(2_500_000, 76, "\r\n"), "\r\nand more\r\n"),
        format!("Subject: big\r\n\r\n{}", "a line of text\r\n".repeat(200_000)),
        format!("X: {}\r\n\r\nlong header", "y".repeat(1_500_000)),
    ];
    let mut all: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    all.push((0..=255).collect());
    all.push(b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\xfe\xe4".to_vec());
    all
}

harness::everywhere! {
    all_come_back
}

async fn all_come_back(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    for (number, raw) in nasty().into_iter().enumerate() {
        let answer = client.append("INBOX", &raw).await;
        assert!(answer.starts_with("OK [APPENDUID "), "message {number}: {answer}");
        comes_back(&mut client, number as u32 + 1, &raw).await;
    }
    server.stop().await;
}

async fn comes_back(client: &mut Client, uid: u32, raw: &[u8]) {
    let same = |what: &str, found: Option<Vec<u8>>, expected: &[u8]| {
        assert!(found.as_deref() == Some(expected), "message {uid}: {what} differs");
    };
    same("BODY[]", client.content(uid, "BODY.PEEK[]", "BODY[]").await, raw);
    same("RFC822", client.content(uid, "RFC822", "RFC822").await, raw);
    let sizes = client.ok(&format!("UID FETCH {uid} RFC822.SIZE")).await;
    assert!(sizes[0].ends_with(&format!("RFC822.SIZE {})", raw.len())), "{sizes:?}");

    let header = client.content(uid, "BODY.PEEK[HEADER]", "BODY[HEADER]").await.unwrap();
    let text = client.content(uid, "BODY.PEEK[TEXT]", "BODY[TEXT]").await.unwrap();
    assert!([header, text].concat() == raw, "message {uid}: HEADER and TEXT differ");

    let len = raw.len();
    for (offset, count) in [
        (0, 1),
        (1, 3),
        (len / 3, 64),
        ((len / 2) | 1, 4_097),
        (len.saturating_sub(5), 99),
        (len, 9),
    ] {
        let item = format!("BODY.PEEK[]<{offset}.{count}>");
        let found = client.content(uid, &item, &format!("BODY[]<{offset}>")).await;
        same(&item, found, &raw[offset.min(len)..(offset + count).min(len)]);
    }
    let tree = parse(Bytes::copy_from_slice(raw), &Limits::default());
    for (path, index) in sections(&tree) {
        let part = &tree.parts()[index];
        let range = |range: &std::ops::Range<u64>| &raw[range.start as usize..range.end as usize];
        for (path, range) in
            [(path.clone(), range(&part.body)), (format!("{path}.MIME"), range(&part.header))]
        {
            let (item, answer) = (format!("BODY.PEEK[{path}]"), format!("BODY[{path}]"));
            same(&path, client.content(uid, &item, &answer).await, range);
        }
        decoded_comes_back(client, uid, &path, (part, range(&part.body))).await;
    }
}

/// BINARY gives what a part stands for, also where that is decoded while it is sent.
async fn decoded_comes_back(
    client: &mut Client,
    uid: u32,
    path: &str,
    (part, body): (&Part, &[u8]),
) {
    let encoding = match part.kind {
        Kind::Leaf => part.content.transfer,
        _ => TransferEncoding::default(),
    };
    let expected = decode_transfer(encoding, body);
    let (item, answer) = (format!("BINARY.PEEK[{path}]"), format!("BINARY[{path}]"));
    let found = client.content(uid, &item, &answer).await;
    assert!(found.as_deref() == Some(&*expected), "message {uid}: {item} differs");
    let (from, to) = (expected.len() / 3, expected.len() / 3 * 2 + 1);
    let item = format!("BINARY.PEEK[{path}]<{from}.{}>", to - from);
    let found = client.content(uid, &item, &format!("{answer}<{from}>")).await;
    let expected_part = &expected[from..to.min(expected.len())];
    assert!(found.as_deref() == Some(expected_part), "message {uid}: {item} differs");
    let sizes = client.ok(&format!("UID FETCH {uid} BINARY.SIZE[{path}]")).await;
    assert!(sizes[0].ends_with(&format!("BINARY.SIZE[{path}] {})", expected.len())), "{sizes:?}");
}
