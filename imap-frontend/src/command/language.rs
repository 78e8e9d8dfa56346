//! LANGUAGE (RFC 5255 3.2): English, and `i-default`, which is English too.

use crate::codec::command::Language;
use crate::outcome::{Done, Failed, Outcome};
use crate::talk::Talk;

const DEFAULT: &str = "i-default";
const ENGLISH: &str = "en";

pub(super) fn run(talk: &mut Talk, language: &Language) -> Outcome {
    if language.ranges.is_empty() {
        talk.reply.language(&[ENGLISH, DEFAULT]);
        return Ok(Done::new("That is all"));
    }
    let Some(spoken) = language.ranges.iter().find_map(|range| matching(range)) else {
        return Err(Failed::No(None, "None of these languages is spoken here".into()));
    };
    talk.reply.language(&[spoken]);
    Ok(Done::new("Now speaking English"))
}

/// The language for a range, by lookup (RFC 4647 3.4): `en-CA` finds `en`.
fn matching(range: &str) -> Option<&'static str> {
    if ["default", "*", DEFAULT].iter().any(|known| range.eq_ignore_ascii_case(known)) {
        return Some(DEFAULT);
    }
    let primary = range.split('-').next()?;
    primary.eq_ignore_ascii_case(ENGLISH).then_some(ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, expected) in [
            ("en", Some(ENGLISH)),
            ("EN-ca", Some(ENGLISH)),
            ("en-GB-oed", Some(ENGLISH)),
            ("Default", Some(DEFAULT)),
            ("*", Some(DEFAULT)),
            ("I-DEFAULT", Some(DEFAULT)),
            ("de", None),
            ("eng", None),
            ("i-klingon", None),
            ("", None),
        ] {
            assert_eq!(matching(range), expected, "{range}");
        }
    }
}
