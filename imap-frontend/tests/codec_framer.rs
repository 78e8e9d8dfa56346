//! Framing: the same commands, however the bytes arrive; and no memory for what is refused.

use bytes::Bytes;
use imap_frontend::codec::command::{CatenatePart, MessageData};
use imap_frontend::codec::{
    Announced, Command, CommandText, Event, FrameError, FrameFault, Framer, Limits, Sync, parse,
};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    line: 64,
    id: 48,
    command: 128,
    message: Some(1000),
    skip: 10_000,
    unasked: u64::MAX,
    read: 4096,
};

/// What a session would do: go on with literals, accept messages. Gives what happened.
#[derive(Debug, PartialEq)]
enum Seen {
    Continue,
    Message(Announced, Bytes),
    Command(CommandText),
    Error(FrameError),
}

fn feed(framer: &mut Framer, bytes: &[u8], seen: &mut Vec<Seen>) {
    framer.input().extend_from_slice(bytes);
    loop {
        match framer.next() {
            Ok(Event::NeedMore) => return,
            Ok(Event::Continue) => seen.push(Seen::Continue),
            Ok(Event::Message(announced)) => {
                seen.push(Seen::Message(announced, framer.so_far()));
                framer.accept_message();
            }
            Ok(Event::Command(text)) => seen.push(Seen::Command(text)),
            Err(error) if error.is_fatal() => {
                seen.push(Seen::Error(error));
                return;
            }
            Err(error) => seen.push(Seen::Error(error)),
        }
    }
}

fn at_once(bytes: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    feed(&mut Framer::new(LIMITS), bytes, &mut seen);
    seen
}

fn in_pieces(bytes: &[u8], size: usize) -> Vec<Seen> {
    let (mut framer, mut seen) = (Framer::new(LIMITS), Vec::new());
    bytes.chunks(size.max(1)).for_each(|piece| feed(&mut framer, piece, &mut seen));
    seen
}

fn command(text: &'static str) -> Seen {
    Seen::Command(CommandText::new(text))
}

/// An ID may be longer than a line: 30 fields of 1,024 bytes (RFC 2971 3.3). Nothing of it is kept.
#[test]
fn long_ids() {
    let field = |name: usize| format!("\"a{name}\" \"{}\\\"{}\"", "b".repeat(500), "c".repeat(523));
    let id = |fields: usize| {
        let fields: Vec<_> = (0..fields).map(field).collect();
        format!("a id ({})\r\nb NOOP\r\n", fields.join(" "))
    };
    let passed = [command("a ID NIL\r\n"), command("b NOOP\r\n")];
    let nil = id(30).replace(&field(0), "\"a0\" nil");
    for text in [id(1), id(30), nil] {
        assert_eq!(at_once(text.as_bytes()), passed);
        for size in [1, 7, 48, 49, 64, 65, 66, 1000, 40_000] {
            assert_eq!(in_pieces(text.as_bytes(), size), passed, "{size}");
        }
    }
}

/// What only begins like one is too long.
#[test]
fn no_long_ids() {
    let value = |len| "x".repeat(len);
    let wrong = [
        format!("a ID (\"a\" \"{}\")", value(1025)),
        format!("a ID (\"a\" \"{}\" \"b\")", value(100)),
        format!("a ID (\"a\" \"{}\" NIL \"b\")", value(100)),
        format!("a ID (\"a\" \"{}\\n\")", value(100)),
        format!("a ID (\"a\" \"{}", value(100)),
        format!("a ID (\"a\" \"{}\")x", value(100)),
        format!("a ID (\"a\"  \"{}\")", value(100)),
        format!("a ID (\"a\" {})", value(100)),
        format!("a ID ({})", vec!["\"a\" NIL"; 31].join(" ")),
        format!("a IDS (\"a\" \"{}\")", value(100)),
    ];
    for text in wrong {
        let text = format!("{text}\r\nb NOOP\r\n");
        let expected = at_once(text.as_bytes());
        let [Seen::Error(error), next] = &expected[..] else { panic!("{text}: {expected:?}") };
        assert_eq!(
            (error.fault, error.tag.as_ref().map(|tag| tag.as_str())),
            (FrameFault::LineTooLong, Some("a"))
        );
        assert_eq!(*next, command("b NOOP\r\n"), "{text}");
        assert_eq!(in_pieces(text.as_bytes(), 1), expected, "{text}");
    }
}

/// LITERAL- (RFC 7888 5): what is larger is refused, passed over, and what follows is understood.
#[test]
fn literals_that_nobody_asked_for() {
    let limits = Limits::authenticated(10_000).with_literal_minus();
    let outcome = |text: String| {
        let (mut framer, mut seen) = (Framer::new(limits), Vec::new());
        feed(&mut framer, text.as_bytes(), &mut seen);
        seen
    };
    let small = format!("a LOGIN {{4096+}}\r\n{} x\r\n", "y".repeat(4096));
    assert!(matches!(outcome(small)[..], [Seen::Command(_)]));
    for start in ["a LOGIN", "a APPEND INBOX"] {
        let large = format!("{start} {{4097+}}\r\n{} x\r\nb NOOP\r\n", "y".repeat(4097));
        let [Seen::Error(error), next] = &outcome(large)[..] else { panic!("{start}") };
        assert_eq!(error.fault, FrameFault::LiteralUnasked);
        assert_eq!(*next, command("b NOOP\r\n"));
    }
    assert_eq!(outcome("a LOGIN {5000}\r\n".into()), [Seen::Continue]);
}

fn literal(bytes: &'static [u8]) -> MessageData {
    MessageData::Literal(Bytes::from_static(bytes))
}

#[test]
fn lines() {
    assert_eq!(at_once(b"a NOOP\r\nb CHE"), [command("a NOOP\r\n")]);
    assert_eq!(at_once(b"a NOOP\nb IDLE\r\n"), [command("a NOOP\n"), command("b IDLE\r\n")]);
}

#[test]
fn literals_stay_in_the_text() {
    let seen = at_once(b"a LOGIN {4}\r\nfred {3+}\r\npw\n\r\nb NOOP\r\n");
    assert_eq!(
        seen,
        [Seen::Continue, command("a LOGIN {4}\r\nfred {3+}\r\npw\n\r\n"), command("b NOOP\r\n")]
    );
}

#[test]
fn a_message_is_announced_and_received_apart() {
    let mut seen = at_once(b"a APPEND {5+}\r\nINBOX (\\Seen) {6}\r\na\r\nb\r\n\r\nb NOOP\r\n");
    let announced = Announced { len: 6, sync: Sync::Waits, binary: false };
    let so_far = Bytes::from_static(b"a APPEND {5+}\r\nINBOX (\\Seen) {6}\r\n");
    assert_eq!(seen[0], Seen::Message(announced, so_far));
    assert_eq!(seen[2], command("b NOOP\r\n"));
    let Seen::Command(text) = seen.remove(1) else { panic!("{seen:?}") };
    let Command::Append(append) = parse(&text).unwrap().command else { panic!("{text:?}") };
    assert_eq!(append.mailbox.as_str(), "INBOX");
    assert_eq!(append.messages[0].data, literal(b"a\r\nb\r\n"));
}

#[test]
fn a_message_with_nul_is_received_apart_too() {
    for (text, sync) in [
        (&b"a APPEND INBOX ~{3}\r\na\0b\r\n"[..], Sync::Waits),
        (b"a APPEND INBOX ~{3+}\r\na\0b\r\n", Sync::Sends),
    ] {
        let mut seen = at_once(text);
        let Some(Seen::Command(text)) = seen.pop() else { panic!("{seen:?}") };
        let [Seen::Message(announced, _)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(*announced, Announced { len: 3, sync, binary: true });
        let Command::Append(append) = parse(&text).unwrap().command else { panic!("{text:?}") };
        assert_eq!(append.messages[0].data, MessageData::Binary("a\0b".into()));
    }
}

#[test]
fn several_messages() {
    let mut seen = at_once(b"a APPEND x {1+}\r\n1 (\\Draft) {2+}\r\n22 {0}\r\n\r\n");
    assert_eq!(seen.len(), 4);
    let Some(Seen::Command(text)) = seen.pop() else { panic!("{seen:?}") };
    let Command::Append(append) = parse(&text).unwrap().command else { panic!("{text:?}") };
    let data: Vec<_> = append.messages.into_iter().map(|message| message.data).collect();
    assert_eq!(data, [literal(b"1"), literal(b"22"), literal(b"")]);
}

/// Texts are received apart, as messages are; URLs are not.
#[test]
fn parts_of_messages() {
    let mut seen = at_once(
        b"a APPEND x CATENATE (URL {9+}\r\n/y/;UID=1 TEXT {2+}\r\nhi url {3}\r\n/zz TEXT {1}\r\n.)\r\n",
    );
    let Some(Seen::Command(text)) = seen.pop() else { panic!("{seen:?}") };
    assert!(matches!(seen[..], [Seen::Message(..), Seen::Continue, Seen::Message(..)]), "{seen:?}");
    let Command::Append(append) = parse(&text).unwrap().command else { panic!("{text:?}") };
    let part = |text| CatenatePart::Text(Bytes::from_static(text));
    let url = |url: &[u8]| CatenatePart::Url(url.to_vec());
    let parts = vec![url(b"/y/;UID=1"), part(b"hi"), url(b"/zz"), part(b".")];
    assert_eq!(append.messages[0].data, MessageData::Catenate(parts));
}

#[test]
fn a_mailbox_may_have_the_name_url() {
    for text in ["a APPEND URL {200}\r\n", "a APPEND {3+}\r\nURL {200}\r\n"] {
        let seen = at_once(text.as_bytes());
        assert!(matches!(seen[..], [Seen::Message(Announced { len: 200, .. }, _)]), "{text:?}");
    }
}

/// The name of the mailbox is no message, not even an empty one, and neither is anything else.
#[test]
fn other_literals_are_no_messages() {
    for text in ["a APPEND {0+}\r\n {0+}\r\n", "a APPEND {1+}\r\n", "a SEARCH x {2+}\r\n"] {
        let seen = at_once(text.as_bytes());
        let messages = seen.iter().filter(|seen| matches!(seen, Seen::Message(..))).count();
        assert_eq!(messages, usize::from(text.matches("{0+}").count() == 2), "{text:?}");
    }
}

#[test]
fn a_message_buffer_is_exactly_its_size() {
    let mut framer = Framer::new(Limits::authenticated(1 << 30));
    framer.input().extend_from_slice(b"a APPEND INBOX {1000000}\r\n");
    assert!(matches!(framer.next(), Ok(Event::Message(Announced { len: 1_000_000, .. }))));
    assert!(framer.input().capacity() < 20_000);
    framer.accept_message();
    assert_eq!(framer.next(), Ok(Event::NeedMore));
    assert_eq!(framer.input().capacity(), 1_000_000);
}

/// What is made of a long command need not share the memory with its buffer.
#[test]
fn a_long_command_takes_its_buffer_along() {
    let mut framer = Framer::new(Limits::NOT_AUTHENTICATED);
    let long = format!("a LOGIN joe {}\r\nb NO", "x".repeat(8000));
    for piece in long.as_bytes().chunks(1000) {
        assert_eq!(framer.next(), Ok(Event::NeedMore));
        framer.input().extend_from_slice(piece);
    }
    assert!((8000..8300).contains(&framer.input().capacity()));
    let Ok(Event::Command(text)) = framer.next() else { panic!("it is a line") };
    assert_eq!(text.text().len(), long.len() - 4);
    assert_eq!(framer.pending(), 4);
    assert!(framer.input().capacity() < 3000);
    framer.input().extend_from_slice(b"OP\r\n");
    assert_eq!(framer.next(), Ok(Event::Command(CommandText::new("b NOOP\r\n"))));
}

#[test]
fn refused_messages_are_passed_over() {
    for (text, rest) in [("a APPEND x {9}\r\n", ""), ("a APPEND x {9+}\r\n", "b NOOP\r\n\r\r\n")] {
        let mut framer = Framer::new(LIMITS);
        framer.input().extend_from_slice(text.as_bytes());
        assert!(matches!(framer.next(), Ok(Event::Message(_))));
        framer.refuse_message();
        let mut seen = Vec::new();
        feed(&mut framer, rest.as_bytes(), &mut seen);
        feed(&mut framer, b"c NOOP\r\n", &mut seen);
        assert_eq!(seen, [command("c NOOP\r\n")], "{text}");
    }
}

#[test]
fn too_much_is_an_error_by_name() {
    let long = "x".repeat(200);
    let cases = [
        (format!("t1 {long}\r\n"), FrameFault::LineTooLong),
        (format!("t1 {long} {{3+}}\r\n...\r\n"), FrameFault::LineTooLong),
        ("t1 LOGIN {200}\r\n".to_owned(), FrameFault::LiteralTooLarge),
        (format!("t1 LOGIN {{200+}}\r\n{long} {{2+}}\r\nxx\r\n"), FrameFault::LiteralTooLarge),
        ("t1 LOGIN {99999999999999999999999}\r\n".to_owned(), FrameFault::LiteralTooLarge),
        ("t1 APPEND INBOX {1001}\r\n".to_owned(), FrameFault::MessageTooLarge),
        (
            format!("t1 L {{50+}}\r\n{0} {{50+}}\r\n{0} xxxxxxxxx\r\n", "y".repeat(50)),
            FrameFault::CommandTooLong,
        ),
    ];
    for (bytes, fault) in cases {
        let bytes = format!("{bytes}t2 NOOP\r\n");
        for size in [1, 7, bytes.len()] {
            let mut seen = in_pieces(bytes.as_bytes(), size);
            seen.retain(|seen| *seen != Seen::Continue);
            let [Seen::Error(error), last] = &seen[..] else { panic!("{bytes}: {seen:?}") };
            assert_eq!(error.fault, fault, "{bytes}");
            assert_eq!(error.tag.as_ref().map(|tag| tag.as_str()), Some("t1"));
            assert_eq!(*last, command("t2 NOOP\r\n"));
        }
    }
}

#[test]
fn what_cannot_be_passed_over_is_fatal() {
    let seen = at_once(b"a LOGIN {20000+}\r\nxxxxxxxxxxxxx");
    let faults: Vec<_> = seen
        .iter()
        .map(|seen| match seen {
            Seen::Error(error) => error.fault,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(faults, [FrameFault::LiteralTooLarge, FrameFault::Lost]);
}

#[test]
fn an_endless_line_takes_no_memory() {
    let mut framer = Framer::new(LIMITS);
    let mut errors = 0;
    for _ in 0..10_000 {
        framer.input().extend_from_slice(&[b'x'; 100]);
        while !matches!(framer.next(), Ok(Event::NeedMore)) {
            errors += 1;
        }
    }
    assert_eq!(errors, 1);
    assert!(framer.pending() < 100 && framer.input().capacity() < 20_000);
}

#[test]
fn raw_lines() {
    let mut framer = Framer::new(LIMITS);
    let mut seen = Vec::new();
    feed(&mut framer, b"a IDLE\r\n", &mut seen);
    framer.input().extend_from_slice(b"DO");
    assert_eq!(framer.next_line(1000), Ok(None));
    framer.input().extend_from_slice(b"NE {3}\r\nb NOOP\r\n");
    assert_eq!(framer.next_line(1000), Ok(Some(Bytes::from_static(b"DONE {3}"))));
    assert_eq!(framer.next(), Ok(Event::Command(CommandText::new("b NOOP\r\n"))));
    framer.input().extend_from_slice(&[b'='; 65]);
    assert_eq!(framer.next_line(1000).unwrap_err().fault, FrameFault::LineTooLong);
    framer.input().extend_from_slice(b"\r\n12345\r\n");
    assert_eq!(framer.next_line(4).unwrap_err().fault, FrameFault::LineTooLong);
    framer.input().extend_from_slice(b"=\r\n");
    assert_eq!(framer.next_line(1000), Ok(Some(Bytes::from_static(b"="))));
}

/// Bytes that often look like commands with literals.
fn traffic() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"a APPEND b ".to_vec()),
        Just(b"UID REPLACE 1 x ".to_vec()),
        (0u32..300).prop_map(|n| format!("{{{n}}}\r\n").into_bytes()),
        (0u32..300).prop_map(|n| format!("~{{{n}+}}\r\n").into_bytes()),
        (0u32..70).prop_map(|n| vec![b'x'; n as usize]),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_make_no_difference(bytes in traffic(), size in 1usize..50) {
        let whole = at_once(&bytes);
        prop_assert_eq!(&in_pieces(&bytes, 1), &whole);
        prop_assert_eq!(&in_pieces(&bytes, size), &whole);
    }
}
