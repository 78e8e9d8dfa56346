//! `name=keys`, in `filters`.

use std::fmt;
use std::str::FromStr;

use imap_frontend::codec::command::parse_keys;

/// A search that every user may name (RFC 5466).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) keys: String,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.keys)
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a name and search keys with = between");
        let (name, keys) = text.split_once('=').ok_or_else(wrong)?;
        let (name, keys) = (name.trim(), keys.trim());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(wrong());
        }
        parse_keys(keys.as_bytes()).map_err(|error| format!("{text:?} is no search: {error}"))?;
        Ok(Self { name: name.to_owned(), keys: keys.to_owned() })
    }
}
