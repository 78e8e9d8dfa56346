//! Whether a message matches a search key, asked with as little of the message as will do.

use std::ops::Range;

use memchr::memmem::Finder;

use super::fuzzy::Words;
use super::key::{DateField, Day, Key};
use crate::flags::{Flags, Keyword, SystemFlag};
use crate::id::{EmailId, ThreadId};
use crate::mime::header::SentDate;
use crate::mime::text::{HeaderText, bodies, fold};
use crate::time::{InternalDate, Timestamp};
use crate::uid::{ModSeq, Uid, UidArray, UidSet};

/// Whether a message is recent to the session that asks (RFC 3501 2.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recency {
    /// This session is the first to see it.
    Recent,
    /// It is not.
    Old,
}

/// A message, as far as it is known. The row is at hand; header and body are read and decoded only
/// for the messages about which the row does not decide.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its UID.
    pub uid: Uid,
    /// Its flags and keywords.
    pub flags: &'a Flags,
    /// Is it recent?
    pub recency: Recency,
    /// Its INTERNALDATE.
    pub internal: InternalDate,
    /// Its length in bytes (RFC822.SIZE).
    pub size: u64,
    /// Its MODSEQ.
    pub modseq: ModSeq,
    /// Its content.
    pub email: EmailId,
    /// Its conversation.
    pub thread: ThreadId,
    /// When it came into the mailbox.
    pub saved: Timestamp,
    /// Its header, if that has been read.
    pub header: Option<&'a HeaderText>,
    /// The folded text of its body
    /// (see [`append_body_text`](crate::mime::text::append_body_text)), if that has been read.
    pub body: Option<&'a str>,
}

/// What a matcher may have to know beside the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// [`Candidate::header`].
    pub header: bool,
    /// [`Candidate::body`].
    pub body: bool,
}

impl Needs {
    fn or(self, other: Self) -> Self {
        Self { header: self.header || other.header, body: self.body || other.body }
    }
}

/// What a key is made ready for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The messages.
    pub view: &'a UidArray,
    /// What `$` stands for; what is no longer in the view is passed over.
    pub saved: &'a UidSet,
    /// The present, for OLDER and YOUNGER.
    pub now: Timestamp,
}

impl<'a> Scope<'a> {
    /// These messages; nothing saved.
    pub fn of(view: &'a UidArray, now: Timestamp) -> Self {
        const NOTHING: &UidSet = &UidSet::new();
        Self { view, saved: NOTHING, now }
    }
}

/// A search key made ready: texts folded, sets resolved, cheap tests first.
#[derive(Debug)]
pub struct Matcher {
    test: Test,
    needs: Needs,
}

#[derive(Debug)]
enum Test {
    Everything,
    All(Vec<Matcher>),
    Any(Vec<Matcher>),
    Not(Box<Matcher>),
    Uids(UidSet),
    Flag(SystemFlag),
    Keyword(Keyword),
    Recent,
    /// Days since 1970.
    Day(DateField, Range<i64>),
    /// INTERNALDATE, in seconds since 1970.
    Arrived(Range<i64>),
    Size(Range<u64>),
    ModSeq(ModSeq),
    Email(EmailId),
    Thread(ThreadId),
    /// The name folded; no needle is any value at all.
    Header(String, Option<Needle>),
    Body(Needle),
    Text(Needle),
}

/// A folded text to be found.
#[derive(Debug)]
enum Needle {
    /// As it stands.
    Exact(Box<Finder<'static>>),
    /// By its words, or what is near to them (RFC 6203).
    Near(Words),
}

/// How texts are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Exact,
    Fuzzy,
}

impl Needle {
    fn new(text: &str, precision: Precision) -> Self {
        let text = fold(text);
        match precision {
            Precision::Exact => Self::Exact(Box::new(Finder::new(text.as_bytes()).into_owned())),
            Precision::Fuzzy => Self::Near(Words::of(&text)),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.score(text) > 0
    }

    /// How well it is found, from 1 to 100; 0 if it is not.
    fn score(&self, text: &str) -> u8 {
        match self {
            Self::Exact(finder) if finder.find(text.as_bytes()).is_some() => 100,
            Self::Exact(_) => 0,
            Self::Near(words) => words.score(text),
        }
    }
}

impl Matcher {
    /// Makes a key ready. Recurses as deep as the key is nested.
    pub fn new(key: &Key, scope: &Scope<'_>) -> Self {
        Self::build(key, scope, Precision::Exact)
    }

    fn build(key: &Key, scope: &Scope<'_>, precision: Precision) -> Self {
        let needle = |text: &str| Needle::new(text, precision);
        let test = match key {
            Key::All => Test::Everything,
            Key::Filter(_) => Test::Any(Vec::new()),
            Key::And(keys) => Test::All(Self::sorted(keys.iter(), scope, precision)),
            Key::Or(a, b) => Test::Any(Self::sorted([&**a, &**b].into_iter(), scope, precision)),
            Key::Not(key) => Test::Not(Box::new(Self::build(key, scope, precision))),
            Key::Fuzzy(key) => return Self::build(key, scope, Precision::Fuzzy),
            Key::Sequence(set) => Test::Uids(set.search_seqs(scope.view)),
            Key::Uid(set) => Test::Uids(set.resolve_uids(scope.view)),
            Key::These(uids) => Test::Uids(scope.view.intersection(uids)),
            Key::Saved => Test::Uids(scope.view.intersection(scope.saved)),
            Key::Flag(flag) => Test::Flag(*flag),
            Key::Keyword(keyword) => Test::Keyword(keyword.clone()),
            Key::Recent => Test::Recent,
            Key::Before(field, day) => Test::Day(*field, i64::MIN..start(*day)),
            Key::On(field, day) => Test::Day(*field, start(*day)..start(*day) + 1),
            Key::Since(field, day) => Test::Day(*field, start(*day)..i64::MAX),
            Key::Older(secs) => Test::Arrived(i64::MIN..ago(scope, *secs) + 1),
            Key::Younger(secs) => Test::Arrived(ago(scope, *secs)..i64::MAX),
            Key::Larger(size) => Test::Size(size.saturating_add(1)..u64::MAX),
            Key::Smaller(size) => Test::Size(0..*size),
            Key::Header(name, text) => {
                Test::Header(fold(name), (!text.is_empty()).then(|| needle(text)))
            }
            Key::Body(text) | Key::Text(text) if text.is_empty() => Test::Everything,
            Key::Body(text) => Test::Body(needle(text)),
            Key::Text(text) => Test::Text(needle(text)),
            Key::ModSeq(modseq) => Test::ModSeq(*modseq),
            Key::Email(email) => Test::Email(*email),
            Key::Thread(thread) => Test::Thread(*thread),
        };
        let needs = test.needs();
        Self { test, needs }
    }

    /// Those that need less come first.
    fn sorted<'a>(
        keys: impl Iterator<Item = &'a Key>,
        scope: &Scope<'_>,
        precision: Precision,
    ) -> Vec<Self> {
        let mut matchers: Vec<_> = keys.map(|key| Self::build(key, scope, precision)).collect();
        matchers.sort_by_key(|matcher| (matcher.needs.body, matcher.needs.header));
        matchers
    }

    /// Is a text in it sought by what is near to it?
    pub fn is_fuzzy(&self) -> bool {
        match &self.test {
            Test::All(matchers) | Test::Any(matchers) => matchers.iter().any(Self::is_fuzzy),
            Test::Not(matcher) => matcher.is_fuzzy(),
            Test::Header(_, Some(needle)) | Test::Body(needle) | Test::Text(needle) => {
                matches!(needle, Needle::Near(_))
            }
            _ => false,
        }
    }

    /// How relevant a message that matches is, from 1 to 100 (RFC 6203 4): as well as its texts
    /// match; what is in a body counts for less than what is in the header.
    pub fn relevancy(&self, candidate: &Candidate<'_>) -> u8 {
        self.score(candidate).unwrap_or(100).clamp(1, 100)
    }

    /// `None` if it is not about texts, or these are not known.
    fn score(&self, candidate: &Candidate<'_>) -> Option<u8> {
        let of_body = |needle: &Needle, body: &str| needle.score(body) / 5 * 4;
        match &self.test {
            Test::All(matchers) => {
                let scores: Vec<_> = matchers.iter().filter_map(|it| it.score(candidate)).collect();
                let sum: usize = scores.iter().map(|score| usize::from(*score)).sum();
                sum.checked_div(scores.len()).map(|mean| mean as u8)
            }
            Test::Any(matchers) => matchers.iter().filter_map(|it| it.score(candidate)).max(),
            Test::Header(name, Some(needle)) => {
                let values = candidate.header?.fields().filter(|field| field.0 == name);
                values.map(|field| needle.score(field.1)).max()
            }
            Test::Body(needle) => candidate.body.map(|body| of_body(needle, bodies(body))),
            Test::Text(needle) => {
                let header = candidate.header.map(|header| needle.score(header.as_str()));
                header.max(candidate.body.map(|body| of_body(needle, body)))
            }
            _ => None,
        }
    }

    /// How many texts each message is looked through for.
    pub fn texts(&self) -> u64 {
        match &self.test {
            Test::All(matchers) | Test::Any(matchers) => matchers.iter().map(Self::texts).sum(),
            Test::Not(matcher) => matcher.texts(),
            Test::Header(..) | Test::Body(_) | Test::Text(_) => 1,
            _ => 0,
        }
    }

    /// What the answer may depend on beside the row. Of a message whose row decides, neither.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// The messages of `view` that may match, as far as the key names them: no others need be
    /// looked at.
    pub fn candidates(&self, view: &UidArray) -> UidSet {
        self.named().unwrap_or_else(|| view.to_set())
    }

    /// The messages that the key names, if it names any.
    fn named(&self) -> Option<UidSet> {
        match &self.test {
            Test::Uids(uids) => Some(uids.clone()),
            Test::All(matchers) => {
                let named = matchers.iter().filter_map(Matcher::named);
                named.reduce(|all, uids| all.intersection(&uids))
            }
            _ => None,
        }
    }

    /// Do all the [`candidates`](Self::candidates) match, whatever their rows say?
    pub fn is_decided_by_uid(&self) -> bool {
        match &self.test {
            Test::Everything | Test::Uids(_) => true,
            Test::All(matchers) => matchers.iter().all(Matcher::is_decided_by_uid),
            _ => false,
        }
    }

    /// Does the message match? `None` if that depends on what the candidate does not have.
    pub fn matches(&self, candidate: &Candidate<'_>) -> Option<bool> {
        match &self.test {
            Test::All(matchers) => decide(matchers, candidate, Decisive::No),
            Test::Any(matchers) => decide(matchers, candidate, Decisive::Yes),
            Test::Not(matcher) => matcher.matches(candidate).map(|matches| !matches),
            Test::Day(DateField::Sent, days) => {
                let date = candidate.header?.first("date");
                let date = date.and_then(|value| SentDate::parse(value.as_bytes()));
                Some(date.is_some_and(|date| days.contains(&date.day.into())))
            }
            Test::Header(name, needle) => Some(has_field(candidate.header?, name, needle.as_ref())),
            Test::Body(needle) => Some(needle.is_in(bodies(candidate.body?))),
            Test::Text(needle) => in_text(needle, candidate),
            test => Some(test.row(candidate)),
        }
    }
}

/// Which answer of one test decides a list of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decisive {
    No,
    Yes,
}

/// AND and OR with the unknown (Kleene's logic): one decisive answer is enough.
fn decide(matchers: &[Matcher], candidate: &Candidate<'_>, decisive: Decisive) -> Option<bool> {
    let decisive = decisive == Decisive::Yes;
    let mut answer = Some(!decisive);
    for matcher in matchers {
        match matcher.matches(candidate) {
            Some(matches) if matches == decisive => return Some(decisive),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

fn has_field(header: &HeaderText, name: &str, needle: Option<&Needle>) -> bool {
    let mut values = header.fields().filter(|field| field.0 == name).map(|field| field.1);
    values.any(|value| needle.is_none_or(|needle| needle.is_in(value)))
}

fn in_text(needle: &Needle, candidate: &Candidate<'_>) -> Option<bool> {
    let header = candidate.header.map(|header| needle.is_in(header.as_str()));
    if header == Some(true) {
        return header;
    }
    let body = candidate.body.map(|body| needle.is_in(body));
    if body == Some(true) { body } else { header.and(body) }
}

fn start(day: Day) -> i64 {
    day.0.into()
}

/// So many seconds before now.
fn ago(scope: &Scope<'_>, secs: u32) -> i64 {
    scope.now.secs().saturating_sub(secs.into())
}

/// The day of an INTERNALDATE in its own zone.
fn internal_day(date: InternalDate) -> i64 {
    date.secs.saturating_add(i64::from(date.zone) * 60).div_euclid(86_400)
}

impl Test {
    fn needs(&self) -> Needs {
        let (header, body) = match self {
            Self::All(matchers) | Self::Any(matchers) => {
                let needs = matchers.iter().map(Matcher::needs);
                return needs.fold(Needs::default(), Needs::or);
            }
            Self::Not(matcher) => return matcher.needs,
            Self::Day(DateField::Sent, _) | Self::Header(..) => (true, false),
            Self::Body(_) => (false, true),
            Self::Text(_) => (true, true),
            _ => (false, false),
        };
        Needs { header, body }
    }

    /// A test that the row answers; the others are answered before.
    fn row(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Uids(uids) => uids.contains(candidate.uid),
            Self::Flag(flag) => candidate.flags.has(*flag),
            Self::Keyword(keyword) => candidate.flags.has_keyword(keyword),
            Self::Recent => candidate.recency == Recency::Recent,
            Self::Day(DateField::Saved, days) => {
                days.contains(&internal_day(candidate.saved.into()))
            }
            Self::Day(_, days) => days.contains(&internal_day(candidate.internal)),
            Self::Arrived(moments) => moments.contains(&candidate.internal.secs),
            Self::Size(sizes) => sizes.contains(&candidate.size),
            Self::ModSeq(modseq) => candidate.modseq >= *modseq,
            Self::Email(email) => candidate.email == *email,
            Self::Thread(thread) => candidate.thread == *thread,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
