//! Keys with what is kept under a name in place of the name (RFC 5466 3.1).

use super::key::Key;

/// How many filters may stand within each other. The RFC asks for three; a filter that leads back to
/// itself ends here.
const DEPTH: u32 = 4;

/// The most filters in one search, however they refer to each other.
const COUNT: u32 = 100;

/// Why a filter could not be put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// There is none of that name; or it leads to itself, or too deep, which is to be taken for the same.
    Undefined(Box<str>),
    /// There are more than a hundred.
    TooMany,
}

impl Key {
    /// Is a filter anywhere in it?
    pub fn has_filter(&self) -> bool {
        match self {
            Self::Filter(_) => true,
            Self::And(keys) => keys.iter().any(Self::has_filter),
            Self::Or(a, b) => a.has_filter() || b.has_filter(),
            Self::Not(key) | Self::Fuzzy(key) => key.has_filter(),
            _ => false,
        }
    }

    /// This key with every filter replaced by the key that `look_up` has for its name: as one key, as
    /// if in parentheses, so that `NOT FILTER x` means what it says.
    pub fn filled(self, look_up: &mut dyn FnMut(&str) -> Option<Self>) -> Result<Self, Unfilled> {
        Filling { look_up, count: 0 }.fill(self, 0)
    }
}

struct Filling<'a> {
    look_up: &'a mut dyn FnMut(&str) -> Option<Key>,
    count: u32,
}

impl Filling<'_> {
    fn fill(&mut self, key: Key, depth: u32) -> Result<Key, Unfilled> {
        let mut within = |key: Box<Key>| self.fill(*key, depth).map(Box::new);
        Ok(match key {
            Key::Filter(name) => return self.filter(name, depth),
            Key::Or(a, b) => Key::Or(within(a)?, within(b)?),
            Key::Not(key) => Key::Not(within(key)?),
            Key::Fuzzy(key) => Key::Fuzzy(within(key)?),
            Key::And(keys) => {
                let filled = keys.into_iter().map(|key| self.fill(key, depth));
                Key::And(filled.collect::<Result<_, _>>()?)
            }
            other => other,
        })
    }

    fn filter(&mut self, name: Box<str>, depth: u32) -> Result<Key, Unfilled> {
        self.count += 1;
        if self.count > COUNT {
            return Err(Unfilled::TooMany);
        }
        match (self.look_up)(&name) {
            Some(key) if depth < DEPTH => self.fill(key, depth + 1),
            _ => Err(Unfilled::Undefined(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::SystemFlag;

    fn filter(name: &str) -> Key {
        Key::Filter(name.into())
    }

    fn look_up(name: &str) -> Option<Key> {
        match name {
            "seen" => Some(Key::Flag(SystemFlag::Seen)),
            "loop" => Some(Key::Not(Box::new(filter("loop")))),
            "many" => Some(Key::And(vec![filter("seen"); 99])),
            "none" => None,
            deeper => {
                let number: u32 = deeper.parse().ok()?;
                Some(if number == 1 { filter("seen") } else { filter(&(number - 1).to_string()) })
            }
        }
    }

    fn filled(key: Key) -> Result<Key, Unfilled> {
        key.filled(&mut look_up)
    }

    #[test]
    fn what_is_kept_stands_in_place_of_its_name() {
        let seen = || Box::new(Key::Flag(SystemFlag::Seen));
        let key = Key::Or(
            Box::new(Key::Not(Box::new(filter("seen")))),
            Box::new(Key::And(vec![Key::All, Key::Fuzzy(Box::new(filter("3")))])),
        );
        assert!(key.has_filter() && key.names_numbers());
        let expected = Key::Or(
            Box::new(Key::Not(seen())),
            Box::new(Key::And(vec![Key::All, Key::Fuzzy(seen())])),
        );
        assert_eq!(filled(key), Ok(expected.clone()));
        assert!(!expected.has_filter() && !expected.names_numbers());
    }

    #[test]
    fn what_is_not_there_or_leads_nowhere_is_undefined() {
        let undefined = |name: &str| Err(Unfilled::Undefined(name.into()));
        assert_eq!(filled(filter("none")), undefined("none"));
        assert_eq!(filled(filter("loop")), undefined("loop"));
        assert_eq!(filled(filter("4")), undefined("seen"));
    }

    #[test]
    fn there_is_an_end_to_them() {
        assert!(filled(filter("many")).is_ok());
        let many = Key::And(vec![filter("many"), filter("seen")]);
        assert_eq!(filled(many), Err(Unfilled::TooMany));
    }
}
