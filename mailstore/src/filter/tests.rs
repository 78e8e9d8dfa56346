use bytes::Bytes;

use super::*;
use crate::flags::{Flags, SystemFlag};
use crate::mime::{Limits, parse};

const MESSAGE: &str = "From: =?utf-8?q?J=C3=BCrgen?= <j@news.example>\r\nTo: a@b.example\r\n\
    Cc: c@d.example\r\nSubject: Big\r\n sale\r\nList-Id: News <news.example>\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
    Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Gr=C3=BCn is cheap\r\n--b\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n";

fn facts(message: &'static str) -> Facts {
    let source = Bytes::from_static(message.as_bytes());
    Facts::of(parse(source.clone(), &Limits::default()), source)
}

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn judged(filters: &[&str], label: Option<&str>) -> Verdict {
    let filters: Vec<_> = filters.iter().map(|text| filter(text)).collect();
    judge(&filters, &facts(MESSAGE), label)
}

fn applies(condition: &str) -> bool {
    let filter = format!("name x\nif {condition}\nthen seen");
    !judged(&[&filter], Some("Lists")).flags.is_empty()
}

#[test]
fn conditions() {
    for condition in [
        "from JÜRGEN",
        "from @news.example",
        "to A@B.example",
        "to c@d",
        "subject big sale",
        "list-id news.example",
        "text grün IS",
        "attachment some",
        "larger 100",
        "smaller 10000",
        "label lists",
    ] {
        assert!(applies(condition), "{condition}");
    }
    for condition in [
        "from a@b",
        "to j@news",
        "subject cheap",
        "list-id other",
        "text sale",
        "attachment none",
        "larger 10000",
        "smaller 100",
        "label list",
    ] {
        assert!(!applies(condition), "{condition}");
    }
}

#[test]
fn all_conditions_must_hold() {
    let both = "name x\nif subject sale\nif from j@news\nthen flag";
    let one = "name x\nif subject sale\nif from nobody\nthen seen";
    let verdict = judged(&[both, one], None);
    assert_eq!(verdict.flags, Flags::new([SystemFlag::Flagged], []));
    let off = "name x\noff\nthen seen";
    assert_eq!(judged(&[off], None), Verdict::default());
    assert!(!judged(&["name x\nif label x\nthen seen"], None).flags.has(SystemFlag::Seen));
}

#[test]
fn filters_add_up_and_the_first_place_counts() {
    let verdict = judged(
        &[
            "name a\nthen file Lists/News\nthen keyword work\nthen forward x@y\nthen reply a\\nb",
            "name b\nthen junk\nthen seen\nthen forward x@y\nthen forward z@y\nthen reply c",
            "name c\nthen stop\nthen flag",
            "name d\nthen discard",
        ],
        None,
    );
    let keywords = ["$Junk", "work"].map(|name| Keyword::new(name).unwrap());
    assert_eq!(verdict.flags, Flags::new([SystemFlag::Seen, SystemFlag::Flagged], keywords));
    assert_eq!(verdict.destination, Some(Destination::Mailbox("Lists/News".into())));
    assert_eq!(verdict.forwards, ["x@y", "z@y"]);
    assert_eq!(verdict.reply.as_deref(), Some("a\nb"));
    assert_eq!(verdict.disposal, Disposal::Keep);
    assert_eq!(judged(&["name d\nthen discard"], None).disposal, Disposal::Discard);
    let many: String = (0..30).map(|i| format!("then forward {i}@x\n")).collect();
    let verdict = judged(
        &[&format!("name m\n{many}").replace("then forward 29", "then forward 1").replacen(
            "then forward 28@x\n",
            "",
            1,
        )[..]],
        None,
    );
    assert!(verdict.forwards.len() <= MAX_FORWARDS);
}

#[test]
fn filters_are_read_back_as_they_are_written() {
    let text = "name a \\\\ b\noff\nif from x y\nif to x\nif subject x\nif list-id x\nif text x\n\
        if attachment some\nif attachment none\nif larger 1\nif smaller 2\nif label x\n\
        then file A/ü\nthen junk\nthen flag\nthen seen\nthen keyword $x\nthen discard\n\
        then forward a@b\nthen reply line\\nline\\\\\nthen stop\n";
    assert_eq!(filter(text).to_string(), text);
}

#[test]
fn what_is_no_filter() {
    let long = format!("name {}", "x".repeat(MAX_TEXT + 1));
    for (text, error) in [
        ("x", FilterError::Line { line: 1 }),
        ("name", FilterError::Text { line: 1 }),
        ("name a\nname b\\x", FilterError::Text { line: 2 }),
        ("name a\\nb", FilterError::Text { line: 1 }),
        ("name a\nif larger x", FilterError::Line { line: 2 }),
        ("name a\nif from", FilterError::Text { line: 2 }),
        ("name a\nthen seen x", FilterError::Line { line: 2 }),
        ("name a\nthen keyword (", FilterError::Text { line: 2 }),
        (long.as_str(), FilterError::Text { line: 1 }),
    ] {
        assert_eq!(text.parse::<Filter>(), Err(error), "{text}");
    }
    let many = format!("name a\n{}", "then seen\n".repeat(MAX_ACTIONS + 1));
    assert_eq!(many.parse::<Filter>(), Err(FilterError::TooMany("actions")));
    let many = format!("name a\n{}", "if larger 1\n".repeat(MAX_CONDITIONS + 1));
    assert_eq!(many.parse::<Filter>(), Err(FilterError::TooMany("conditions")));
}

#[test]
fn machines_and_lists_are_not_answered() {
    let of = |header: &'static str| facts(header);
    let plain = of("Subject: hello\r\n\r\n");
    assert!(may_be_answered("joe@example.com", &plain));
    for sender in ["", "MAILER-DAEMON@x", "no-reply@x", "owner-list@x", "list-request@x"] {
        assert!(!may_be_answered(sender, &plain), "{sender}");
    }
    for header in [
        "Auto-Submitted: auto-replied\r\n\r\n",
        "Precedence: bulk\r\n\r\n",
        "List-Id: <x>\r\n\r\n",
        "List-Unsubscribe: <x>\r\n\r\n",
        "X-Auto-Response-Suppress: DR, OOF\r\n\r\n",
    ] {
        assert!(!may_be_answered("joe@example.com", &of(header)), "{header}");
    }
    assert!(may_be_answered("joe@example.com", &of("Auto-Submitted: no\r\n\r\n")));
}
