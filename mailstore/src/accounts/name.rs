//! Login names, and what a name may be written with.

use std::fmt;

use super::address::{Address, Domain};
use super::script;
use super::spelling::without_dots;

/// The longest local part, in bytes (RFC 5321 4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// Why a name, an address or a domain is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing was given.
    #[error("the name is empty")]
    Empty,
    /// Too many bytes.
    #[error("the name is longer than {limit} bytes")]
    TooLong {
        /// How many there may be.
        limit: usize,
    },
    /// A character that has no place there.
    #[error("the character {found:?} at byte {at} is not allowed in a name")]
    Character {
        /// The character.
        found: char,
        /// Where it stands, in bytes from the start of the local part.
        at: usize,
    },
    /// Characters that cannot stand in a name, or not beside each other (RFC 8265 3.3).
    #[error("it has characters that cannot stand in a name, or not together")]
    Script,
    /// A dot at an end, or two in a row.
    #[error("a dot stands only between two other characters")]
    Dot,
    /// An address was wanted, and there is no `@`.
    #[error("an address needs an @ and a domain")]
    NoDomain,
    /// What follows the `@` is not a domain name (RFC 1123 2.1); one in another script is written
    /// in its `xn--` form.
    #[error("{0:?} is not a domain name")]
    Domain(String),
}

/// The name a user logs in with: a local part (`alice`) or a whole address.
///
/// It is kept in one form, so that two spellings of one name are one user: letters of any script in
/// lower case, composed, of their usual width (PRECIS UsernameCaseMapped, RFC 8265 3.3). `+` is
/// refused, since it begins a label, and so is `*`, which is kept for patterns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Checks a name and brings it into its one form.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if name.contains('@') {
            let address = Address::new(name)?;
            return match address.is_catch_all() {
                true => Err(NameError::Character { found: '*', at: 0 }),
                false => Ok(Self::from(address)),
            };
        }
        local_part(name).map(Self)
    }

    /// The name in its one form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn without_dots(&self) -> Self {
        Self(without_dots(&self.0))
    }

    /// The address that this name is, if it has a domain.
    pub fn address(&self) -> Option<Address> {
        Address::new(&self.0).ok()
    }
}

impl From<Address> for Name {
    fn from(address: Address) -> Self {
        Self(address.into_string())
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A local part in its one form: a dot-atom (RFC 5321 4.1.2, RFC 6531 3.3) without `+` and `*`, in
/// lower case. RFC 5321 2.4 leaves the case of local parts to the host that they belong to.
pub(super) fn local_part(text: &str) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let form = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => script::username(text).ok_or(NameError::Script)?,
    };
    if text.len().max(form.len()) > LOCAL_MAX {
        return Err(NameError::TooLong { limit: LOCAL_MAX });
    }
    if let Some((at, found)) = form.char_indices().find(|&(_, c)| c.is_ascii() && !allowed(c)) {
        return Err(NameError::Character { found, at });
    }
    if form.split('.').any(str::is_empty) {
        return Err(NameError::Dot);
    }
    Ok(form)
}

/// `atext` (RFC 5322 3.2.3) and the dot, but not `+` and `*`.
fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'-/=?^_`{|}~.".contains(c)
}

/// A domain in its one form: letters, digits and hyphens between dots, in lower case.
pub(super) fn domain(text: &str) -> Result<Domain, NameError> {
    let good = text.len() <= Domain::MAX && text.split('.').all(host_label);
    good.then(|| Domain::folded(text)).ok_or_else(|| NameError::Domain(text.to_owned()))
}

/// One label of a domain (RFC 1123 2.1).
fn host_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form() {
        assert_eq!(Name::new("Alice").unwrap().as_str(), "alice");
        assert_eq!(Name::new("J\u{dc}rgen@b").unwrap(), Name::new("ju\u{308}rgen@b").unwrap());
        assert_eq!(Name::new("O'Brien@Example.COM").unwrap().as_str(), "o'brien@example.com");
    }

    #[test]
    fn a_name_with_a_domain_is_an_address() {
        assert_eq!(Name::new("a@b").unwrap().address(), Some(Address::new("a@b").unwrap()));
        assert_eq!(Name::new("a").unwrap().address(), None);
    }

    #[test]
    fn a_bad_name_says_what_is_wrong() {
        let refused = |name: &str| Name::new(name).unwrap_err();
        assert_eq!(refused(""), NameError::Empty);
        assert_eq!(refused("@example.com"), NameError::Empty);
        assert_eq!(refused(&"a".repeat(65)), NameError::TooLong { limit: 64 });
        assert_eq!(refused("al ice"), NameError::Character { found: ' ', at: 2 });
        assert_eq!(refused("a+b"), NameError::Character { found: '+', at: 1 });
        assert_eq!(refused("*@b"), NameError::Character { found: '*', at: 0 });
        assert_eq!(refused("a\u{ff0b}b"), NameError::Character { found: '+', at: 1 });
        assert_eq!(refused("j\u{fc} rgen"), NameError::Script);
        assert_eq!(refused("a@b@c"), NameError::Character { found: '@', at: 1 });
        assert_eq!(refused("a\0"), NameError::Character { found: '\0', at: 1 });
        for dots in [".a", "a.", "a..b", "."] {
            assert_eq!(refused(dots), NameError::Dot, "{dots}");
        }
    }

    #[test]
    fn a_bad_domain_is_refused() {
        let long = format!("{}.de", "a".repeat(64));
        let total = vec!["abcdefg"; 32].join(".") + ".a";
        for bad in
            ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "[127.0.0.1]", "ü.de", &long, &total]
        {
            assert_eq!(domain(bad), Err(NameError::Domain(bad.into())), "{bad}");
        }
        for good in ["localhost", "a", "1.example", "xn--mller-kva.de"] {
            assert!(domain(good).is_ok(), "{good}");
        }
    }
}
