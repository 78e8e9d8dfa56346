use std::num::NonZeroU32;

use super::*;
use crate::uid::{Bound, SequenceSet};

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

/// UIDs 10, 20 and 30.
fn view() -> UidArray {
    UidArray::from_set(&[10, 20, 30].into_iter().map(uid).collect())
}

struct Message {
    flags: Flags,
    header: HeaderText,
    body: String,
}

impl Message {
    fn new() -> Self {
        let header =
            b"From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.org>\r\nSubject: Hello\r\n World\r\n\
                       Date: Sat, 24 Mar 2007 23:30:00 -0500\r\nX-Empty:\r\n\r\n";
        Self {
            flags: Flags::new([SystemFlag::Seen], Keyword::new("$Work")),
            header: HeaderText::of(header),
            body: fold("Die Straße\nzum Café"),
        }
    }

    /// Message 2 (UID 20) of the view; internal date 2007-03-24 23:30 in -0500.
    fn row(&self) -> Candidate<'_> {
        let internal = InternalDate { secs: 1_174_797_000, zone: -300 };
        Candidate {
            uid: uid(20),
            flags: &self.flags,
            recency: Recency::Old,
            internal,
            size: 100,
            modseq: ModSeq(7),
            email: EmailId(5),
            thread: ThreadId(6),
            saved: Timestamp::from_secs(1_174_797_000),
            header: None,
            body: None,
        }
    }

    fn whole(&self) -> Candidate<'_> {
        Candidate { header: Some(&self.header), body: Some(&self.body), ..self.row() }
    }
}

fn matches(key: &Key) -> bool {
    Matcher::new(key, &Scope::of(&view(), Timestamp::default()))
        .matches(&Message::new().whole())
        .unwrap()
}

fn header(name: &str, text: &str) -> Key {
    Key::Header(name.into(), text.into())
}

fn set(from: u32, to: u32) -> SequenceSet {
    let bound = |number| Bound::Number(NonZeroU32::new(number).unwrap());
    SequenceSet(vec![(bound(from), bound(to))])
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

fn or(a: Key, b: Key) -> Key {
    Key::Or(Box::new(a), Box::new(b))
}

/// 24 March 2007.
const DAY: i32 = 13_596;

#[test]
fn keys_that_match() {
    use DateField::{Internal, Sent};
    let keys = [
        Key::All,
        Key::And(vec![]),
        Key::Flag(SystemFlag::Seen),
        Key::Keyword(Keyword::new("$WORK").unwrap()),
        not(Key::Recent),
        Key::Larger(99),
        Key::Smaller(101),
        Key::ModSeq(ModSeq(7)),
        Key::Sequence(set(2, 3)),
        Key::Uid(set(15, 20)),
        Key::On(Internal, Day(DAY)),
        Key::Since(Internal, Day(DAY)),
        Key::Before(Internal, Day(DAY + 1)),
        Key::On(Sent, Day(DAY)),
        Key::Since(Sent, Day(i32::MIN)),
        Key::Before(Sent, Day(i32::MAX)),
        header("FROM", "jÖRG"),
        header("subject", "hello world"),
        header("x-empty", ""),
        Key::Body("STRASSE".replace("SS", "ß")),
        Key::Body(String::new()),
        Key::Body("CAFÉ".into()),
        Key::Text("example.org".into()),
        Key::Text("zum".into()),
        or(Key::Recent, Key::All),
    ];
    for key in keys {
        assert!(matches(&key), "{key:?}");
        assert!(!matches(&not(key.clone())), "{key:?}");
    }
}

#[test]
fn keys_that_do_not_match() {
    use DateField::{Internal, Sent};
    let keys = [
        Key::Flag(SystemFlag::Deleted),
        Key::Keyword(Keyword::new("work").unwrap()),
        Key::Recent,
        Key::Larger(100),
        Key::Smaller(100),
        Key::ModSeq(ModSeq(8)),
        Key::Sequence(set(3, 3)),
        Key::Uid(set(1, 19)),
        Key::On(Internal, Day(DAY + 1)),
        Key::Before(Internal, Day(DAY)),
        Key::Since(Sent, Day(DAY + 1)),
        header("to", ""),
        header("subject", "hello  world"),
        Key::Body("hello".into()),
        Key::Text("nowhere".into()),
        Key::And(vec![Key::All, Key::Recent]),
        or(Key::Recent, Key::Flag(SystemFlag::Draft)),
    ];
    for key in keys {
        assert!(!matches(&key), "{key:?}");
    }
}

#[test]
fn a_message_without_a_date_was_sent_on_no_day() {
    let message = Message { header: HeaderText::of(b"Date: soon\r\n\r\n"), ..Message::new() };
    let key = Key::Since(DateField::Sent, Day(i32::MIN));
    let matcher = Matcher::new(&key, &Scope::of(&view(), Timestamp::default()));
    assert_eq!(matcher.matches(&message.whole()), Some(false));
}

#[test]
fn the_row_decides_where_it_can() {
    let message = Message::new();
    let asked = |key: &Key, candidate: &Candidate<'_>| {
        Matcher::new(key, &Scope::of(&view(), Timestamp::default())).matches(candidate)
    };
    let body = Key::Body("café".into());
    let row = message.row();
    assert_eq!(asked(&body, &row), None);
    assert_eq!(asked(&not(body.clone()), &row), None);
    assert_eq!(asked(&Key::And(vec![body.clone(), Key::Recent]), &row), Some(false));
    assert_eq!(asked(&Key::And(vec![body.clone(), Key::All]), &row), None);
    assert_eq!(asked(&or(body.clone(), Key::All), &row), Some(true));
    assert_eq!(asked(&or(body, Key::Recent), &row), None);
    let header_only = Candidate { header: Some(&message.header), ..row };
    assert_eq!(asked(&Key::Text("hello".into()), &header_only), Some(true));
    assert_eq!(asked(&Key::Text("café".into()), &header_only), None);
    let body_only = Candidate { body: Some(&message.body), ..row };
    assert_eq!(asked(&Key::Text("café".into()), &body_only), Some(true));
    assert_eq!(asked(&Key::Text("hello".into()), &body_only), None);
}

#[test]
fn needs_are_those_of_the_keys() {
    let needs = |key: &Key| {
        let needs = Matcher::new(key, &Scope::of(&view(), Timestamp::default())).needs();
        (needs.header, needs.body)
    };
    assert_eq!(needs(&Key::And(vec![Key::Recent, Key::Larger(1)])), (false, false));
    assert_eq!(needs(&Key::On(DateField::Internal, Day(0))), (false, false));
    assert_eq!(needs(&Key::On(DateField::Sent, Day(0))), (true, false));
    assert_eq!(needs(&not(header("a", ""))), (true, false));
    assert_eq!(needs(&or(header("a", ""), Key::Body("x".into()))), (true, true));
    assert_eq!(needs(&Key::Body("x".into())), (false, true));
    assert_eq!(needs(&Key::Text("x".into())), (true, true));
}

#[test]
fn a_sequence_number_that_no_message_has_finds_nothing() {
    assert!(matches(&Key::Sequence(set(2, 4))));
    assert!(!matches(&Key::Sequence(set(4, 9))));
    let all = Key::Sequence(SequenceSet(vec![(Bound::Star, Bound::Star)]));
    let matcher = Matcher::new(&all, &Scope::of(&UidArray::new(), Timestamp::default()));
    assert!(matcher.candidates(&UidArray::new()).is_empty());
}

#[test]
fn what_was_saved_and_is_still_there() {
    let (view, saved) = (view(), [20, 21].into_iter().map(uid).collect());
    let scope = Scope { saved: &saved, ..Scope::of(&view, Timestamp::default()) };
    let matcher = Matcher::new(&Key::Saved, &scope);
    assert_eq!(matcher.candidates(&view), UidSet::single(uid(20)));
}

#[test]
fn fuzzy_keys_find_what_is_near() {
    let message = Message::new();
    let fuzzy = |key| Key::Fuzzy(Box::new(key));
    let asked = |key: &Key| {
        let matcher = Matcher::new(key, &Scope::of(&view(), Timestamp::default()));
        (matcher.matches(&message.whole()).unwrap(), matcher.relevancy(&message.whole()))
    };
    let subject = |text: &str| header("subject", text);
    assert!(!asked(&subject("Helo")).0);
    assert_eq!(asked(&fuzzy(subject("Helo"))), (true, 60));
    assert_eq!(asked(&fuzzy(subject("world hello"))), (true, 100));
    assert!(!asked(&fuzzy(subject("mars"))).0);
    assert_eq!(asked(&fuzzy(Key::Body("cafe".into()))), (true, 64));
    assert_eq!(asked(&fuzzy(Key::And(vec![subject("hel"), subject("worlt")]))), (true, 70));
    assert_eq!(asked(&fuzzy(or(subject("mars"), subject("world")))), (true, 100));
    assert_eq!(asked(&fuzzy(Key::Flag(SystemFlag::Seen))), (true, 100));
}

/// The moment itself is in both (RFC 5032 3).
#[test]
fn older_and_younger() {
    let message = Message::new();
    let arrived = message.row().internal.secs;
    let asked = |key: Key, ago: i64| {
        let view = view();
        let scope = Scope::of(&view, Timestamp::from_secs(arrived + ago));
        Matcher::new(&key, &scope).matches(&message.row()).unwrap()
    };
    let answers = |ago| (asked(Key::Older(60), ago), asked(Key::Younger(60), ago));
    assert_eq!(answers(59), (false, true));
    assert_eq!(answers(60), (true, true));
    assert_eq!(answers(61), (true, false));
}

#[test]
fn object_ids() {
    assert!(matches(&Key::Email(EmailId(5))) && !matches(&Key::Email(EmailId(6))));
    assert!(matches(&Key::Thread(ThreadId(6))) && !matches(&Key::Thread(ThreadId(5))));
}

/// Saved 2007-03-25 04:30 in UTC, though the internal date is a day earlier.
#[test]
fn save_dates_are_in_utc() {
    let day = Day(13_597);
    assert!(matches(&Key::On(DateField::Saved, day)));
    assert!(matches(&Key::Since(DateField::Saved, day)));
    assert!(!matches(&Key::Before(DateField::Saved, day)));
    assert!(!matches(&Key::On(DateField::Internal, day)));
    assert!(matches(&Key::Before(DateField::Saved, Day(13_598))));
}

#[test]
fn numbers_are_found_however_deep() {
    let numbers = Key::Sequence(set(1, 2));
    let deep = Key::Or(Box::new(Key::All), Box::new(Key::Not(Box::new(numbers))));
    assert!(Key::And(vec![Key::Recent, deep]).names_numbers());
    assert!(!Key::And(vec![Key::Recent, Key::Uid(set(1, 2))]).names_numbers());
}
