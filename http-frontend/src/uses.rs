//! What tokens and application passwords are good for, and when they were used.

use mailstore::accounts::{Grant, Role, Scope, Scopes, Used};
use mailstore::store::directory::Service;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::date;
use crate::problem::Problem;

/// Something that a token is good for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Use {
    /// Everything.
    Root,
    /// All users, their addresses and credentials; no mail.
    Users,
    /// Reading users and their logs; no mail.
    Audit,
    /// Reading metrics.
    Metrics,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// The user's mail, to read and to change.
    Http,
    /// The user's mail, to read only.
    HttpRead,
    /// The user's passwords, tokens and second factor.
    Master,
}

impl Use {
    pub(crate) fn of(grant: &Grant) -> Vec<Self> {
        match grant {
            Grant::Root => vec![Self::Root],
            Grant::Role(Role::Users) => vec![Self::Users],
            Grant::Role(Role::Audit) => vec![Self::Audit],
            Grant::Role(Role::Metrics) => vec![Self::Metrics],
            Grant::User { scopes, .. } => Self::of_scopes(*scopes),
            _ => Vec::new(),
        }
    }

    pub(crate) fn of_scopes(scopes: Scopes) -> Vec<Self> {
        let each = scopes.iter().filter_map(|scope| {
            Some(match scope {
                Scope::Imap => Self::Imap,
                Scope::Pop3 => Self::Pop3,
                Scope::Http => Self::Http,
                Scope::HttpRead => Self::HttpRead,
                Scope::Master => Self::Master,
                _ => return None,
            })
        });
        each.collect()
    }

    /// The scopes of a user that these are.
    pub(crate) fn scopes(uses: &[Self]) -> Result<Scopes, Problem> {
        let scope = |(at, one): (usize, &Self)| match one {
            Self::Imap => Ok(Scope::Imap),
            Self::Pop3 => Ok(Scope::Pop3),
            Self::Http => Ok(Scope::Http),
            Self::HttpRead => Ok(Scope::HttpRead),
            Self::Master => Ok(Scope::Master),
            _ => Err(Problem::field(format!("good_for[{at}]"), "not for a user")),
        };
        let scopes: Scopes = uses.iter().enumerate().map(scope).collect::<Result<_, _>>()?;
        match scopes.is_empty() {
            true => Err(Problem::field("good_for", "it must be good for something")),
            false => Ok(scopes),
        }
    }

    /// What this is for one that is no user's.
    pub(crate) fn grant(self) -> Result<Grant, Problem> {
        Ok(match self {
            Self::Root => Grant::Root,
            Self::Users => Grant::Role(Role::Users),
            Self::Audit => Grant::Role(Role::Audit),
            Self::Metrics => Grant::Role(Role::Metrics),
            _ => return Err(Problem::field("good_for", "only for a user")),
        })
    }
}

/// When something was last used, to some minutes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastUse)]
pub(crate) struct LastUse {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// From where; absent for a local socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    /// At which service.
    service: &'static str,
}

impl From<&Used> for LastUse {
    fn from(used: &Used) -> Self {
        Self {
            at: date::utc(used.at),
            peer: used.peer.map(|peer| peer.to_string()),
            service: service(used.service),
        }
    }
}

pub(crate) fn service(service: Service) -> &'static str {
    match service {
        Service::Imap => "imap",
        Service::Pop3 => "pop3",
        Service::Lmtp => "lmtp",
        Service::Http => "http",
    }
}
