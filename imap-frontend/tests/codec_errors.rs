//! What is wrong with a command is said with the byte at which it is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use imap_frontend::codec::{CommandError, CommandText, Reply, parse};
use proptest::prelude::*;

fn rejection(line: &str) -> String {
    let rejected = parse(&CommandText::new(format!("{line}\r\n"))).expect_err(line);
    let mut reply = Reply::new();
    reply.rejected(&rejected);
    String::from_utf8(reply.take().to_vec()).unwrap()
}

const CASES: &[(&str, &str)] = &[
    ("", "* BAD expected a tag at byte 0"),
    ("+a NOOP", "* BAD expected a tag at byte 0"),
    ("a", "a BAD expected a space at byte 1"),
    ("a ", "a BAD expected a command at byte 2"),
    ("a (", "a BAD expected a command at byte 2"),
    ("a FROB x", "a BAD unknown command at byte 2"),
    ("a UID NOOP", "a BAD unknown command at byte 6"),
    ("a NOOP x", "a BAD expected the end of the command at byte 7"),
    ("a LOGIN fred", "a BAD expected a space at byte 12"),
    ("a LOGIN \"fred", "a BAD expected a closed quote at byte 8"),
    ("a LOGIN fr\\ed x", "a BAD expected a space at byte 10"),
    ("a LOGIN \"f\\red\" x", "a BAD expected \\ or \" after \\ at byte 11"),
    ("a AUTHENTICATE PLAIN AG!", "a BAD expected base64 at byte 21"),
    ("a AUTHENTICATE PLAIN AGB", "a BAD expected base64 at byte 21"),
    ("a SELECT", "a BAD expected a space at byte 8"),
    ("a SELECT (", "a BAD expected a mailbox name at byte 9"),
    ("a SELECT x (FOO)", "a BAD expected CONDSTORE or QRESYNC at byte 12"),
    ("a SELECT &!!!-", "a NO [CANNOT] mailbox name at byte 9 is not modified UTF-7"),
    ("a CREATE x (USE (Foo))", "a BAD expected a special use at byte 17"),
    ("a STATUS x ()", "a BAD expected a list of status items at byte 11"),
    ("a STATUS x (MESSAGES FOO)", "a BAD expected a status item at byte 21"),
    (
        "a LIST (RECURSIVEMATCH) \"\" *",
        "a BAD expected SUBSCRIBED or SPECIAL-USE beside RECURSIVEMATCH at byte 7",
    ),
    ("a LIST \"\" * RETURN (FOO)", "a BAD expected a return option at byte 20"),
    ("a FETCH 0 FLAGS", "a BAD expected a sequence number or * at byte 8"),
    ("a FETCH 1:4294967296 FLAGS", "a BAD expected a sequence number or * at byte 10"),
    ("a FETCH 1, FLAGS", "a BAD expected a sequence number or * at byte 10"),
    ("a FETCH 1 (FLAGS FOO)", "a BAD expected a fetch item at byte 17"),
    ("a FETCH 1 FLAGS UID", "a BAD expected a list of modifiers at byte 16"),
    ("a FETCH 1 BODY[0]", "a BAD expected a number above 0 at byte 15"),
    ("a FETCH 1 BODY[MIME]", "a BAD expected a part number before MIME at byte 15"),
    ("a FETCH 1 BODY[]<0.0>", "a BAD expected a number above 0 at byte 19"),
    ("a FETCH 1 BODY[]<5>", "a BAD expected . at byte 18"),
    ("a FETCH 1 BINARY[]<5.0>", "a BAD expected a number above 0 at byte 21"),
    ("a FETCH 1 BINARY.SIZE[1]<5>", "a BAD expected the end of the command at byte 24"),
    ("a FETCH 1 BODY[HEADER.FIELDS ()]", "a BAD expected a list of field names at byte 29"),
    (
        "a FETCH 1 FLAGS (VANISHED)",
        "a BAD expected VANISHED only in UID FETCH, beside CHANGEDSINCE at byte 16",
    ),
    ("a STORE 1 FOO (x)", "a BAD expected FLAGS or FLAGS.SILENT at byte 10"),
    ("a STORE 1 FLAGS (\\Foo)", "a BAD expected a flag at byte 17"),
    ("a STORE 1 FLAGS (a", "a BAD expected a space or ) at byte 18"),
    ("a SEARCH", "a BAD expected a space at byte 8"),
    ("a SEARCH FOO", "a BAD expected a search key at byte 9"),
    ("a SEARCH ON 30-Feb-2020", "a BAD expected a date such as 1-Feb-1994 at byte 12"),
    ("a SEARCH OR SEEN", "a BAD expected a space at byte 16"),
    (
        "a SEARCH CHARSET X-NONE ALL",
        "a NO [BADCHARSET (US-ASCII UTF-8 ISO-8859-1 ISO-8859-2 ISO-8859-5 ISO-8859-7 ISO-8859-15 \
         WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 KOI8-R KOI8-U ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR \
         GBK GB18030 BIG5)] unknown charset at byte 17",
    ),
    (
        "a APPEND INBOX \"1-Jan-2020\" {1}",
        "a BAD expected a date such as \"17-Jul-1996 02:44:25 -0700\" at byte 15",
    ),
    ("a ID (1)", "a BAD expected a string at byte 6"),
    ("a LOGIN {4}\r\nfred {2}\r\npw x", "a BAD expected the end of the command at byte 26"),
    ("a LOGIN {400}\r\nfred", "a BAD expected a whole literal at byte 8"),
];

#[test]
fn errors_with_positions() {
    for (line, answer) in CASES {
        assert_eq!(rejection(line).trim_end(), *answer, "{line}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = [
        format!("a SEARCH {}SEEN", "NOT ".repeat(15_000)),
        format!("a SEARCH {}", "(".repeat(60_000)),
        format!("a SEARCH {}SEEN", "OR SEEN ".repeat(8_000)),
        format!("a SEARCH ALL{}", " SEEN".repeat(2_000)),
    ];
    for line in deep {
        assert!(rejection(&line).starts_with("a NO [LIMIT] too many search keys"));
    }
}

/// Words of the grammar in any order, and bytes that are none.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "a ",
        "UID ",
        "FETCH ",
        "SEARCH ",
        "STORE ",
        "APPEND ",
        "LIST ",
        "STATUS ",
        "SELECT ",
        "1:*,3 ",
        "(",
        ")",
        "(FLAGS ",
        "BODY[",
        "HEADER.FIELDS (",
        "]",
        "<1.2>",
        "\"x\" ",
        "{3}\r\n",
        "~{2+}\r\n",
        "RETURN (",
        "NOT ",
        "OR ",
        "1-Feb-1994 ",
        "\"17-Jul-1996 02:44:25 -0700\" ",
        "+FLAGS ",
        "\\Seen ",
        "* ",
        "&2D3- ",
        "CHARSET UTF-8 ",
        "MODSEQ ",
        "99999999999999999999 ",
        "ID ",
        "AUTHENTICATE ",
        "=",
        "ENABLE ",
        "CREATE x (USE (",
        "\\",
        "\"",
        " ",
        "\r\n",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parsing_is_total(bytes in lines()) {
        for start in ["", "a ", "a UID ", "a FETCH 1 ", "a SEARCH ", "a LIST "] {
            let text = [start.as_bytes(), &bytes, b"\r\n"].concat();
            let len = text.len();
            if let Err(rejected) = parse(&CommandText::new(text)) {
                let (CommandError::Syntax(imap_frontend::codec::SyntaxError { at, .. })
                    | CommandError::Unknown { at }
                    | CommandError::Charset { at, .. }
                    | CommandError::NotUtf8 { at }
                    | CommandError::TooManyKeys { at }
                    | CommandError::MailboxName { at }) = rejected.error;
                prop_assert!(at <= len);
            }
        }
    }
}
