//! `alias=domain`, in `domain_aliases`.

use std::fmt;
use std::str::FromStr;

use mailstore::accounts::Domain;

/// A domain that stands for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DomainAlias {
    pub(crate) alias: Domain,
    pub(crate) domain: Domain,
}

impl fmt::Display for DomainAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.alias, self.domain)
    }
}

impl FromStr for DomainAlias {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not two domains with = between");
        let (alias, domain) = text.split_once('=').ok_or_else(wrong)?;
        let read = |text: &str| Domain::new(text.trim()).map_err(|_| wrong());
        Ok(Self { alias: read(alias)?, domain: read(domain)? })
    }
}
