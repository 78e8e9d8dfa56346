//! How names and addresses are written in one store.

use super::{Accounts, Address, Destination, Name, NameError};

/// Whether dots in login names, and before the `@` of addresses, tell one from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dots {
    /// They do.
    #[default]
    Count,
    /// They do not: `a.lice@b` and `alice@b` are one address.
    Ignored,
}

impl Accounts {
    /// Says whether dots count. To be chosen before the first user is added: names and addresses are
    /// kept without those that do not count, and those that were kept with them are not found.
    pub fn with_dots(mut self, dots: Dots) -> Self {
        self.dots = dots;
        self
    }

    pub(super) fn name(&self, text: &str) -> Result<Name, NameError> {
        let name = Name::new(text)?;
        Ok(match self.dots {
            Dots::Count => name,
            Dots::Ignored => name.without_dots(),
        })
    }

    pub(super) fn address(&self, text: &str) -> Result<Address, NameError> {
        Address::new(text).map(|address| self.spelled_address(address))
    }

    pub(super) fn spelled(&self, to: Destination) -> Destination {
        match (self.dots, to) {
            (Dots::Ignored, Destination::Name(name)) => Destination::Name(name.without_dots()),
            (_, Destination::Address(address)) => {
                Destination::Address(self.spelled_address(address))
            }
            (Dots::Count, to) => to,
        }
    }

    fn spelled_address(&self, address: Address) -> Address {
        match self.dots {
            Dots::Count => address,
            Dots::Ignored => address.without_dots(),
        }
    }
}

/// What stands before the `@`, if there is one, without its dots.
pub(super) fn without_dots(text: &str) -> String {
    match text.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.replace('.', "")),
        None => text.replace('.', ""),
    }
}
