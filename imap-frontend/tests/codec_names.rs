//! Mailbox names: modified UTF-7, INBOX, patterns.

use imap_frontend::codec::{MailboxName, Names, Pattern, utf7};
use proptest::prelude::*;

#[test]
fn known_names() {
    let pairs = [
        ("", ""),
        ("INBOX", "INBOX"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Tom & Jerry", "Tom &- Jerry"),
        ("&", "&-"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("☺!", "&Jjo-!"),
        ("😀", "&2D3eAA-"),
        ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
        ("a\tb", "a&AAk-b"),
    ];
    for (name, encoded) in pairs {
        assert_eq!(utf7::encode(name), encoded);
        assert_eq!(utf7::decode(encoded).as_deref(), Some(name));
    }
}

#[test]
fn malformed_names() {
    let malformed = [
        "&!!!-", "& -", "&2D3-", "&", "a&", "&AP", "&A-", "&AP/-", "&3gA-", "&2D3YPQ-", "\t", "ü",
        "&ü-", "&AGE=-",
    ];
    for encoded in malformed {
        assert_eq!(utf7::decode(encoded), None, "{encoded}");
    }
}

#[test]
fn names_as_clients_write_them() {
    let decode =
        |name: &[u8]| MailboxName::decode(name, Names::Utf7).map(|name| name.as_str().to_owned());
    assert_eq!(decode(b"inbox").as_deref(), Some("INBOX"));
    assert_eq!(decode(b"inbox/x").as_deref(), Some("INBOX/x"));
    assert_eq!(decode("R&D für alle".as_bytes()).as_deref(), Some("R&D für alle"));
    assert_eq!(decode(b"R&D"), None);
    assert_eq!(decode(b"\xff"), None);
    assert_eq!(decode(b"a\nb"), None);
    assert_eq!(decode(b"&AAo-"), None, "a line end in base64");
}

/// Once a client has enabled it, names are UTF-8 and nothing else.
#[test]
fn names_in_utf8() {
    let decode =
        |name: &[u8]| MailboxName::decode(name, Names::Utf8).map(|name| name.as_str().to_owned());
    assert_eq!(decode("R&D für alle".as_bytes()).as_deref(), Some("R&D für alle"));
    assert_eq!(decode(b"R&D").as_deref(), Some("R&D"));
    assert_eq!(decode(b"Entw&APw-rfe").as_deref(), Some("Entw&APw-rfe"));
    assert_eq!(decode(b"\xff"), None);
    assert_eq!(Pattern::decode(b"R&%", Names::Utf8), Pattern::new("R&%"));
}

/// What looks the same is the same (RFC 9051 5.1).
#[test]
fn names_are_composed() {
    assert_eq!(MailboxName::new("e\u{301}te\u{301}"), MailboxName::new("\u{e9}t\u{e9}"));
    assert_eq!(MailboxName::new("e\u{301}").as_str(), "\u{e9}");
    assert_eq!(MailboxName::new("inbox/Inbox/e\u{301}").as_str(), "INBOX/Inbox/\u{e9}");
    assert_eq!(MailboxName::new("inboxes").as_str(), "inboxes");
    let decomposed = utf7::encode("e\u{301}").into_owned();
    let name = MailboxName::decode(decomposed.as_bytes(), Names::Utf7).unwrap();
    assert_eq!(name.as_str(), "\u{e9}");
    assert!(Pattern::new("e\u{301}*").matches("\u{e9}t\u{e9}", '/'));
}

#[test]
fn patterns() {
    let cases = [
        ("*", "a/b/c", true),
        ("%", "a", true),
        ("%", "a/b", false),
        ("%/%", "a/b", true),
        ("a*c", "a/b/c", true),
        ("a%c", "a/b/c", false),
        ("a%c", "abc", true),
        ("*%", "a/b", true),
        ("%*", "a/b", true),
        ("", "", true),
        ("", "a", false),
        ("foo/*", "foo", false),
        ("foo*", "foo", true),
        ("*2", "foo2", true),
        ("*2/x", "2/2/x", true),
        ("inbox", "INBOX", true),
        ("InB%", "INBOX", true),
        ("inbox/%", "INBOX/x", true),
        ("%b*x", "INBOX/x", true),
        ("inbox/X", "INBOX/x", false),
        ("inboxes", "INBOXES", false),
        ("x/inbox", "x/INBOX", false),
        ("Foo", "foo", false),
        ("%ü%", "Entwürfe", true),
    ];
    for (pattern, name, matches) in cases {
        assert_eq!(Pattern::new(pattern).matches(name, '/'), matches, "{pattern} {name}");
    }
    assert_eq!(
        Pattern::decode(b"Entw&APw-%", Names::Utf7),
        Pattern::new("Entwürfe".replace("rfe", "%").as_str())
    );
    assert_eq!(Pattern::decode(b"&!!!-*", Names::Utf7), Pattern::new("&!!!-*"));
}

/// Backtracking would not end in this universe.
#[test]
fn hostile_patterns() {
    let name = "a".repeat(1000);
    assert!(
        !Pattern::new(&"*a%".repeat(300).replace('a', "aa"))
            .matches(&format!("{}b", &name[..100]), '/')
    );
    assert!(!Pattern::new(&("*a".repeat(500) + "b")).matches(&name, '/'));
}

/// What a pattern means, by trying everything.
fn by_definition(pattern: &[char], name: &[char]) -> bool {
    let Some((wanted, rest)) = pattern.split_first() else { return name.is_empty() };
    let splits = |covers: fn(&char) -> bool| {
        let most = name.iter().take_while(|c| covers(c)).count();
        (0..=most).any(|len| by_definition(rest, &name[len..]))
    };
    match wanted {
        '*' => splits(|_| true),
        '%' => splits(|c| *c != '/'),
        _ => name.split_first().is_some_and(|(c, name)| c == wanted && by_definition(rest, name)),
    }
}

proptest! {
    #[test]
    fn utf7_round_trip(name in any::<String>()) {
        let encoded = utf7::encode(&name).into_owned();
        prop_assert!(encoded.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        prop_assert_eq!(utf7::decode(&encoded), Some(name));
    }

    #[test]
    fn utf7_decode_is_total(encoded in "[&a-zA-Z0-9+,/=! -]{0,20}") {
        if let Some(name) = utf7::decode(&encoded) {
            let again = utf7::decode(&utf7::encode(&name));
            prop_assert_eq!(again, Some(name));
        }
    }

    #[test]
    fn names_are_total(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
        if let Some(name) = MailboxName::decode(&bytes, Names::Utf7) {
            let encoded = utf7::encode(name.as_str()).into_owned();
            prop_assert_eq!(MailboxName::decode(encoded.as_bytes(), Names::Utf7), Some(name));
        }
    }

    #[test]
    fn patterns_by_definition(pattern in "[ab/*%]{0,6}", name in "[ab/]{0,6}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = by_definition(&chars(&pattern), &chars(&name));
        prop_assert_eq!(Pattern::new(&pattern).matches(&name, '/'), expected);
    }
}
