//! What LIST looks for: `*` is anything, `%` is anything within one level of the hierarchy.

use super::{MailboxName, Names, composed};

/// A mailbox name with wildcards (RFC 9051 6.3.9), as UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// How many characters of it are no wildcards: a name has at least as many.
    literal: usize,
}

impl Pattern {
    /// A pattern that is text already. Wildcards in a row become one.
    pub fn new(pattern: &str) -> Self {
        let pattern = &*composed(pattern);
        let mut text = String::with_capacity(pattern.len());
        let mut literal = 0;
        for c in pattern.chars() {
            match (text.chars().next_back(), c) {
                (Some('*'), '*' | '%') | (Some('%'), '%') => continue,
                (Some('%'), '*') => drop(text.pop()),
                _ => literal += usize::from(!matches!(c, '*' | '%')),
            }
            text.push(c);
        }
        Self { text, literal }
    }

    /// A pattern as a client writes it. One that cannot be decoded is taken as it is, and
    /// matches no name but one of exactly these characters.
    pub fn decode(pattern: &[u8], names: Names) -> Self {
        match names.decode(pattern) {
            Some(text) => Self::new(&text),
            None => Self::new(&String::from_utf8_lossy(pattern)),
        }
    }

    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The empty pattern asks for the hierarchy delimiter, not for mailboxes.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Does it end in `%`, so that it may stop above names that it would else match?
    pub fn ends_within_level(&self) -> bool {
        self.text.ends_with('%')
    }

    /// The pattern within a reference name, which simply goes in front of it.
    #[must_use]
    pub fn within(&self, reference: &str) -> Self {
        Self::new(&format!("{reference}{}", self.text))
    }

    /// Does it match this name? Takes time in the square of the name's length at most,
    /// whatever the pattern. In a name at or below INBOX case makes no difference to that level.
    pub fn matches(&self, name: &str, delimiter: char) -> bool {
        let top = name.split(delimiter).next().unwrap_or_default();
        let folded = if top == MailboxName::INBOX { top.len() } else { 0 };
        let name: Vec<char> = name.chars().collect();
        if self.literal > name.len() {
            return false;
        }
        // reached[i]: can the pattern so far match the first i characters?
        let mut reached = vec![false; name.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for wanted in self.text.chars() {
            match wanted {
                '*' => spread(&mut reached, &name, |_| true),
                '%' => spread(&mut reached, &name, |c| c != delimiter),
                _ => step(&mut reached, &name, |at, c| {
                    c == wanted || (at < folded && c.eq_ignore_ascii_case(&wanted))
                }),
            }
        }
        reached.last() == Some(&true)
    }
}

/// A wildcard: from each place reached, on over all characters it may stand for.
fn spread(reached: &mut [bool], name: &[char], covers: impl Fn(char) -> bool) {
    let mut before = false;
    for (at, here) in reached.iter_mut().enumerate() {
        let covered = at.checked_sub(1).and_then(|at| name.get(at)).is_some_and(|c| covers(*c));
        *here |= before && covered;
        before = *here;
    }
}

/// A character: from each place reached, on over one equal character.
fn step(reached: &mut [bool], name: &[char], equals: impl Fn(usize, char) -> bool) {
    let mut before = false;
    for (at, here) in reached.iter_mut().enumerate() {
        let passed = at.checked_sub(1).and_then(|at| Some((at, *name.get(at)?)));
        let equal = passed.is_some_and(|(at, c)| equals(at, c));
        let reached_now = before && equal;
        before = *here;
        *here = reached_now;
    }
}
