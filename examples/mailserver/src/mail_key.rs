//! What an operator does with the keys that users' mail is encrypted to.

use data_encoding::BASE64;
use mailstore::accounts::{AccountError, Accounts, Covers};
use mailstore::encryption::KeyInfo;
use mailstore::id::AccountId;
use mailstore::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::moment::utc;

/// What is to be done.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Sets the key of a user, given in base64.
    Set { user: String, key: String, covers: Covered },
    /// Shows it.
    Show { user: String },
    /// Takes it away.
    Delete { user: String },
}

/// Which of a user's mail is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Covered {
    /// None: the key is kept for later.
    Nothing,
    /// What is delivered.
    Delivered,
    /// That, and what is put into mailboxes.
    Everything,
}

impl From<Covered> for Covers {
    fn from(covered: Covered) -> Self {
        match covered {
            Covered::Nothing => Self::Nothing,
            Covered::Delivered => Self::Delivered,
            Covered::Everything => Self::Everything,
        }
    }
}

impl From<Request> for crate::users::Request {
    fn from(request: Request) -> Self {
        Self::MailKey(request)
    }
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the key is not in base64: {0}")]
    Base64(#[from] data_encoding::DecodeError),
}

/// Does it, and says what it did.
pub(crate) async fn attempt(accounts: &Accounts, request: Request) -> Result<String, Failure> {
    match request {
        Request::Set { user, key, covers } => {
            let account = account(accounts, &user).await?;
            let key = BASE64.decode(key.as_bytes())?;
            let info = accounts.set_mail_key(account, &key, covers.into()).await?;
            Ok(line(covers.into(), &info))
        }
        Request::Show { user } => {
            let Some(kept) = accounts.mail_key(account(accounts, &user).await?).await? else {
                return Ok(format!("{user} has no key that mail is encrypted to"));
            };
            Ok(match kept.inspect().await {
                Ok(info) => line(kept.covers, &info),
                Err(AccountError::MailKey(unusable)) => unusable.to_string(),
                Err(error) => return Err(error.into()),
            })
        }
        Request::Delete { user } => {
            let gone = accounts.remove_mail_key(account(accounts, &user).await?).await?;
            Ok(match gone {
                true => format!("mail for {user} is encrypted no longer"),
                false => format!("{user} had no key that mail is encrypted to"),
            })
        }
    }
}

async fn account(accounts: &Accounts, user: &str) -> Result<AccountId, AccountError> {
    Ok(accounts.find(user).await?.account)
}

/// What is encrypted, fingerprint, end, names.
fn line(covers: Covers, info: &KeyInfo) -> String {
    let covers = match covers {
        Covers::Nothing => "nothing",
        Covers::Delivered => "delivered",
        Covers::Everything => "everything",
    };
    let until = info.until.map_or("-".to_owned(), utc);
    format!("{covers}\t{}\t{until}\t{}", info.fingerprint, info.names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn what_is_no_key_is_refused() {
        let store = Store::in_memory();
        store.accounts.add(mailstore::accounts::NewUser::new("alice")).await.unwrap();
        let user = || "alice".to_owned();
        let set = |key: &str| Request::Set {
            user: user(),
            key: key.to_owned(),
            covers: Covered::Delivered,
        };
        let said = async |request| match attempt(&store.accounts, request).await {
            Ok(said) => said,
            Err(failure) => format!("refused: {failure}"),
        };
        let refused = said(set(&BASE64.encode(b"sesame"))).await;
        assert_eq!(
            refused,
            "refused: the key cannot be used: it is neither an OpenPGP key nor a certificate"
        );
        assert!(said(set("*")).await.starts_with("refused: the key is not in base64"));
        let none = said(Request::Show { user: user() }).await;
        assert_eq!(none, "alice has no key that mail is encrypted to");
        let none = said(Request::Delete { user: user() }).await;
        assert_eq!(none, "alice had no key that mail is encrypted to");
    }
}
