//! Who calls, and about whose things: what every endpoint asks first.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use mailstore::Actor;
use mailstore::accounts::{Accounts, By, Grant};
use mailstore::id::{AccountId, MailboxId, MailboxKey, SessionId};
use mailstore::store::directory::{Identity, Secret, Service};
use mailstore::uid::Uid;

use crate::api::Api;
use crate::caller::{About, Caller};
use crate::codec;
use crate::input::{number, param};
use crate::problem::Problem;

/// The other end of a connection. A host that serves the [router](crate::Http::router) itself puts
/// it among the request's extensions; without it nobody can sign in.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Where the request comes from; `None` for a local socket.
    pub address: Option<IpAddr>,
    /// Whether others can read what is said.
    pub privacy: Privacy,
}

/// Whether others can read what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Nobody can: it is within TLS, or stays on this machine.
    Private,
    /// Others may.
    Open,
}

/// Where the request comes from, if a token or a password may be said there (RFC 8314 4.1).
pub(crate) fn private_peer(parts: &Parts) -> Result<Option<IpAddr>, Problem> {
    match parts.extensions.get::<Peer>() {
        Some(Peer { address, privacy: Privacy::Private }) => Ok(*address),
        _ => Err(Problem::forbidden("others could read what is said here: use TLS")),
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 2.1).
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let token = bearer(&parts.headers);
        let token = token.ok_or_else(|| Problem::unauthorized("a token is needed"))?;
        let peer = private_peer(parts)?;
        let token = api.accounts.token(&token, Service::Http, peer).await?;
        let token = token.ok_or_else(|| Problem::unauthorized("the token is not valid"))?;
        let who = match token.grant {
            Grant::Root => format!("root ({})", token.label),
            Grant::Role(role) => format!("{} ({})", role.name(), token.label),
            _ => String::new(),
        };
        let by = By { who, service: Some(Service::Http), peer };
        Ok(Self { token, by })
    }
}

async fn allowed(parts: &mut Parts, api: &Arc<Api>, about: About) -> Result<Caller, Problem> {
    let caller = Caller::from_request_parts(parts, api).await?;
    match caller.may(about) {
        true => Ok(caller),
        false => Err(Problem::forbidden("the token is not good for this")),
    }
}

/// All users: who calls may look at them, or change them.
#[derive(Debug)]
pub(crate) struct Operator(pub(crate) Caller);

impl FromRequestParts<Arc<Api>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let about = About::of(&parts.method, About::Users, About::UsersChange);
        allowed(parts, api, about).await.map(Self)
    }
}

/// Who calls may do everything.
#[derive(Debug)]
pub(crate) struct Root(pub(crate) Caller);

impl FromRequestParts<Arc<Api>> for Root {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        allowed(parts, api, About::Root).await.map(Self)
    }
}

/// The user whose things a request is about, `{user}` of the path, and who calls: that user, or one
/// who may do this with all users.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) identity: Identity,
    pub(crate) caller: Caller,
}

impl Subject {
    pub(crate) fn account(&self) -> AccountId {
        self.identity.account
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::new(self.account(), SessionId::NONE)
    }

    /// The users, changed on behalf of who calls.
    pub(crate) fn accounts(&self, api: &Api) -> Accounts {
        api.accounts.acting(self.caller.by.clone())
    }

    /// A role that reads no mail makes no token that does.
    pub(crate) fn may_grant(&self, grant: &Grant) -> Result<(), Problem> {
        match (&self.caller.token.grant, grant) {
            (Grant::Role(_), Grant::User { .. }) => {
                Err(Problem::forbidden("the token may not make tokens for others' mail"))
            }
            _ => Ok(()),
        }
    }

    async fn find(parts: &mut Parts, api: &Arc<Api>, about: About) -> Result<Self, Problem> {
        let caller = allowed(parts, api, about).await?;
        let user = param(parts, "user").await?;
        let account = match (caller.account(), user.as_str()) {
            (Some(account), "me") => account,
            (None, "me") => {
                return Err(Problem::field("user", "the token is no user's: give a number"));
            }
            (_, number) => account(number)?,
        };
        if caller.account().is_some_and(|own| own != account) {
            return Err(Problem::forbidden("this is another user's"));
        }
        let user = api.accounts.user(account).await?;
        let name = user.profile.name.as_str().to_owned();
        Ok(Self { identity: Identity { account, name }, caller })
    }
}

/// A user whose mail is read or changed.
#[derive(Debug)]
pub(crate) struct Owner(pub(crate) Subject);

impl FromRequestParts<Arc<Api>> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        // A search changes nothing, though it is asked for with a body.
        let search = parts.uri.path().ends_with("/search");
        let about = About::of(&parts.method, About::Mail, About::MailChange);
        let about = if search { About::Mail } else { about };
        Subject::find(parts, api, about).await.map(Self)
    }
}

/// A user of whom something is told.
#[derive(Debug)]
pub(crate) struct Person(pub(crate) Subject);

impl FromRequestParts<Arc<Api>> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        Subject::find(parts, api, About::Person).await.map(Self)
    }
}

/// A user with whom something is done by an operator.
#[derive(Debug)]
pub(crate) struct Managed(pub(crate) Subject);

impl FromRequestParts<Arc<Api>> for Managed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        Subject::find(parts, api, About::UsersChange).await.map(Self)
    }
}

/// A user whose passwords and tokens are looked at or changed.
#[derive(Debug)]
pub(crate) struct Holder(pub(crate) Subject);

impl FromRequestParts<Arc<Api>> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let about = About::of(&parts.method, About::Keys, About::KeysChange);
        Subject::find(parts, api, about).await.map(Self)
    }
}

fn account(text: &str) -> Result<AccountId, Problem> {
    let account = codec::number::parse(text).and_then(AccountId::new);
    account.ok_or_else(|| Problem::field("user", "neither a user's number nor `me`"))
}

/// A mailbox of a user: `{user}` and `{mailbox}` of the path.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) owner: Subject,
    pub(crate) mailbox: MailboxId,
}

impl Place {
    pub(crate) fn key(&self) -> MailboxKey {
        MailboxKey { account: self.owner.account(), mailbox: self.mailbox }
    }
}

impl FromRequestParts<Arc<Api>> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let Owner(owner) = Owner::from_request_parts(parts, api).await?;
        let mailbox = MailboxId(number(parts, "mailbox").await?);
        Ok(Self { owner, mailbox })
    }
}

/// A message: `{user}`, `{mailbox}` and `{uid}` of the path.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) place: Place,
    pub(crate) uid: Uid,
}

impl FromRequestParts<Arc<Api>> for Spot {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let place = Place::from_request_parts(parts, api).await?;
        let uid = Uid::new(number(parts, "uid").await?);
        let uid = uid.ok_or_else(|| Problem::field("uid", "there is no UID 0"))?;
        Ok(Self { place, uid })
    }
}
