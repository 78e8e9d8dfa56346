//! What an operator does with credentials: application passwords, tokens, second factors, and the
//! log of a user.

use std::time::Duration;

use mailstore::accounts::{
    AccountError, Accounts, AppPassword, Grant, LogEntry, NewAppPassword, NewToken, Role, Scopes,
    Token, Used,
};
use mailstore::id::AccountId;
use mailstore::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment::utc;

/// Lines that are shown of a list.
const MOST: usize = 1000;

/// What is to be done.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Makes an application password.
    AddAppPassword { user: String, label: String, scopes: String, days: Option<u64> },
    /// Lists those of a user.
    AppPasswords { user: String },
    /// Ends one.
    RevokeAppPassword { user: String, id: String },
    /// Makes a token.
    AddToken { holder: Holder, label: String, days: Option<u64> },
    /// Lists those of a user, or of none.
    Tokens { user: Option<String> },
    /// Ends one.
    RevokeToken { user: Option<String>, id: String },
    /// Turns the second factor of a user off.
    NoSecondFactor { user: String },
    /// Seals all secrets with the first key.
    Reseal,
    /// Shows the log of a user.
    Log { user: String },
}

impl From<Request> for crate::users::Request {
    fn from(request: Request) -> Self {
        Self::Credentials(request)
    }
}

/// For whom a token is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Holder {
    Root,
    Role(String),
    User { name: String, scopes: String },
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Scope(#[from] mailstore::accounts::NoScope),
    #[error("{0:?} is no role; there are users, audit and metrics")]
    Role(String),
    #[error("there is none of the id {0:?}")]
    NoSuchId(String),
    #[error(transparent)]
    Store(#[from] mailstore::store::StoreError),
}

/// Does it, and says what it did.
pub(crate) async fn attempt(accounts: &Accounts, request: Request) -> Result<String, Failure> {
    match request {
        Request::AddAppPassword { user, label, scopes, days } => {
            let (scopes, until) = (scopes.parse::<Scopes>()?, until(days));
            let account = account(accounts, &user).await?;
            let new = NewAppPassword { label, scopes, until };
            let (made, password) = accounts.add_app_password(account, new).await?;
            Ok(format!("{}\t{}", made.id, password.expose()))
        }
        Request::AppPasswords { user } => {
            let account = account(accounts, &user).await?;
            let list = accounts.app_passwords(account, None, MOST).await?;
            Ok(lines(list.iter().map(app_password)))
        }
        Request::RevokeAppPassword { user, id } => {
            let account = account(accounts, &user).await?;
            let revoked = accounts.revoke_app_password(account, &id).await?;
            let said = revoked.then(|| format!("the application password {id} is revoked"));
            said.ok_or(Failure::NoSuchId(id))
        }
        Request::AddToken { holder, label, days } => {
            let grant = grant(accounts, holder).await?;
            let new = NewToken { grant, label, until: until(days) };
            let (token, secret) = accounts.issue_token(new).await?;
            Ok(format!("{}\t{}", token.id, secret.expose()))
        }
        request => attempt_other(accounts, request).await,
    }
}

async fn attempt_other(accounts: &Accounts, request: Request) -> Result<String, Failure> {
    match request {
        Request::Tokens { user } => {
            let list = accounts.tokens(owner(accounts, user).await?, None, MOST).await?;
            Ok(lines(list.iter().map(token)))
        }
        Request::RevokeToken { user, id } => {
            let revoked = accounts.revoke_token(owner(accounts, user).await?, &id).await?;
            let said = revoked.then(|| format!("the token {id} is revoked"));
            said.ok_or(Failure::NoSuchId(id))
        }
        Request::NoSecondFactor { user } => {
            let account = account(accounts, &user).await?;
            Ok(match accounts.disable_second_factor(account).await? {
                true => format!("{user} has no second factor any more"),
                false => format!("{user} had no second factor"),
            })
        }
        Request::Reseal => Ok(format!("sealed {} secrets anew", accounts.reseal().await?)),
        Request::Log { user } => {
            let account = account(accounts, &user).await?;
            Ok(lines(accounts.log(account, None, MOST).await?.iter().map(entry)))
        }
        _ => Ok(String::new()),
    }
}

async fn account(accounts: &Accounts, user: &str) -> Result<AccountId, AccountError> {
    Ok(accounts.find(user).await?.account)
}

async fn owner(
    accounts: &Accounts,
    user: Option<String>,
) -> Result<Option<AccountId>, AccountError> {
    match user {
        Some(user) => account(accounts, &user).await.map(Some),
        None => Ok(None),
    }
}

async fn grant(accounts: &Accounts, holder: Holder) -> Result<Grant, Failure> {
    Ok(match holder {
        Holder::Root => Grant::Root,
        Holder::Role(name) => Grant::Role(Role::named(&name).ok_or(Failure::Role(name))?),
        Holder::User { name, scopes } => {
            let scopes = scopes.parse()?;
            Grant::User { account: account(accounts, &name).await?, scopes }
        }
    })
}

fn until(days: Option<u64>) -> Option<Timestamp> {
    let day = Duration::from_secs(24 * 3600).as_millis() as u64;
    let millis = i64::try_from(days?.saturating_mul(day)).unwrap_or(i64::MAX);
    Some(Timestamp::from_millis(Timestamp::now().millis().saturating_add(millis)))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn app_password(of: &AppPassword) -> String {
    let scopes = of.scopes.to_string();
    [&of.id, &scopes, &end(of.until), &last(of.used.as_ref()), &of.label]
        .map(String::as_str)
        .join("\t")
}

fn token(of: &Token) -> String {
    let grant = match &of.grant {
        Grant::Root => "root".to_owned(),
        Grant::Role(role) => role.name().to_owned(),
        Grant::User { scopes, .. } => scopes.to_string(),
        _ => "?".to_owned(),
    };
    [&of.id, &grant, &end(of.until), &last(of.used.as_ref()), &of.label]
        .map(String::as_str)
        .join("\t")
}

fn entry(of: &LogEntry) -> String {
    let service =
        of.service.map_or("-".to_owned(), |service| format!("{service:?}").to_lowercase());
    let peer = of.peer.map_or("-".to_owned(), |peer| peer.to_string());
    let (event, times) = (of.event.name(), of.times);
    format!("{}\t{event}\t{times}\t{service}\t{peer}\t{}", utc(of.last), of.what)
}

fn end(until: Option<Timestamp>) -> String {
    until.map_or("-".to_owned(), utc)
}

fn last(used: Option<&Used>) -> String {
    used.map_or("-".to_owned(), |used| utc(used.at))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::Store;

    async fn said(store: &Store, request: Request) -> String {
        match attempt(&store.accounts, request).await {
            Ok(said) => said,
            Err(failure) => format!("refused: {failure}"),
        }
    }

    async fn store() -> Store {
        let store = Store::in_memory();
        store.accounts.add(mailstore::accounts::NewUser::new("alice")).await.unwrap();
        store
    }

    #[tokio::test]
    async fn an_application_password_is_made_listed_and_revoked() {
        let store = store().await;
        let user = || "alice".to_owned();
        let add = |scopes: &str| Request::AddAppPassword {
            user: user(),
            label: "phone".into(),
            scopes: scopes.into(),
            days: Some(30),
        };
        let made = said(&store, add("imap,pop3")).await;
        let (id, password) = made.split_once('\t').unwrap();
        assert_eq!(password.len(), 16);
        let list = said(&store, Request::AppPasswords { user: user() }).await;
        assert!(list.starts_with(&format!("{id}\timap,pop3\t2")), "{list}");
        assert!(list.ends_with("\t-\tphone"), "{list}");
        let revoke = Request::RevokeAppPassword { user: user(), id: id.to_owned() };
        let revoked = format!("the application password {id} is revoked");
        assert_eq!(said(&store, revoke.clone()).await, revoked);
        assert_eq!(said(&store, revoke).await, format!("refused: there is none of the id {id:?}"));
        let refused = said(&store, add("imap,everything")).await;
        assert!(refused.starts_with("refused: \"everything\" is no scope"), "{refused}");
        let log = said(&store, Request::Log { user: user() }).await;
        assert!(log.contains("\tapp-password-revoked\t1\t-\t-\t"), "{log}");
    }

    #[tokio::test]
    async fn a_token_is_for_root_a_role_or_a_user() {
        let store = store().await;
        let add = |holder| Request::AddToken { holder, label: "x".into(), days: None };
        let of = Holder::User { name: "alice".into(), scopes: "http-read".into() };
        let mut ids = BTreeSet::new();
        for holder in [Holder::Root, Holder::Role("audit".into()), of] {
            let made = said(&store, add(holder)).await;
            let (id, secret) = made.split_once('\t').unwrap();
            assert!(secret.starts_with("mst_"), "{secret}");
            ids.insert(id.to_owned());
        }
        let list = said(&store, Request::Tokens { user: None }).await;
        assert_eq!(list.lines().count(), 2);
        assert!(list.contains("\troot\t-\t-\tx") && list.contains("\taudit\t-\t-\tx"), "{list}");
        let list = said(&store, Request::Tokens { user: Some("alice".into()) }).await;
        let id = list.split('\t').next().unwrap().to_owned();
        assert!(ids.contains(&id));
        let revoke = Request::RevokeToken { user: Some("alice".into()), id: id.clone() };
        assert_eq!(said(&store, revoke).await, format!("the token {id} is revoked"));
        let refused = said(&store, add(Holder::Role("king".into()))).await;
        assert_eq!(refused, "refused: \"king\" is no role; there are users, audit and metrics");
    }

    #[tokio::test]
    async fn a_lost_second_factor_is_turned_off() {
        let store = store().await;
        let off = || Request::NoSecondFactor { user: "alice".into() };
        assert_eq!(said(&store, off()).await, "alice had no second factor");
        let refused = said(&store, Request::Reseal).await;
        assert_eq!(refused, "refused: no key is configured to seal secrets with");
    }
}
