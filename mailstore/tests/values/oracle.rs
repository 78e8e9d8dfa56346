//! Values as mailparse reads them, of every message of the corpus. The two differ by choice (words
//! that share a character joined, unknown charsets and bad padding forgiven, `20:57` without
//! seconds, a broken date refused), and seldom.

use harness::Newlines;
use mailparse::{MailHeader, dateparse, parse_header};
use mailstore::mime::header::{Fields, SentDate};

/// How often two readers gave the same.
#[derive(Debug, Default)]
struct Tally {
    same: u32,
    all: u32,
}

impl Tally {
    fn note<T: PartialEq>(&mut self, theirs: T, ours: T) {
        self.all += 1;
        self.same += u32::from(theirs == ours);
    }

    fn share(&self) -> f64 {
        f64::from(self.same) / f64::from(self.all)
    }
}

/// Calls `see` with each field of the corpus that mailparse can take in reasonable time.
fn each_field(
    names: &[&str],
    mut see: impl FnMut(MailHeader<'_>, mailstore::mime::header::Field<'_>),
) {
    let Some(files) = harness::corpus(Newlines::AsIs) else { return };
    for raw in &files {
        let fields = Fields::new(raw).filter(|field| names.iter().any(|name| field.is(name)));
        for field in fields.filter(|field| field.lines.len() < 4096) {
            if let Ok((theirs, _)) = parse_header(field.lines) {
                see(theirs, field);
            }
        }
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_are_decoded_as_mailparse_does() {
    let mut tally = Tally::default();
    each_field(&["subject", "from", "to", "content-description"], |theirs, ours| {
        tally.note(squeezed(&theirs.get_value()), squeezed(&ours.text()));
    });
    assert!(tally.all == 0 || tally.share() > 0.995, "{tally:?}");
}

#[test]
fn dates_are_read_as_mailparse_does() {
    let mut tally = Tally::default();
    each_field(&["date"], |theirs, ours| {
        if let Ok(secs) = dateparse(&theirs.get_value()) {
            tally.note(Some(secs), SentDate::parse(&ours.value()).map(SentDate::secs));
        }
    });
    assert!(tally.all == 0 || tally.share() > 0.995, "{tally:?}");
}
