//! Responses as bytes, after the RFCs' examples.
#![allow(clippy::unwrap_used)]

#[path = "common/source.rs"]
mod source;

use imap_frontend::codec::command::{ListForm, StatusItem};
use imap_frontend::codec::reply::{
    Code, Condition, ListAttribute, NewKeywords, Recent, StatusValue,
};
use imap_frontend::codec::{Command, CommandText, Reply, Tag, parse, write_internal_date};
use mailstore::flags::{Flags, Keyword, SystemFlag};
use mailstore::mailbox::SpecialUse;
use mailstore::time::InternalDate;
use mailstore::uid::{ModSeq, Seq, Uid, UidSet};
use proptest::prelude::*;

/// Response codes that this server has no use for: they are for other servers on the codec.
const UNSENT: [&str; 8] =
    ["ALERT", "CLIENTBUG", "CORRUPTION", "EXPIRED", "INUSE", "NOMODSEQ", "PARSE", "UIDNOTSTICKY"];
/// The mailbox that it takes is larger than tests have; a unit test beside the code looks at it.
const UNMET: [&str; 1] = ["TOOMANY"];

/// What the tests expect of a server: the scripts, and the tests that speak to one.
fn transcripts() -> String {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let scripts = std::fs::read_dir(format!("{tests}/scripts")).unwrap();
    let scripts = scripts.map(|entry| entry.unwrap().path());
    let speaking = ["compress", "damage", "outage", "progress", "sessions", "tls"];
    let speaking = speaking.map(|name| format!("{tests}/{name}.rs").into());
    let texts = scripts.chain(speaking).map(|path| std::fs::read_to_string(path).unwrap());
    texts.collect()
}

#[test]
fn every_code_is_met_in_a_transcript() {
    let source = include_str!("../src/codec/reply/code.rs");
    let names = source.lines().filter_map(|line| {
        let (_, name) = line.split_once("=> \"")?;
        name.strip_suffix("\",")
    });
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 50, "{names:?}");
    let said = transcripts();
    let met =
        |name: &&str| said.contains(&format!("[{name}]")) || said.contains(&format!("[{name} "));
    let unmet: Vec<&str> = names.into_iter().filter(|name| !met(name)).collect();
    let mut known: Vec<&str> = UNSENT.into_iter().chain(UNMET).collect();
    known.sort_unstable();
    assert_eq!(unmet, known);
}

/// What a client reads begins with a capital, and is more than a word.
fn is_told(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase()) && text.contains(' ')
}

/// What no test can make the server say: that a parser has panicked, that stored bytes are fewer than
/// they are, that a mailbox has five million messages. The last is no text.
const UNTOLD: [&str; 4] = [
    "Internal error",
    "A part is not as long as it should be",
    "That is more than 10,000 batches",
    "IMAP sessions",
];

#[test]
fn every_text_is_met_in_a_transcript() {
    let src = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let files = std::fs::read_dir(src).unwrap().map(|entry| entry.unwrap().path());
    let code = files.filter(|path| !path.ends_with("codec")).flat_map(|path| source::code(&path));
    let texts = code.flat_map(|code| source::literals(&code));
    let texts: Vec<String> = texts.filter(|text| is_told(text)).collect();
    assert!(texts.len() > 100, "{texts:?}");
    let said = transcripts();
    // What is filled in is another thing each time.
    let start = |text: &String| text.split('{').next().unwrap_or_default().to_owned();
    let mut unmet: Vec<_> = texts.iter().filter(|text| !said.contains(&start(text))).collect();
    unmet.retain(|text| !UNTOLD.contains(&text.as_str()));
    assert_eq!(unmet, Vec::<&String>::new());
}

/// Valid always.
const ALWAYS: [&str; 5] = ["CAPABILITY", "ID", "LANGUAGE", "LOGOUT", "NOOP"];

#[test]
fn every_command_is_tried_where_it_is_not_valid() {
    let table = include_str!("../src/codec/command.rs");
    let commands = table.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("    (\"")?.split_once("\", ")?;
        Some(name)
    });
    let tried = include_str!("scripts/stages.imap");
    let is_tried = |name: &str| {
        tried.lines().any(|line| {
            line.strip_prefix("C: a ").is_some_and(|line| line.split(' ').next() == Some(name))
        })
    };
    let mut untried: Vec<&str> = commands.filter(|name| !is_tried(name)).collect();
    untried.sort_unstable();
    assert_eq!(untried, ALWAYS);
}

fn written(write: impl FnOnce(&mut Reply)) -> String {
    let mut reply = Reply::new();
    write(&mut reply);
    String::from_utf8(reply.take().to_vec()).unwrap()
}

fn uids(numbers: &[u32]) -> UidSet {
    numbers.iter().map(|n| Uid::new(*n).unwrap()).collect()
}

fn tag(tag: &str) -> Tag {
    Tag::new(tag.as_bytes()).unwrap()
}

fn flags(bits: u8, keywords: &[&str]) -> Flags {
    let system = SystemFlag::ALL.into_iter().filter(|flag| bits & *flag as u8 != 0);
    Flags::new(system, keywords.iter().map(|keyword| Keyword::new(keyword).unwrap()))
}

#[test]
fn conditions() {
    assert_eq!(written(|r| r.ok(&tag("a002"), "NOOP completed")), "a002 OK NOOP completed\r\n");
    assert_eq!(written(|r| r.bad(&tag("a"), "")), "a BAD -\r\n");
    assert_eq!(
        written(|r| r.bye(None, "Autologout; idle for too long")),
        "* BYE Autologout; idle for too long\r\n"
    );
    assert_eq!(written(|r| r.untagged(Condition::PreAuth, None, "hello")), "* PREAUTH hello\r\n");
    assert_eq!(written(|r| r.proceed("idling")), "+ idling\r\n");
    assert_eq!(written(|r| r.challenge(b"")), "+ \r\n");
    assert_eq!(written(|r| r.challenge(b"Username:")), "+ VXNlcm5hbWU6\r\n");
}

#[test]
fn codes() {
    let (one, three, all) = (uids(&[3955]), uids(&[304, 319, 320]), uids(&[3956, 3957, 3958]));
    let system = flags(31, &[]);
    let badcharset = format!("BADCHARSET ({})", mailstore::search::Charset::NAMES);
    let cases = [
        (Code::AppendUid { validity: 38505, uids: &one }, "APPENDUID 38505 3955"),
        (
            Code::CopyUid { validity: 38505, from: &three, to: &all },
            "COPYUID 38505 304,319:320 3956:3958",
        ),
        (Code::BadCharset, badcharset.as_str()),
        (Code::NoUpdate("B02"), "NOUPDATE \"B02\""),
        (Code::Capability(&["IMAP4rev1".into(), "IDLE".into()]), "CAPABILITY IMAP4rev1 IDLE"),
        (Code::CompressionActive, "COMPRESSIONACTIVE"),
        (Code::InProgress("A 1"), "INPROGRESS (\"A 1\" NIL NIL)"),
        (Code::HighestModSeq(ModSeq(715_194_045_007)), "HIGHESTMODSEQ 715194045007"),
        (Code::Modified(&three), "MODIFIED 304,319:320"),
        (Code::UidNext(Uid::new(4392).unwrap()), "UIDNEXT 4392"),
        (Code::UidValidity(u32::MAX), "UIDVALIDITY 4294967295"),
        (Code::Unseen(12), "UNSEEN 12"),
        (
            Code::PermanentFlags(&system, NewKeywords::Allowed),
            "PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)",
        ),
        (Code::PermanentFlags(&Flags::NONE, NewKeywords::Refused), "PERMANENTFLAGS ()"),
        (Code::PermanentFlags(&Flags::NONE, NewKeywords::Allowed), "PERMANENTFLAGS (\\*)"),
        (Code::ReadOnly, "READ-ONLY"),
        (Code::TryCreate, "TRYCREATE"),
        (Code::AuthenticationFailed, "AUTHENTICATIONFAILED"),
    ];
    for (code, text) in cases {
        let line = written(|r| r.untagged(Condition::Ok, Some(code), "x"));
        assert_eq!(line, format!("* OK [{text}] x\r\n"));
    }
}

#[test]
fn mailbox_data() {
    assert_eq!(written(|r| r.exists(172)), "* 172 EXISTS\r\n");
    assert_eq!(written(|r| r.recent(0)), "* 0 RECENT\r\n");
    assert_eq!(written(|r| r.expunge(Seq::new(44).unwrap())), "* 44 EXPUNGE\r\n");
    assert_eq!(
        written(|r| r.flags(&flags(3, &["$Junk"]))),
        "* FLAGS (\\Answered \\Seen $Junk)\r\n"
    );
    assert_eq!(
        written(|r| r.capability(&["IMAP4rev1".into(), "ID".into()])),
        "* CAPABILITY IMAP4rev1 ID\r\n"
    );
    assert_eq!(written(|r| r.enabled(&[])), "* ENABLED\r\n");
    let items = [
        (StatusItem::Messages, StatusValue::Number(231)),
        (StatusItem::UidNext, StatusValue::Number(44292)),
    ];
    assert_eq!(
        written(|r| r.status("blurdybloop", &items)),
        "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n"
    );
    assert_eq!(written(|r| r.status("Entwürfe", &[])), "* STATUS Entw&APw-rfe ()\r\n");
}

#[test]
fn search_results() {
    let search = |r: &mut Reply, numbers: &[u32], modseq| {
        r.numbers_of("SEARCH");
        r.numbers(numbers.iter().copied());
        r.numbers_end(modseq);
    };
    assert_eq!(written(|r| search(r, &[2, 84, 882], None)), "* SEARCH 2 84 882\r\n");
    assert_eq!(written(|r| search(r, &[], None)), "* SEARCH\r\n");
    assert_eq!(
        written(|r| search(r, &[2, 5], Some(ModSeq(917_162_500)))),
        "* SEARCH 2 5 (MODSEQ 917162500)\r\n"
    );
}

#[test]
fn namespaces_and_id() {
    assert_eq!(
        written(|r| r.namespace([&[("", '/')], &[], &[]])),
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"
    );
    assert_eq!(
        written(|r| r.namespace([
            &[("", '/')],
            &[("~", '/')],
            &[("#shared/", '/'), ("#ftp/", '\\')]
        ])),
        "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) ((\"#shared/\" \"/\")(\"#ftp/\" \"\\\\\"))\r\n"
    );
    assert_eq!(written(|r| r.id(&[])), "* ID NIL\r\n");
    assert_eq!(
        written(|r| r.id(&[("name", Some("Cyrus")), ("os", None)])),
        "* ID (\"name\" \"Cyrus\" \"os\" NIL)\r\n"
    );
}

#[test]
fn lists() {
    let list = |attributes: &[_], delimiter, name: &str| {
        written(|r| r.list(ListForm::List, attributes, delimiter, name))
    };
    assert_eq!(
        list(&[ListAttribute::NoSelect], Some('/'), "~/Mail/foo"),
        "* LIST (\\Noselect) \"/\" \"~/Mail/foo\"\r\n"
    );
    assert_eq!(
        list(
            &[ListAttribute::HasNoChildren, ListAttribute::Use(SpecialUse::Sent)],
            Some('/'),
            "Sent Mail"
        ),
        "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Mail\"\r\n"
    );
    assert_eq!(
        list(&[ListAttribute::NoSelect], Some('/'), ""),
        "* LIST (\\Noselect) \"/\" \"\"\r\n"
    );
    assert_eq!(list(&[], None, "a%b\"c"), "* LIST () NIL \"a%b\\\"c\"\r\n");
    assert_eq!(list(&[], None, "nil"), "* LIST () NIL \"nil\"\r\n");
    // Net::IMAP::Client (Perl) takes brackets for a list, and stops at `~` and `#`.
    for name in ["[Gmail]", "~", "#news", "a=b", "a,b"] {
        assert_eq!(list(&[], None, name), format!("* LIST () NIL \"{name}\"\r\n"));
    }
    assert_eq!(list(&[], None, "a\r\nb"), "* LIST () NIL a&AA0ACg-b\r\n");
}

#[test]
fn fetches() {
    let line = written(|r| {
        let mut fetch = r.fetch(Seq::new(23).unwrap());
        fetch.flags(&flags(1, &["$Forwarded", "b"]), Recent::Yes);
        fetch.uid(Uid::new(4_827_313).unwrap());
        fetch.modseq(ModSeq(12_121_231_000));
        fetch.size(44_827);
        fetch.internal_date(InternalDate { secs: 837_596_665, zone: -420 });
        fetch.end();
    });
    let expected = "* 23 FETCH (FLAGS (\\Seen \\Recent $Forwarded b) UID 4827313 \
        MODSEQ (12121231000) RFC822.SIZE 44827 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\n";
    assert_eq!(line, expected);
}

#[test]
fn texts_kept_with_the_message() {
    let line = written(|r| {
        let mut fetch = r.fetch(Seq::MIN);
        fetch.envelope(b"(NIL {2}\r\n\xc3\xb6)");
        fetch.body_structure(b"(1 2)");
        fetch.body(b"(1)");
        fetch.end();
    });
    let expected = "* 1 FETCH (ENVELOPE (NIL {2}\r\nö) BODYSTRUCTURE (1 2) BODY (1))\r\n";
    assert_eq!(line, expected);
}

#[test]
fn every_set_of_flags() {
    for bits in 0..32 {
        for recent in [Recent::No, Recent::Yes] {
            let named = flags(bits, &["k"]);
            let mut names: Vec<_> = named.system().map(SystemFlag::name).collect();
            names.extend((recent == Recent::Yes).then_some("\\Recent"));
            names.push("k");
            let line = written(|r| {
                let mut fetch = r.fetch(Seq::MIN);
                fetch.flags(&named, recent);
                fetch.end();
            });
            assert_eq!(line, format!("* 1 FETCH (FLAGS ({}))\r\n", names.join(" ")));
        }
    }
}

#[test]
fn contents_are_named_as_they_were_asked() {
    let cases = [
        ("BODY[]", "BODY[]"),
        ("BODY.PEEK[1.2.MIME]<5.10>", "BODY[1.2.MIME]<5>"),
        ("BODY[2]", "BODY[2]"),
        ("BODY[3.HEADER]", "BODY[3.HEADER]"),
        (
            "BODY[HEADER.FIELDS (DATE \"F)\" {2}\r\n\r\n)]",
            "BODY[HEADER.FIELDS (DATE \"F)\" {2}\r\n\r\n)]",
        ),
        ("BODY[1.HEADER.FIELDS.NOT (To)]", "BODY[1.HEADER.FIELDS.NOT (To)]"),
        ("RFC822", "RFC822"),
        ("RFC822.HEADER", "RFC822.HEADER"),
        ("RFC822.TEXT", "RFC822.TEXT"),
    ];
    for (asked, named) in cases {
        let text = CommandText::new(format!("a FETCH 1 {asked}\r\n"));
        let Command::Fetch(command) = parse(&text).unwrap().command else { panic!("{asked}") };
        let content = command.contents().next().unwrap();
        let line = written(|r| {
            let mut fetch = r.fetch(Seq::MIN);
            fetch.content(content, Some(b"x\r\ny"));
            fetch.content(content, None);
            fetch.content_of(content, 12_345);
            r.resume().end();
        });
        let expected =
            format!("* 1 FETCH ({named} {{4}}\r\nx\r\ny {named} NIL {named} {{12345}}\r\n)\r\n");
        assert_eq!(line, expected);
    }
}

#[test]
fn fetch_binary() {
    let text = CommandText::new("a FETCH 1 (BINARY.PEEK[1.2]<5> BINARY.SIZE[2] BODY[2])\r\n");
    let Command::Fetch(command) = parse(&text).unwrap().command else { panic!() };
    let contents: Vec<_> = command.contents().collect();
    let [binary, size, body] = contents[..] else { panic!() };
    let line = written(|r| {
        let mut fetch = r.fetch(Seq::MIN);
        assert!(fetch.is_empty());
        fetch.content(binary, Some(b"x\0"));
        fetch.content(binary, Some(b"xy"));
        fetch.content(binary, None);
        fetch.content(body, Some(b"\0"));
        fetch.binary_size(size, 12);
        fetch.content(size, None);
        assert!(!fetch.is_empty());
        fetch.content8_of(binary, 12_345);
        r.resume().end();
    });
    assert_eq!(
        line,
        "* 1 FETCH (BINARY[1.2]<5> ~{2}\r\nx\0 BINARY[1.2]<5> {2}\r\nxy BINARY[1.2]<5> NIL \
         BODY[2] {1}\r\n\0 BINARY.SIZE[2] 12 BINARY.SIZE[2] 0 BINARY[1.2]<5> ~{12345}\r\n)\r\n"
    );
}

#[test]
fn dates() {
    let shown = |secs, zone| {
        let mut out = Vec::new();
        write_internal_date(&mut out, InternalDate { secs, zone });
        String::from_utf8(out).unwrap()
    };
    assert_eq!(shown(0, 0), "\" 1-Jan-1970 00:00:00 +0000\"");
    assert_eq!(shown(951_782_400, 330), "\"29-Feb-2000 05:30:00 +0530\"");
    assert_eq!(shown(i64::MAX, i16::MAX), "\"31-Dec-9999 23:59:59 +9959\"");
    assert_eq!(shown(i64::MIN, i16::MIN), "\" 1-Jan-0000 00:00:00 -9959\"");
}

proptest! {
    /// What APPEND takes, FETCH gives back.
    #[test]
    fn dates_come_back(secs in -62_000_000_000i64..253_000_000_000, zone in -1439i16..=1439) {
        let date = InternalDate { secs, zone };
        let mut text = b"a APPEND x ".to_vec();
        write_internal_date(&mut text, date);
        text.extend_from_slice(b" {1}\r\nx\r\n");
        let Command::Append(append) = parse(&CommandText::new(text)).unwrap().command else {
            panic!()
        };
        prop_assert_eq!(append.messages[0].date, Some(date));
    }

    /// Whatever a text contains, a status is one line without control characters.
    #[test]
    fn no_text_ends_a_line(text in any::<String>()) {
        let line = written(|r| r.no(&tag("a"), None, &text));
        let body = line.strip_suffix("\r\n").unwrap();
        prop_assert!(body.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        prop_assert!(body.starts_with("a NO ") && !body.starts_with("a NO ["));
        let line = written(|r| r.capability(&[text.as_str().into()]));
        prop_assert_eq!(line.matches('\n').count(), 1);
    }
}
