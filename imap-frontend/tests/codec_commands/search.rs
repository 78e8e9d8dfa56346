//! SEARCH, SORT and THREAD.

use super::*;

fn search(line: &'static str) -> Search {
    let Command::Search(search) = command(line) else { panic!("{line}") };
    search
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

fn header(name: &str, text: &str) -> Key {
    Key::Header(name.into(), text.into())
}

#[test]
fn search_keys() {
    let flag = Key::Flag;
    let internal = DateField::Internal;
    let first = || day(1994, 2, 1).unwrap();
    let cases = [
        (
            "A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
            Key::And(vec![
                flag(SystemFlag::Flagged),
                Key::Since(internal, first()),
                not(header("From", "Smith")),
            ]),
        ),
        ("A284 SEARCH TEXT \"string not in mailbox\"", Key::Text("string not in mailbox".into())),
        ("A285 SEARCH CHARSET UTF-8 TEXT {12}\r\nотпуск", Key::Text("отпуск".into())),
        ("a SEARCH charset \"us-ascii\" ALL", Key::All),
        ("h search from maria@example.com", header("From", "maria@example.com")),
        (
            "a SEARCH 2:4,7 UID 10:*",
            Key::And(vec![Key::Sequence(set(&[(2, 4), (7, 7)])), Key::Uid(set(&[(10, 0)]))]),
        ),
        (
            "a SEARCH OR UNSEEN (NEW OLD)",
            Key::Or(
                Box::new(not(flag(SystemFlag::Seen))),
                Box::new(Key::And(vec![
                    Key::And(vec![Key::Recent, not(flag(SystemFlag::Seen))]),
                    not(Key::Recent),
                ])),
            ),
        ),
    ];
    for (line, key) in cases {
        let found = search(line);
        assert_eq!((found.key, found.results, found.modseq), (key, None, false), "{line}");
    }
}

#[test]
fn search_keys_with_arguments() {
    let (internal, sent) = (DateField::Internal, DateField::Sent);
    let first = || day(1994, 2, 1).unwrap();
    let cases = [
        (
            "a SEARCH SENTBEFORE \"1-feb-1994\" SENTON 01-Feb-1994 BEFORE 1-Feb-1994",
            Key::And(vec![
                Key::Before(sent, first()),
                Key::On(sent, first()),
                Key::Before(internal, first()),
            ]),
        ),
        (
            "a SEARCH HEADER Message-ID <x@y> BODY \"\"",
            Key::And(vec![header("Message-ID", "<x@y>"), Key::Body(String::new())]),
        ),
        (
            "a SEARCH KEYWORD $Junk UNKEYWORD x",
            Key::And(vec![
                Key::Keyword(Keyword::new("$Junk").unwrap()),
                not(Key::Keyword(Keyword::new("x").unwrap())),
            ]),
        ),
        (
            "a SEARCH TO a CC b BCC c SUBJECT d",
            Key::And(vec![
                header("To", "a"),
                header("Cc", "b"),
                header("Bcc", "c"),
                header("Subject", "d"),
            ]),
        ),
        (
            "a SEARCH LARGER 50000 SMALLER 4294967296 ",
            Key::And(vec![Key::Larger(50_000), Key::Smaller(4_294_967_296)]),
        ),
    ];
    for (line, key) in cases {
        let found = search(line);
        assert_eq!((found.key, found.results, found.modseq), (key, None, false), "{line}");
    }
}

#[test]
fn search_flags() {
    for flag in SystemFlag::ALL {
        let name = flag.name().trim_start_matches('\\').to_ascii_uppercase();
        for (line, key) in [
            (format!("a SEARCH {name}\r\n"), Key::Flag(flag)),
            (format!("a SEARCH UN{name}\r\n"), not(Key::Flag(flag))),
        ] {
            let Command::Search(search) = parse(&CommandText::new(line)).unwrap().command else {
                panic!("{name}")
            };
            assert_eq!(search.key, key);
        }
    }
}

#[test]
fn search_modseq() {
    let found = search("a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338");
    assert_eq!((found.key, found.modseq), (Key::ModSeq(ModSeq(620_162_338)), true));
    let found = search("t UID SEARCH OR NOT MODSEQ 720162338 LARGER 50000");
    let modseq = not(Key::ModSeq(ModSeq(720_162_338)));
    assert_eq!(found.key, Key::Or(Box::new(modseq), Box::new(Key::Larger(50_000))));
    assert_eq!((found.by, found.modseq), (By::Uid, true));
}

#[test]
fn search_results() {
    use ResultOption::{All, Count, Max, Min, Partial, Save};
    let window = |end, one, other| {
        let nz = |number| std::num::NonZeroU32::new(number).unwrap();
        Partial(Window::new(end, nz(one), nz(other)))
    };
    let cases = [
        ("A282 SEARCH RETURN (MIN COUNT) FLAGGED", vec![Min, Count]),
        ("A283 SEARCH RETURN () FLAGGED", vec![All]),
        ("C286 SEARCH RETURN (MAX SAVE ALL) UNSEEN", vec![Max, Save, All]),
        ("B283 SEARCH RETURN (SAVE) CHARSET UTF-8 SEEN", vec![Save]),
        ("A1 UID SEARCH RETURN (PARTIAL 500:1) ALL", vec![window(End::First, 1, 500)]),
        ("A1 SEARCH RETURN (PARTIAL -1:-9 MIN) ALL", vec![window(End::Last, 1, 9), Min]),
    ];
    for (line, results) in cases {
        assert_eq!(search(line).results, Some(results), "{line}");
    }
}

#[test]
fn sort_and_thread() {
    let sort =
        command("A283 UID SORT RETURN (MIN) (SUBJECT REVERSE DATE) koi8-r SUBJECT {3}\r\n\u{fffd}");
    let Command::Sort(sort) = sort else { panic!("{sort:?}") };
    assert_eq!(sort.by, By::Uid);
    assert_eq!(sort.results, Some(vec![ResultOption::Min]));
    let program =
        [(Criterion::Subject, Direction::Ascending), (Criterion::Date, Direction::Descending)];
    assert_eq!(sort.program, program);
    // The three bytes of U+FFFD in KOI8-R.
    assert_eq!(sort.key, header("Subject", "О©╫"));
    let thread = command("A285 THREAD REFERENCES UTF-8 SINCE 5-MAR-2000 MODSEQ 1");
    let Command::Thread(thread) = thread else { panic!("{thread:?}") };
    assert_eq!(
        (thread.by, thread.algorithm, thread.modseq),
        (By::Seq, Algorithm::References, true)
    );
}
