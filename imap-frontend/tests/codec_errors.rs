//! What is wrong with a command is said with the byte at which it is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/source.rs"]
mod source;

use std::path::Path;

use imap_frontend::codec::{CommandError, CommandText, Reply, parse};
use proptest::prelude::*;

fn rejection(line: impl AsRef<[u8]>) -> String {
    let line = line.as_ref();
    let text = CommandText::new([line, b"\r\n"].concat());
    let rejected = parse(&text).expect_err(&String::from_utf8_lossy(line));
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
    ("a LOGIN (", "a BAD expected an atom or a string at byte 8"),
    ("a LOGIN {4x}", "a BAD expected } at byte 10"),
    ("a LOGIN {4}x", "a BAD expected a line end at byte 11"),
    ("a AUTHENTICATE (", "a BAD expected a SASL mechanism at byte 15"),
    ("a COMPRESS x", "a BAD expected DEFLATE at byte 11"),
    ("a ENABLE (", "a BAD expected a capability at byte 9"),
    ("a ID x", "a BAD expected NIL or a list of fields and values at byte 5"),
    ("a ID ({1}\r\n\0 NIL)", "a BAD expected a literal without NUL at byte 6"),
    ("a SELECT x ()", "a BAD expected a list of parameters at byte 11"),
    ("a SELECT x (QRESYNC 1 2)", "a BAD expected ( at byte 20"),
    ("a SELECT x (QRESYNC (0 2))", "a BAD expected a number above 0 at byte 21"),
    ("a SELECT x (QRESYNC (1 x))", "a BAD expected a mod-sequence at byte 23"),
    ("a SELECT x (QRESYNC (1 0))", "a BAD expected a mod-sequence above 0 at byte 23"),
    ("a SELECT x (QRESYNC (1 2 1:*))", "a BAD expected a set without * at byte 25"),
    ("a SELECT x (QRESYNC (1 2 3 x", "a BAD expected ) at byte 27"),
    (
        "a SELECT x (QRESYNC (1 2 (2,1 3,4)))",
        "a BAD expected an ascending set without * at byte 26",
    ),
    (
        "a SELECT x (QRESYNC (1 2 (1,2 3)))",
        "a BAD expected as many UIDs as sequence numbers at byte 25",
    ),
    ("a CREATE x ()", "a BAD expected (USE at byte 11"),
    ("a CREATE x (y)", "a BAD expected USE at byte 12"),
    ("a CREATE x (USE y)", "a BAD expected a list of special uses at byte 16"),
    ("a CREATE x (USE (y))", "a BAD expected a special use at byte 17"),
    ("a LIST (x) \"\" *", "a BAD expected a selection option at byte 8"),
    ("a LIST \"\" ()", "a BAD expected a list of patterns at byte 10"),
    ("a LIST \"\" * x", "a BAD expected RETURN at byte 12"),
    ("a LIST \"\" * RETURN x", "a BAD expected a list of return options at byte 19"),
    ("a NOTIFY x", "a BAD expected SET or NONE at byte 9"),
    ("a NOTIFY SET x", "a BAD expected ( at byte 13"),
    ("a NOTIFY SET (x NONE)", "a BAD expected which mailboxes to watch at byte 14"),
    ("a NOTIFY SET (subtree () NONE)", "a BAD expected a list of mailboxes at byte 22"),
    ("a NOTIFY SET (personal ())", "a BAD expected a list of events at byte 23"),
    ("a NOTIFY SET (personal (\"x\"))", "a BAD expected an event at byte 24"),
    ("a NOTIFY SET (personal NONE x", "a BAD expected ) at byte 28"),
    ("a SETACL x joe +l!", "a BAD expected rights at byte 15"),
    ("a SETACL x - lr", "a BAD expected an identifier at byte 11"),
    ("a GETMETADATA () x /shared/comment", "a BAD expected a list of options at byte 14"),
    ("a GETMETADATA (x) y /shared/comment", "a BAD expected MAXSIZE or DEPTH at byte 15"),
    ("a GETMETADATA (DEPTH 2) x /shared/x", "a BAD expected 0, 1 or infinity at byte 21"),
    ("a GETMETADATA x ()", "a BAD expected a list of entries at byte 16"),
    ("a GETMETADATA x comment", "a BAD expected a metadata entry at byte 16"),
    ("a SETMETADATA x y", "a BAD expected a list of entries and values at byte 16"),
    ("a SETQUOTA x y", "a BAD expected a list of limits at byte 13"),
    ("a SETQUOTA x (\"y\" 1)", "a BAD expected a resource at byte 14"),
    ("a APPEND x y", "a BAD expected flags, a date or a literal at byte 11"),
    ("a APPEND x UTF8 y", "a BAD expected ( at byte 16"),
    ("a APPEND x UTF8 (~{1+}\r\nzy", "a BAD expected ) at byte 25"),
    ("a APPEND x CATENATE ()", "a BAD expected a list of parts at byte 20"),
    ("a APPEND x CATENATE (x)", "a BAD expected TEXT, UTF8 or URL at byte 21"),
    ("a FETCH 1 ()", "a BAD expected a list of fetch items at byte 10"),
    ("a FETCH 1 BODY.PEEK", "a BAD expected [ at byte 19"),
    ("a FETCH 1 BODY[1", "a BAD expected ] at byte 16"),
    ("a FETCH 1 BODY[1.x]", "a BAD expected a section at byte 17"),
    ("a FETCH 1 BODY[]<0.5", "a BAD expected > at byte 20"),
    ("a FETCH 1 FLAGS (FOO)", "a BAD expected CHANGEDSINCE, VANISHED or one PARTIAL at byte 17"),
    ("a FETCH 1 (PREVIEW (EAGER))", "a BAD expected a fetch item at byte 19"),
    ("a STORE 1 () FLAGS x", "a BAD expected a modifier at byte 10"),
    ("a STORE 1 (x) FLAGS y", "a BAD expected UNCHANGEDSINCE at byte 11"),
    ("a SEARCH ()", "a BAD expected keys at byte 9"),
    ("a SEARCH ON \"1-Feb-1994", "a BAD expected \" at byte 23"),
    ("a SEARCH LARGER x", "a BAD expected a number at byte 16"),
    ("a SEARCH KEYWORD \\x", "a BAD expected a keyword at byte 17"),
    ("a SEARCH EMAILID (", "a BAD expected an object identifier at byte 17"),
    ("a SEARCH FILTER \"x\"", "a BAD expected the name of a filter at byte 16"),
    ("a SEARCH FILTER x/y", "a BAD expected the name of a filter at byte 16"),
    ("a SEARCH MODSEQ \"/flags/\\\\seen\" x 1", "a BAD expected priv, shared or all at byte 32"),
    ("a SEARCH RETURN x ALL", "a BAD expected a list of result options at byte 16"),
    ("a SEARCH RETURN (x) ALL", "a BAD expected a result option at byte 17"),
    ("a SEARCH RETURN (PARTIAL 1) ALL", "a BAD expected a colon at byte 26"),
    ("a SEARCH RETURN (PARTIAL -1:2) ALL", "a BAD expected a number below 0 at byte 28"),
    ("a SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "a BAD expected one PARTIAL without ALL at byte 16"),
    (
        "a SEARCH RETURN (RELEVANCY) ALL",
        "a BAD expected FUZZY, as RELEVANCY is asked for at byte 31",
    ),
    ("a ESEARCH IN x ALL", "a BAD expected a list of mailboxes at byte 13"),
    ("a ESEARCH IN (x) ALL", "a BAD expected a kind of mailbox at byte 14"),
    ("a ESEARCH IN (mailboxes ()) ALL", "a BAD expected mailbox names at byte 24"),
    ("a SORT x UTF-8 ALL", "a BAD expected a list of sort criteria at byte 7"),
    ("a SORT (x) UTF-8 ALL", "a BAD expected a sort criterion at byte 8"),
    ("a THREAD x UTF-8 ALL", "a BAD expected ORDEREDSUBJECT, REFERENCES or REFS at byte 9"),
    ("a UIDBATCHES 500 1", "a BAD expected : at byte 18"),
    ("a UIDBATCHES 500 2:1", "a BAD expected a batch that is not before the first at byte 19"),
];

/// Those that are too long to write down, or no text.
fn long_cases() -> Vec<(Vec<u8>, &'static str)> {
    let list = |each: fn(u32) -> String, count| (1..=count).map(each).collect::<Vec<_>>().join(" ");
    let x = |count| "x".repeat(count);
    let parts = list(|_| "TEXT {1+}\r\nx".into(), 1001);
    let fields = list(|_| "\"a\" NIL".into(), 31);
    let names = list(|number| number.to_string(), 1001);
    let items = list(|number| format!("BODY[{number}]"), 257);
    let criteria = list(|_| "DATE".into(), 33);
    let cases = [
        (format!("a APPEND x CATENATE ({parts})"), "at most 1000 parts"),
        (format!("a ID ({fields})"), "at most 30 fields"),
        (format!("a ESEARCH IN (mailboxes ({names})) ALL"), "at most 1000 mailbox names"),
        (format!("a FETCH 1 ({items})"), "at most 256 fetch items"),
        (format!("a FETCH 1 BODY[{}1]", "1.".repeat(64)), "at most 64 part numbers"),
        (format!("a SORT ({criteria}) UTF-8 ALL"), "at most 32 sort criteria"),
        (format!("a SEARCH KEYWORD {}", x(1_000)), "a shorter keyword"),
    ];
    let cases = cases.map(|(line, expected)| (line.into_bytes(), expected));
    let octets: [(&[u8], _); 2] = [
        (b"a LOGIN joe \"\xff\"", "UTF-8"),
        (b"a SEARCH CHARSET UTF-8 TEXT \"\xff\"", "text in the charset of the command"),
    ];
    let octets = octets.map(|(line, expected)| (line.to_vec(), expected));
    cases.into_iter().chain(octets).collect()
}

#[test]
fn too_much_is_said() {
    for (line, expected) in long_cases() {
        let said = rejection(&line);
        assert!(said.starts_with(&format!("a BAD expected {expected} at byte ")), "{said}");
    }
}

/// What may be expected, as the source has it.
fn expectations() -> Vec<String> {
    const CALLS: [&str; 7] =
        ["expected(", "expected_at(", "one_of(", "byte(", "atom(", "list(", "list1("];
    let codec = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/codec"));
    let mut all = Vec::new();
    for code in source::code(codec) {
        for call in CALLS {
            for (at, _) in code.match_indices(call) {
                let mut inside = source::literals(&code[at + call.len()..]).into_iter();
                let first = call.starts_with("list");
                all.extend(if first { inside.next() } else { inside.last() });
            }
        }
    }
    all
}

#[test]
fn every_expectation_has_a_case() {
    let all = expectations();
    assert!(all.len() > 100, "{all:?}");
    let known = CASES.iter().filter_map(|(_, answer)| {
        let (_, expected) = answer.split_once("BAD expected ")?;
        Some(expected.rsplit_once(" at byte ")?.0)
    });
    let known: Vec<&str> = known.chain(long_cases().into_iter().map(|case| case.1)).collect();
    let unmet: Vec<_> = all.iter().filter(|text| !known.contains(&text.as_str())).collect();
    assert_eq!(unmet, Vec::<&String>::new());
}

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
                    | CommandError::TooManyKeys { at, .. }
                    | CommandError::MailboxName { at }) = rejected.error;
                prop_assert!(at <= len);
            }
        }
    }
}
