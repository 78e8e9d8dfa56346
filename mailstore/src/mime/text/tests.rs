use bytes::Bytes;

use super::*;
use crate::mime::{Limits, parse};

fn body(message: &str) -> String {
    let tree = parse(Bytes::from(message.to_owned()), &Limits::default());
    let mut out = String::new();
    append_body_text(&tree, |range| tree.bytes_of(range), &mut out);
    out
}

#[test]
fn folding() {
    let table = [
        ("ABC xyz", "abc xyz"),
        ("Straße STRAẞE ÀÉ", "straße straße a\u{300}e\u{301}"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
        ("ſtill İ", "still i\u{307}"),
        ("Привет, МИР!", "привет, мир!"),
        ("ﬁ FI ǅ DŽ", "fi fi dz\u{30c} dz\u{30c}"),
        ("Ｆｕｌｌ", "full"),
        ("", ""),
    ];
    for (text, folded) in table {
        assert_eq!(fold(text), folded);
    }
}

#[test]
fn header_fields_are_decoded_and_unfolded() {
    let header =
        b"Subject: Hello\r\n\tBeautiful \r\n World\r\nX-Y: =?utf-8?Q?=C3=89t=C3=A9?=\r\n\r\n";
    let text = HeaderText::of(header);
    let decomposed = "e\u{301}te\u{301}";
    assert_eq!(text.as_str(), format!("subject: hello beautiful world\nx-y: {decomposed}\n"));
    assert_eq!(text.first("x-y"), Some(decomposed));
    assert_eq!(text.first("x"), None);
}

#[test]
fn lines_that_are_no_field_are_text_without_a_name() {
    let header = b"From joe Thu Jan\nA: 1\r\nno\r\n =?utf-8?Q?c=C3=B6lon?=\r\nB: 2\r\n\r\nbody";
    let text = HeaderText::of(header);
    assert_eq!(text.as_str(), "from joe thu jan\na: 1\nno co\u{308}lon\nb: 2\n");
    assert_eq!(text.fields().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
}

#[test]
fn addresses_are_found_however_they_are_written() {
    let value = |header: &str| {
        let text = HeaderText::of(header.as_bytes());
        text.fields().next().unwrap().1.to_owned()
    };
    let table = [
        ("From: a@b.org", "a@b.org"),
        ("From: Ann <a@b.org>", "ann <a@b.org>"),
        ("From: <a (c)@ (d) b.org>", "<a (c)@ (d) b.org>\na@b.org"),
        ("Cc: a@b.org (Ann)", "a@b.org (ann)\nann <a@b.org>"),
        (
            "To: \"A \\\"B\\\"\" <a@b.org>, c@d",
            "\"a \\\"b\\\"\" <a@b.org>, c@d\na \"b\" <a@b.org>, c@d",
        ),
        ("To: g:a@b,c@d;, h: ;", "g:a@b,c@d;, h: ;\ng: a@b, c@d; h:;"),
        ("X-To: a@b.org (Ann)", "a@b.org (ann)"),
    ];
    for (header, wanted) in table {
        assert_eq!(value(header), wanted, "{header}");
    }
}

#[test]
fn bodies_are_decoded() {
    let table = [
        ("A: 1\n\nHELLO\n", "hello\n\n"),
        ("Content-Transfer-Encoding: base64\n\nSEVM\nTE8=", "hello\n"),
        ("Content-Transfer-Encoding: quoted-printable\n\nHE=\nLLO", "hello\n"),
        (
            "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<B>=C9",
            "<b>e\u{301}\n",
        ),
        ("Content-Type: image/png\n\nHELLO", ""),
    ];
    for (message, text) in table {
        assert_eq!(body(message), format!("\0{text}"), "{message}");
    }
}

#[test]
fn parts_are_found_by_their_headers_and_embedded_messages_whole() {
    let message = "Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n\
                   --b\nContent-Type: image/png; name=Cat.PNG\n\nno\n\
                   --b\nContent-Type: message/rfc822\n\nSubject: IN\0NER\n\nTe\0xt\n--b--\n";
    let text = body(message);
    assert_eq!(
        text,
        "content-type: image/png; name=cat.png\ncontent-type: message/rfc822\n\
         subject: inner\n\0te\0xt\n"
    );
    assert_eq!(bodies(&text), "te\0xt\n");
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let tree = parse(Bytes::from_static(b"A: 1\n\ntext"), &Limits::default());
    let mut out = String::new();
    append_body_text(&tree, |_| None::<Bytes>, &mut out);
    assert_eq!(bodies(&out), "");
}
