//! Whatever bytes come in, values come out: no panic, legal IMAP, within their bounds.

use bytes::Bytes;
use mailstore::mime::envelope::Envelope;
use mailstore::mime::header::{Fields, Parameters, SentDate, decode_words};
use mailstore::mime::text::{HeaderText, append_body_text, fold};
use mailstore::mime::{Derived, Limits, parse};
use proptest::prelude::*;

use crate::grammar::{Value, assert_structure};

/// Pieces of mail, broken and whole, and arbitrary bytes.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: &[&str] = &[
        "From: ",
        "To: ",
        "Subject:",
        "Date: ",
        "Sender:",
        "Message-ID: <a@b>",
        "\r\n",
        "\n",
        "\r",
        "\r\n ",
        "\n\t",
        "\r\n\r\n",
        "\0",
        "\"",
        "\\",
        "(",
        ")",
        "<",
        ">",
        ",",
        ";",
        ":",
        "@",
        "[",
        "]",
        "=?utf-8?Q?",
        "=?iso-2022-jp?B?",
        "?=",
        "=C3=A9",
        "=",
        "w6k=",
        "é",
        " ",
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: message/rfc822",
        "--b",
        "--b--",
        "Content-Type: text/html; charset=utf-16",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Disposition: attachment;",
        "Content-Language: en,",
        "filename*0*=",
        "filename*1=",
        "utf-8''%41",
        "name=",
        "<style>",
        "</style",
        "<!--",
        "-->",
        "&#x41;",
        "&amp;",
        "21 Nov 1997 09:55:06 -0600",
        "group: ",
    ];
    let token = proptest::sample::select(TOKENS).prop_map(|token| token.as_bytes().to_vec());
    let piece = prop_oneof![8 => token.boxed(), 1 => any::<Vec<u8>>().boxed()];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn derived_values_are_legal_and_come_back(raw in soup()) {
        let raw = Bytes::from(raw);
        let derived = Derived::of(&parse(raw.clone(), &Limits::default()), &raw);
        let envelope = Value::parse(derived.envelope()).expect("legal");
        prop_assert_eq!(envelope.list().len(), 10);
        assert_structure(&Value::parse(derived.structure()).expect("legal"));
        prop_assert!(Value::parse(&derived.body()).is_some());
        prop_assert!(derived.preview().chars().count() <= 200);
        prop_assert_eq!(Derived::decode(&derived.encode().into()), Some(derived));
    }

    #[test]
    fn text_is_folded_already(raw in soup()) {
        let raw = Bytes::from(raw);
        let tree = parse(raw.clone(), &Limits::default());
        let mut text = String::new();
        append_body_text(&tree, |range| tree.bytes_of(range), &mut text);
        prop_assert_eq!(fold(&text), text);
        let header = HeaderText::of(&raw);
        prop_assert_eq!(fold(header.as_str()), header.as_str());
    }

    #[test]
    fn fields_are_where_they_say(raw in soup()) {
        let mut end = 0;
        for field in Fields::new(&raw) {
            prop_assert!(field.start >= end);
            end = field.start + field.lines.len();
            prop_assert_eq!(&raw[field.start..end], field.lines);
            prop_assert!(field.lines.starts_with(field.name));
            prop_assert!(!field.value().iter().any(|byte| b"\r\n\0".contains(byte)));
        }
    }

    #[test]
    fn a_stored_form_with_any_byte_changed_is_decoded_or_refused(
        raw in soup(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let raw = Bytes::from(raw);
        let mut stored = Derived::of(&parse(raw.clone(), &Limits::default()), &raw).encode();
        let at = at.index(stored.len());
        stored[at] = byte;
        if let Some(derived) = Derived::decode(&stored.into()) {
            prop_assert!(derived.body().len() <= derived.structure().len());
        }
    }

    #[test]
    fn any_bytes_are_refused_or_decoded(stored in any::<Vec<u8>>()) {
        let stored = Bytes::from([vec![Derived::VERSION], stored].concat());
        if let Some(derived) = Derived::decode(&stored) {
            prop_assert!(derived.body().len() <= stored.len());
        }
    }
}

/// Inputs on which parsers are known to go quadratic or deep, each about 1 MB.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let big = |start: &str, unit: &str| {
        [start.as_bytes(), &unit.as_bytes().repeat((1 << 20) / unit.len()), b"\r\n\r\nbody"]
            .concat()
    };
    let many = |unit: &str| big("", unit);
    vec![
        ("headers", many("A: 1\r\n")),
        ("nameless lines", many("A\r\n")),
        ("address fields", many("To: a\r\n")),
        ("subject fields", many("Subject: =?utf-8?Q?a?=\r\n")),
        ("folds", big("Subject: x", "\r\n =?utf-8?Q?a?=")),
        ("false encoded words", big("Subject: ", "=?a?b?c ")),
        ("false encoded words in Content-Type", big("Content-Type: ", "=?a?b?c ")),
        ("encoded words of two charsets", big("From: ", "=?utf-8?q?a?= =?l1?q?a?= ")),
        ("unended words", big("Subject: ", "=?a?q?")),
        ("parameters", big("Content-Type: text/plain", ";aN*0*=u''x")),
        ("sections", big("Content-Disposition: x", ";a*1=b")),
        ("addresses", big("To: ", "a,")),
        ("groups", big("To: ", "g:;")),
        ("angles", big("From: ", "<@")),
        ("literals", big("From: ", "@[")),
        ("quotes", big("From: ", "\"\\")),
        ("comments", big("From: ", "(")),
        ("languages", big("Content-Language: ", "a,")),
        ("parts", {
            let start = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
            big(start, "--b\r\nContent-Type: text/plain; a=b\r\n\r\nx\r\n")
        }),
        ("nested messages", many("Content-Type: message/rfc822\r\n\r\n")),
        ("tags", big("Content-Type: text/html\r\n\r\n", "<a")),
        ("styles", big("Content-Type: text/html\r\n\r\n", "<style></st")),
        ("references", big("Content-Type: text/html\r\n\r\n", "&#")),
        ("soft breaks", big("Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=  ")),
    ]
}

/// All values of hostile mail; they are bounded whatever the input.
#[test]
fn hostile_mail_gives_bounded_values() {
    for (name, raw) in hostile() {
        let raw = Bytes::from(raw);
        let tree = parse(raw.clone(), &Limits::default());
        let derived = Derived::of(&tree, &raw);
        let header = HeaderText::of(&raw);
        let mut text = String::new();
        append_body_text(&tree, |range| tree.bytes_of(range), &mut text);
        assert!(derived.envelope().len() < 256 << 10, "{name}: {}", derived.envelope().len());
        assert!(derived.structure().len() < 4 << 20, "{name}: {}", derived.structure().len());
        assert!(Value::parse(derived.structure()).is_some(), "{name}");
        assert!(header.as_str().len() < 1 << 20, "{name}");
        assert!(text.len() < 5 << 20, "{name}");
    }
}

#[test]
fn single_values_of_hostile_size_are_bounded() {
    let value = b"=?a?b?c ".repeat(1 << 17);
    assert_eq!(decode_words(&value).len(), value.len());
    assert!(Parameters::split(&b";a=b".repeat(1 << 18)).1.0.len() <= 128);
    assert_eq!(SentDate::parse(&b" 1".repeat(1 << 19)), None);
    let from = [b"From: ".to_vec(), b"a@b,".repeat(1 << 18)].concat();
    assert!(Envelope::of(&from).from.len() <= 4_000);
}
