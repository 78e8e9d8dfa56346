//! What a password or a token is good for.

use std::fmt;
use std::str::FromStr;

use crate::store::directory::Service;

/// One thing that a password or a token of a user is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scope {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// The user's mail by the HTTP API, to read and to change.
    Http,
    /// The user's mail by the HTTP API, to read only.
    HttpRead,
    /// All that a user may do with the account itself: passwords, the second factor, tokens. No
    /// application password has it.
    Master,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Imap, Self::Pop3, Self::Http, Self::HttpRead, Self::Master];

    /// Its name, as an operator writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Http => "http",
            Self::HttpRead => "http-read",
            Self::Master => "master",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Something that is no [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope; there are imap, pop3, http, http-read and master")]
pub struct NoScope(pub String);

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(name: &str) -> Result<Self, NoScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == name);
        found.ok_or_else(|| NoScope(name.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of scopes. As text: their names, with commas between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// All there are.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// All but [`Scope::Master`].
    pub fn mail() -> Self {
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Master).collect()
    }

    /// Is it among them? Who may change mail by HTTP may read it too.
    pub fn contains(self, scope: Scope) -> bool {
        let implied = scope == Scope::HttpRead && self.0 & Scope::Http.bit() != 0;
        implied || self.0 & scope.bit() != 0
    }

    /// Is one of them good for logging in at this service?
    pub fn admits(self, service: Service) -> bool {
        match service {
            Service::Imap => self.contains(Scope::Imap),
            Service::Pop3 => self.contains(Scope::Pop3),
            Service::Http => self.contains(Scope::HttpRead) || self.contains(Scope::Master),
            Service::Lmtp => false,
        }
    }

    /// Are there none?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }

    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// `None` if there is a bit that is no scope's.
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        (bits & !Self::all().0 == 0).then_some(Self(bits))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl FromStr for Scopes {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(Scope::from_str).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        for text in ["", "imap", "imap,pop3", "http-read,master"] {
            assert_eq!(text.parse::<Scopes>().unwrap().to_string(), text);
        }
        assert_eq!(" pop3, imap ".parse::<Scopes>().unwrap().to_string(), "imap,pop3");
        assert_eq!("imap,all".parse::<Scopes>(), Err(NoScope("all".into())));
        assert_eq!(Scopes::from_bits(Scopes::all().bits()), Some(Scopes::all()));
        assert_eq!(Scopes::from_bits(0x80), None);
    }

    #[test]
    fn each_service_wants_its_scope() {
        let of = |text: &str| text.parse::<Scopes>().unwrap();
        let admitted = |scopes: Scopes| {
            [Service::Imap, Service::Pop3, Service::Lmtp, Service::Http]
                .map(|service| scopes.admits(service))
        };
        assert_eq!(admitted(of("imap")), [true, false, false, false]);
        assert_eq!(admitted(of("pop3")), [false, true, false, false]);
        for http in ["http", "http-read", "master"] {
            assert_eq!(admitted(of(http)), [false, false, false, true], "{http}");
        }
        assert!(of("http").contains(Scope::HttpRead));
        assert!(!of("http-read").contains(Scope::Http));
        assert!(!of("master").contains(Scope::HttpRead));
        assert!(!Scopes::mail().contains(Scope::Master));
    }
}
