//! Addresses: as they are kept, and as a sender writes them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::name::{self, Name, NameError};
use super::spelling::without_dots;

/// A domain name, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// The longest, in bytes (RFC 5321 4.5.3.1.2).
    pub const MAX: usize = 255;

    /// Checks a domain and brings it into its one form.
    pub fn new(text: &str) -> Result<Self, NameError> {
        name::domain(text)
    }

    pub(super) fn folded(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }

    /// The domain in its one form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Domain {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

/// The local part that means all others.
const CATCH_ALL: &str = "*";

/// `local@domain`, without a label, both parts in lower case. Ordered by its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(String);

impl Address {
    /// Checks an address and brings it into its one form. `*@domain` is what all mail of a domain
    /// goes to that is to nobody; no sender can write it.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let (local, domain) = text.rsplit_once('@').ok_or(NameError::NoDomain)?;
        if local == CATCH_ALL {
            return Ok(Self::catch_all(&name::domain(domain)?));
        }
        Ok(Self(format!("{}@{}", name::local_part(local)?, name::domain(domain)?)))
    }

    /// Where mail to nobody else in this domain goes.
    pub(super) fn catch_all(domain: &Domain) -> Self {
        Self(format!("{CATCH_ALL}@{domain}"))
    }

    /// Is it [`Self::catch_all`] of a domain?
    pub(super) fn is_catch_all(&self) -> bool {
        self.local() == CATCH_ALL
    }

    pub(super) fn without_dots(&self) -> Self {
        Self(without_dots(&self.0))
    }

    /// The same local part in another domain.
    pub(super) fn in_domain(&self, domain: &Domain) -> Self {
        Self(format!("{}@{domain}", self.local()))
    }

    /// The address in its one form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to keep.
    pub fn into_string(self) -> String {
        self.0
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or(self.as_str(), |(local, _)| local)
    }

    /// What stands behind it.
    pub fn domain(&self) -> Domain {
        Domain(self.0.split_once('@').map_or_else(String::new, |(_, domain)| domain.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a recipient names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An address.
    Address(Address),
    /// A login name without a domain (RFC 5321 4.1.1.3 knows `<Postmaster>`).
    Name(Name),
}

/// A recipient as a sender writes it: an address or a bare name, with or without a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who is meant.
    pub destination: Destination,
    /// What stands between the first plus sign and the `@`, in the case it came in. Never empty.
    pub label: Option<String>,
}

impl Recipient {
    /// The longest that is looked at, in bytes.
    pub const MAX: usize = 512;

    /// Reads `local@domain`, `local+label@domain`, `local` and `local+label`, where all before
    /// the `@` may be a quoted string (RFC 5321 4.1.2). `None` for what cannot be the address of
    /// a user: for anything, that is, that [`Name`] would refuse.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX || text.contains(|c: char| c.is_control()) {
            return None;
        }
        let (left, domain) = split_domain(text)?;
        let (local, label) = match left.split_once('+') {
            Some((local, label)) => (local, Some(label)),
            None => (&*left, None),
        };
        let local = name::local_part(local).ok()?;
        let label = label.filter(|label| !label.is_empty()).map(str::to_owned);
        Some(Self { destination: destination(&local, domain)?, label })
    }
}

fn destination(local: &str, domain: Option<&str>) -> Option<Destination> {
    Some(match domain {
        Some(domain) => Destination::Address(Address::new(&format!("{local}@{domain}")).ok()?),
        None => Destination::Name(Name::new(local).ok()?),
    })
}

/// The local part without its quotes, and the domain, if there is an `@` outside of quotes.
fn split_domain(text: &str) -> Option<(Cow<'_, str>, Option<&str>)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Some(match text.rsplit_once('@') {
            Some((local, domain)) => (local.into(), Some(domain)),
            None => (text.into(), None),
        });
    };
    let (local, rest) = unquote(quoted)?;
    match rest {
        "" => Some((local.into(), None)),
        _ => Some((local.into(), Some(rest.strip_prefix('@')?))),
    }
}

/// What stands before the closing quote, with its quoted pairs resolved, and what follows it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((local, chars.as_str())),
            '\\' => local.push(chars.next()?),
            c => local.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str, label: Option<&str>) -> Recipient {
        let destination = Destination::Address(Address::new(text).unwrap());
        Recipient { destination, label: label.map(str::to_owned) }
    }

    #[test]
    fn an_address_comes_apart() {
        let address = Address::new("Alice.B@Example.com").unwrap();
        assert_eq!(address.local(), "alice.b");
        assert_eq!(address.domain(), Domain::new("EXAMPLE.com").unwrap());
        assert_eq!(Address::new("alice"), Err(NameError::NoDomain));
    }

    #[test]
    fn a_label_keeps_its_case_and_further_plus_signs() {
        let parsed = Recipient::parse("ALICE+Lists+Rust@Example.com").unwrap();
        assert_eq!(parsed, address("alice@example.com", Some("Lists+Rust")));
        assert_eq!(Recipient::parse("alice+@b").unwrap(), address("alice@b", None));
    }

    #[test]
    fn a_bare_name_is_a_recipient() {
        let parsed = Recipient::parse("Postmaster+x").unwrap();
        assert_eq!(parsed.destination, Destination::Name(Name::new("postmaster").unwrap()));
        assert_eq!(parsed.label.as_deref(), Some("x"));
    }

    #[test]
    fn quotes_make_no_other_address() {
        assert_eq!(Recipient::parse(r#""al\ice"@b"#).unwrap(), address("alice@b", None));
        let spaced = Recipient::parse(r#""alice+to do @ home"@b"#).unwrap();
        assert_eq!(spaced, address("alice@b", Some("to do @ home")));
    }

    #[test]
    fn what_cannot_be_a_user_is_none() {
        let long = format!("alice+{}@b", "x".repeat(Recipient::MAX));
        for bad in [
            "", "@", "+x@b", "a@", "@b", "a b@c", "\"a", "\"a\"b@c", "\"a\\", "a@[::1]", "a\r\n@b",
            &long,
        ] {
            assert_eq!(Recipient::parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_is_total(text in "\\PC*|[a-b+@.\"\\\\ \r\n\0]{0,24}") {
            let _ = Recipient::parse(&text);
            let _ = Name::new(&text);
        }

        #[test]
        fn what_is_accepted_is_in_its_one_form(text in "[A-Za-z+@.\"\\\\!*üÜ-]{1,16}") {
            if let Ok(address) = Address::new(&text) {
                prop_assert_eq!(Address::new(address.as_str()).unwrap(), address);
            }
            if let Ok(name) = Name::new(&text) {
                prop_assert_eq!(name.as_str(), text.to_lowercase());
            }
        }

        #[test]
        fn a_label_never_changes_who_is_meant(
            local in "[a-zA-Z0-9_-]{1,20}",
            domain in "[a-z]{1,10}(\\.[a-z]{2,5})?",
            label in "[A-Za-z+. -]{1,20}",
        ) {
            let plain = Recipient::parse(&format!("{local}@{domain}")).unwrap();
            let labelled = Recipient::parse(&format!("\"{local}+{label}\"@{domain}")).unwrap();
            prop_assert_eq!(&labelled.destination, &plain.destination);
            prop_assert_eq!(labelled.label, Some(label));
            prop_assert_eq!(plain.label, None);
        }
    }
}
