//! A filter as text: what is stored, and what people can read.
//!
//! ```text
//! name Newsletters
//! if list-id news.example
//! if smaller 100000
//! then file Lists/News
//! then seen
//! ```
//!
//! A line is a word and what follows it; `off` on a line of its own switches the filter off. In
//! texts a backslash stands before `n` for a line end and before another backslash.

use std::fmt;
use std::str::FromStr;

use super::{
    Action, Attachment, Condition, Filter, FilterState, MAX_ACTIONS, MAX_CONDITIONS, MAX_REPLY,
    MAX_TEXT,
};
use crate::flags::Keyword;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A line that means nothing.
    #[error("line {line} says nothing that is known")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A text that is empty or too long, or has control characters in it.
    #[error("line {line} has a text that is empty, too long, or not plain")]
    Text {
        /// Counted from 1.
        line: usize,
    },
    /// There is more of something than there may be.
    #[error("too many {0}")]
    TooMany(&'static str),
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name {}", escape(&self.name))?;
        if self.state == FilterState::Off {
            writeln!(f, "off")?;
        }
        for condition in &self.conditions {
            writeln!(f, "if {condition}")?;
        }
        for action in &self.actions {
            writeln!(f, "then {action}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(text) => write!(f, "from {}", escape(text)),
            Self::To(text) => write!(f, "to {}", escape(text)),
            Self::Subject(text) => write!(f, "subject {}", escape(text)),
            Self::ListId(text) => write!(f, "list-id {}", escape(text)),
            Self::Text(text) => write!(f, "text {}", escape(text)),
            Self::Attachment(Attachment::Some) => f.write_str("attachment some"),
            Self::Attachment(Attachment::None) => f.write_str("attachment none"),
            Self::Larger(bytes) => write!(f, "larger {bytes}"),
            Self::Smaller(bytes) => write!(f, "smaller {bytes}"),
            Self::Label(text) => write!(f, "label {}", escape(text)),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileInto(name) => write!(f, "file {}", escape(name)),
            Self::Junk => f.write_str("junk"),
            Self::Flag => f.write_str("flag"),
            Self::Seen => f.write_str("seen"),
            Self::Keyword(keyword) => write!(f, "keyword {}", keyword.as_str()),
            Self::Discard => f.write_str("discard"),
            Self::Forward(to) => write!(f, "forward {}", escape(to)),
            Self::Autoreply(text) => write!(f, "reply {}", escape(text)),
            Self::Stop => f.write_str("stop"),
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    /// Reads a filter, and checks its limits.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self {
            name: String::new(),
            state: FilterState::On,
            conditions: Vec::new(),
            actions: Vec::new(),
        };
        for (at, line) in (1..).zip(text.lines()) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (word, rest) {
                ("name", rest) => filter.name = plain(rest, at)?,
                ("off", "") => filter.state = FilterState::Off,
                ("if", rest) => filter.conditions.push(condition(rest, at)?),
                ("then", rest) => filter.actions.push(action(rest, at)?),
                _ => return Err(FilterError::Line { line: at }),
            }
        }
        filter.check()?;
        Ok(filter)
    }
}

impl Filter {
    /// Checks that it is one that is read back as it is written.
    pub(super) fn check(&self) -> Result<(), FilterError> {
        if self.conditions.len() > MAX_CONDITIONS {
            return Err(FilterError::TooMany("conditions"));
        }
        if self.actions.len() > MAX_ACTIONS {
            return Err(FilterError::TooMany("actions"));
        }
        Ok(())
    }
}

fn condition(text: &str, at: usize) -> Result<Condition, FilterError> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let number = || rest.parse().map_err(|_| FilterError::Line { line: at });
    Ok(match (word, rest) {
        ("from", rest) => Condition::From(plain(rest, at)?),
        ("to", rest) => Condition::To(plain(rest, at)?),
        ("subject", rest) => Condition::Subject(plain(rest, at)?),
        ("list-id", rest) => Condition::ListId(plain(rest, at)?),
        ("text", rest) => Condition::Text(plain(rest, at)?),
        ("attachment", "some") => Condition::Attachment(Attachment::Some),
        ("attachment", "none") => Condition::Attachment(Attachment::None),
        ("larger", _) => Condition::Larger(number()?),
        ("smaller", _) => Condition::Smaller(number()?),
        ("label", rest) => Condition::Label(plain(rest, at)?),
        _ => return Err(FilterError::Line { line: at }),
    })
}

fn action(text: &str, at: usize) -> Result<Action, FilterError> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match (word, rest) {
        ("file", rest) => Action::FileInto(plain(rest, at)?),
        ("junk", "") => Action::Junk,
        ("flag", "") => Action::Flag,
        ("seen", "") => Action::Seen,
        ("keyword", rest) => {
            Action::Keyword(Keyword::new(rest).ok_or(FilterError::Text { line: at })?)
        }
        ("discard", "") => Action::Discard,
        ("forward", rest) => Action::Forward(plain(rest, at)?),
        ("reply", rest) => Action::Autoreply(unescaped(rest, MAX_REPLY, at)?),
        ("stop", "") => Action::Stop,
        _ => return Err(FilterError::Line { line: at }),
    })
}

/// A text of one line.
fn plain(text: &str, at: usize) -> Result<String, FilterError> {
    let text = unescaped(text, MAX_TEXT, at)?;
    match text.chars().any(char::is_control) {
        true => Err(FilterError::Text { line: at }),
        false => Ok(text),
    }
}

fn unescaped(text: &str, most: usize, at: usize) -> Result<String, FilterError> {
    let (mut out, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(char) = chars.next() {
        match (char, if char == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('\\')) => out.push('\\'),
            ('\\', _) => return Err(FilterError::Text { line: at }),
            (char, _) => out.push(char),
        }
    }
    if out.is_empty() || out.len() > most {
        return Err(FilterError::Text { line: at });
    }
    Ok(out)
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}
