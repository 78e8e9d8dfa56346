//! What an operator does with users. The same requests are carried out by a running server (they
//! come over its control socket) and by the command line itself when no server runs.

use mailstore::accounts::{
    AccountError, Accounts, Address, Forward, NewUser, PasswordHash, Quota, Status, User,
};
use mailstore::id::AccountId;
use mailstore::store::directory::Secret;
use serde::{Deserialize, Serialize};

use crate::store::Store;
use crate::{credentials, mail_key, settings};

/// Users on one page of a list.
const PAGE: usize = 100;
/// Addresses that are listed of one user.
const ADDRESSES: usize = 50;
/// Addresses that are listed of those that are forwarded.
const FORWARDS: usize = 10_000;

/// What is to be done.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Adds a user.
    Add {
        name: String,
        password: Option<String>,
        addresses: Vec<String>,
        quota_bytes: Option<u64>,
        quota_messages: Option<u64>,
    },
    /// Lists the users with accounts above one.
    List { after: Option<i64> },
    /// Sets a password.
    Password { name: String, password: String },
    /// Sets a password by a hash that another system made.
    Hash { name: String, hash: String },
    /// Sets what a user may keep.
    Quota { name: String, bytes: Option<u64>, messages: Option<u64> },
    /// Lets a user in, and mail for them.
    Enable { name: String },
    /// Lets neither in.
    Disable { name: String },
    /// Lets mail for a user in, but not the user.
    Suspend { name: String },
    /// Removes a user with everything.
    Delete { name: String },
    /// Gives an address to a user.
    AddAddress { name: String, address: String },
    /// Takes one away.
    RemoveAddress { name: String, address: String },
    /// Sends mail to an address on.
    Forward { address: String, targets: Vec<String> },
    /// Sends it on no longer.
    NoForward { address: String },
    /// Lists the addresses that are forwarded.
    Forwards,
    /// Something about credentials.
    Credentials(credentials::Request),
    /// Something about the key that a user's mail is encrypted to.
    MailKey(mail_key::Request),
    /// Something about a user's settings.
    Settings(settings::Request),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Reply {
    /// It is done.
    Done { said: String },
    /// Some users, and where to go on if there may be more.
    Users { rows: Vec<Row>, next: Option<i64> },
    /// It is not done.
    Refused { reason: String },
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) account: i64,
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) quota_bytes: Option<u64>,
    pub(crate) quota_messages: Option<u64>,
    pub(crate) addresses: Vec<String>,
    pub(crate) more_addresses: bool,
}

/// Whether a user is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Active,
    Disabled,
    Suspended,
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Mail(#[from] mailstore::Error),
    #[error(transparent)]
    Password(#[from] mailstore::accounts::PasswordError),
    #[error(transparent)]
    Credentials(#[from] credentials::Failure),
    #[error(transparent)]
    MailKey(#[from] mail_key::Failure),
    #[error(transparent)]
    Settings(#[from] settings::Failure),
}

/// Does it.
pub(crate) async fn carry_out(store: &Store, request: Request) -> Reply {
    match attempt(store, request).await {
        Ok(reply) => reply,
        Err(error) => Reply::Refused { reason: error.to_string() },
    }
}

async fn attempt(store: &Store, request: Request) -> Result<Reply, Failure> {
    let accounts = &store.accounts;
    let said = match request {
        Request::List { after } => return Ok(list(store, after).await?),
        Request::Add { name, password, addresses, quota_bytes, quota_messages } => {
            let quota = Quota { bytes: quota_bytes, messages: quota_messages };
            add(store, new_user(name, password, addresses), quota).await?
        }
        Request::Password { name, password } => {
            let user = accounts.set_password(&name, &Secret::new(password)).await?;
            format!("{} has a new password", user.profile.name)
        }
        Request::Quota { name, bytes, messages } => {
            let user = set_quota(store, &name, Quota { bytes, messages }).await?;
            format!("{} has new limits", user.profile.name)
        }
        Request::Hash { name, hash } => {
            let user = accounts.set_password_hash(&name, PasswordHash::import(&hash)?).await?;
            format!("{} has a new password", user.profile.name)
        }
        Request::Enable { name } => status(accounts, &name, Status::Active).await?,
        Request::Disable { name } => status(accounts, &name, Status::Disabled).await?,
        Request::Suspend { name } => status(accounts, &name, Status::Suspended).await?,
        Request::Delete { name } => {
            let user = accounts.remove(&name, &store.mail).await?;
            format!("{} is removed, with account {}", user.profile.name, user.account)
        }
        Request::AddAddress { name, address } => {
            let address = accounts.add_address(&name, &address).await?;
            format!("{name} has the address {address}")
        }
        Request::RemoveAddress { name, address } => {
            accounts.remove_address(&name, &address).await?;
            format!("{name} no longer has the address {address}")
        }
        Request::Credentials(request) => credentials::attempt(accounts, request).await?,
        Request::MailKey(request) => mail_key::attempt(accounts, request).await?,
        Request::Settings(request) => settings::attempt(store, request).await?,
        request => forward(accounts, request).await?,
    };
    Ok(Reply::Done { said })
}

async fn forward(accounts: &Accounts, request: Request) -> Result<String, AccountError> {
    match request {
        Request::Forward { address, targets } => {
            let forward = accounts.set_forward(&address, targets).await?;
            Ok(format!("{} goes on to {}", forward.address, forward.targets.join(", ")))
        }
        Request::NoForward { address } => Ok(match accounts.remove_forward(&address).await? {
            true => format!("{address} is forwarded no longer"),
            false => format!("{address} was not forwarded"),
        }),
        _ => {
            let list = accounts.forwards(None, FORWARDS).await?;
            let line = |one: &Forward| format!("{}\t{}", one.address, one.targets.join(","));
            Ok(list.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn new_user(name: String, password: Option<String>, addresses: Vec<String>) -> NewUser {
    let mut new = NewUser::new(name);
    if let Some(password) = password {
        new = new.password(Secret::new(password));
    }
    addresses.into_iter().fold(new, NewUser::address)
}

async fn add(store: &Store, new: NewUser, quota: Quota) -> Result<String, Failure> {
    let user = store.accounts.add(new).await?;
    if quota != Quota::default() {
        set_quota(store, user.profile.name.as_str(), quota).await?;
    }
    Ok(format!("added {} as account {}", user.profile.name, user.account))
}

/// The user's record keeps what was asked for here; the head of the account is the truth.
async fn set_quota(store: &Store, name: &str, quota: Quota) -> Result<User, Failure> {
    let user = store.accounts.set_quota(name, quota).await?;
    store.mail.set_quota(user.account, quota).await?;
    Ok(user)
}

async fn status(accounts: &Accounts, name: &str, status: Status) -> Result<String, AccountError> {
    let user = accounts.set_status(name, status).await?;
    Ok(match status {
        Status::Active => format!("{} is enabled", user.profile.name),
        Status::Suspended => format!("{} is suspended", user.profile.name),
        _ => format!("{} is disabled", user.profile.name),
    })
}

/// The quotas are those that the accounts have, not what the users' records say: IMAP sets them too.
async fn list(store: &Store, after: Option<i64>) -> Result<Reply, AccountError> {
    let users = store.accounts.list(after.and_then(AccountId::new), PAGE).await?;
    let next = users.last().filter(|_| users.len() == PAGE).map(|user| user.account.get());
    let mut rows = Vec::with_capacity(users.len());
    for user in users {
        let addresses = store.accounts.addresses(user.account, None, ADDRESSES + 1).await?;
        let head = store.mail.ledger().mailboxes(user.account).await?.head;
        rows.push(row(&user, head.quota, &addresses));
    }
    Ok(Reply::Users { rows, next })
}

fn row(user: &User, quota: Quota, addresses: &[Address]) -> Row {
    Row {
        account: user.account.get(),
        name: user.profile.name.to_string(),
        state: match user.profile.status {
            Status::Active => State::Active,
            Status::Suspended => State::Suspended,
            _ => State::Disabled,
        },
        quota_bytes: quota.bytes,
        quota_messages: quota.messages,
        addresses: addresses.iter().take(ADDRESSES).map(Address::to_string).collect(),
        more_addresses: addresses.len() > ADDRESSES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_request(name: &str, addresses: &[&str]) -> Request {
        Request::Add {
            name: name.into(),
            password: None,
            addresses: addresses.iter().map(|&address| address.into()).collect(),
            quota_bytes: Some(1000),
            quota_messages: None,
        }
    }

    async fn said(store: &Store, request: Request) -> String {
        match carry_out(store, request).await {
            Reply::Done { said } => said,
            Reply::Refused { reason } => format!("refused: {reason}"),
            Reply::Users { .. } => panic!("a list"),
        }
    }

    #[tokio::test]
    async fn a_user_is_added_changed_and_listed() {
        let store = Store::in_memory();
        let name = || "alice".to_owned();
        let steps = [
            (add_request("Alice", &["a@b.example"]), "added alice as account 1"),
            (add_request("alice", &[]), "refused: there is already a user alice"),
            (Request::Password { name: name(), password: "x".into() }, "alice has a new password"),
            (
                Request::Quota { name: name(), bytes: None, messages: Some(9) },
                "alice has new limits",
            ),
            (Request::Disable { name: name() }, "alice is disabled"),
            (
                Request::AddAddress { name: name(), address: "C@d.example".into() },
                "alice has the address c@d.example",
            ),
            (
                Request::RemoveAddress { name: name(), address: "a@b.example".into() },
                "alice no longer has the address a@b.example",
            ),
        ];
        for (request, expected) in steps {
            assert_eq!(said(&store, request).await, expected);
        }
        let row = Row {
            account: 1,
            name: name(),
            state: State::Disabled,
            quota_bytes: None,
            quota_messages: Some(9),
            addresses: vec!["c@d.example".into()],
            more_addresses: false,
        };
        let list = carry_out(&store, Request::List { after: None }).await;
        assert_eq!(list, Reply::Users { rows: vec![row], next: None });
        assert_eq!(said(&store, Request::Enable { name: name() }).await, "alice is enabled");
    }

    #[tokio::test]
    async fn limits_are_enforced() {
        use mailstore::change::Refusal;
        use mailstore::id::MailboxId;
        use mailstore::{Error, Incoming};

        let store = Store::in_memory();
        let append = async || {
            let account = AccountId::new(1).unwrap();
            let message = Incoming::new(store.mail.prepare(vec![b'x'; 600].into()).unwrap());
            store.mail.append(account.into(), MailboxId::INBOX, vec![message]).await
        };
        carry_out(&store, add_request("alice", &[])).await;
        append().await.unwrap();
        assert!(matches!(append().await, Err(Error::Refused(Refusal::OverQuota))));
        let more = Request::Quota { name: "alice".into(), bytes: None, messages: None };
        assert_eq!(said(&store, more).await, "alice has new limits");
        append().await.unwrap();
    }

    #[tokio::test]
    async fn a_user_is_suspended_and_deleted() {
        let store = Store::in_memory();
        let name = || "alice".to_owned();
        let made = "$1$abcdefgh$5XhrJpGu.bBXAZh4lT8oY/";
        for (request, expected) in [
            (add_request("alice", &[]), "added alice as account 1"),
            (Request::Hash { name: name(), hash: made.into() }, "alice has a new password"),
            (
                Request::Hash { name: name(), hash: "sesame".into() },
                "refused: the hash is of no kind that is known",
            ),
            (Request::Suspend { name: name() }, "alice is suspended"),
            (Request::Delete { name: name() }, "alice is removed, with account 1"),
            (Request::Delete { name: name() }, "refused: there is no user \"alice\""),
        ] {
            assert_eq!(said(&store, request).await, expected);
        }
    }

    #[tokio::test]
    async fn an_address_is_forwarded() {
        let store = Store::in_memory();
        let (address, targets) = ("team@b.example".to_owned(), vec!["a@c.example".to_owned()]);
        let forward = Request::Forward { address: address.clone(), targets };
        let no_forward = || Request::NoForward { address: address.clone() };
        for (request, expected) in [
            (forward, "team@b.example goes on to a@c.example"),
            (Request::Forwards, "team@b.example\ta@c.example"),
            (no_forward(), "team@b.example is forwarded no longer"),
            (no_forward(), "team@b.example was not forwarded"),
        ] {
            assert_eq!(said(&store, request).await, expected);
        }
    }

    #[tokio::test]
    async fn a_long_list_comes_in_pages() {
        let store = Store::in_memory();
        for number in 0..=PAGE {
            carry_out(&store, add_request(&format!("u{number}"), &[])).await;
        }
        let first = carry_out(&store, Request::List { after: None }).await;
        let Reply::Users { rows, next } = first else { panic!("no list") };
        assert_eq!((rows.len(), next), (PAGE, Some(100)));
        let rest = carry_out(&store, Request::List { after: next }).await;
        let Reply::Users { rows, next } = rest else { panic!("no list") };
        assert_eq!((rows.len(), next), (1, None));
    }
}
