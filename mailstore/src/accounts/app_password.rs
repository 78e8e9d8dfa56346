//! Passwords for applications: drawn here, good for some services, one for each program that a user
//! has.
//!
//! A password has 16 letters, that is 75 random bits. What is kept of it are its keys for SCRAM, all
//! of one salt for each user, so that one computation on what a client shows tells which it is, if
//! any; and a client that knows SCRAM need not show it.

use super::kept::{self, Kept};
use super::scram::ScramSecret;
use super::used::{self, Used};
use super::{AccountError, Accounts, Event, Scope, Scopes, User};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::store::directory::Secret;
use crate::time::Timestamp;

/// Application passwords of one user.
pub(super) const MOST: usize = 50;

/// Letters of a password.
const LETTERS: usize = 16;

/// An application password to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAppPassword {
    /// What its user calls it: at most 100 bytes.
    pub label: String,
    /// What it is good for; never [`Scope::Master`].
    pub scopes: Scopes,
    /// When it ends; `None` if it does not.
    pub until: Option<Timestamp>,
}

/// An application password, as it is kept. The password itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    /// Its name among those of its user.
    pub id: String,
    /// What its user calls it.
    pub label: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` if it does not.
    pub until: Option<Timestamp>,
    /// When it was last used.
    pub used: Option<Used>,
    pub(super) keys: ScramSecret,
}

impl Kept for AppPassword {
    const KIND: &'static str = "password/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        self.until
    }

    fn pack(&self, packer: &mut Packer) {
        let ScramSecret { salt, iterations, stored_key, server_key } = &self.keys;
        packer.raw(salt).number((*iterations).into()).raw(stored_key).raw(server_key);
        packer.bytes(self.label.as_bytes()).u8(self.scopes.bits()).signed(self.created.millis());
        packer.signed(self.until.map_or(i64::MAX, Timestamp::millis));
        used::pack(self.used.as_ref(), packer);
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let keys = ScramSecret {
            salt: from.array()?,
            iterations: from.u32()?,
            stored_key: from.array()?,
            server_key: from.array()?,
        };
        Ok(Self {
            id: id.to_owned(),
            keys,
            label: from.text()?.to_owned(),
            scopes: Scopes::from_bits(from.u8()?).ok_or(from.error("scopes"))?,
            created: Timestamp::from_millis(from.signed()?),
            until: Some(from.signed()?).filter(|at| *at < i64::MAX).map(Timestamp::from_millis),
            used: used::unpack(from)?,
        })
    }
}

impl Accounts {
    /// Makes an application password, which is never shown again.
    pub async fn add_app_password(
        &self,
        account: AccountId,
        new: NewAppPassword,
    ) -> Result<(AppPassword, Secret), AccountError> {
        if new.scopes.is_empty() || new.scopes.contains(Scope::Master) {
            return Err(AccountError::Scopes(new.scopes));
        }
        let user = self.user(account).await?;
        let password = draw()?;
        let made = AppPassword {
            id: kept::new_id(),
            label: kept::label(&new.label)?,
            scopes: new.scopes,
            created: Timestamp::now(),
            until: new.until,
            used: None,
            keys: self
                .hasher
                .scram(&password, self.salt(user.profile.name.as_str()).await?)
                .await?,
        };
        self.keep(account, &made, ("application passwords", MOST)).await?;
        let what = format!("{} {:?} for {}", made.id, made.label, made.scopes);
        self.note_change(account, Event::AppPasswordAdded, &what).await;
        Ok((made, password))
    }

    /// At most `limit` application passwords of a user, with ids above `after`, in ascending order.
    /// Some may be over.
    pub async fn app_passwords(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AppPassword>, AccountError> {
        Ok(self.list_kept(account, after, limit).await?)
    }

    /// Ends an application password; `false` if there is none of that id. Sessions that are logged in
    /// with it go on.
    pub async fn revoke_app_password(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<bool, AccountError> {
        let revoked = self.discard::<AppPassword>(account, id).await?;
        if revoked {
            self.note_change(account, Event::AppPasswordRevoked, id).await;
        }
        Ok(revoked)
    }

    /// Those of a user that may still be used.
    pub(super) async fn valid_app_passwords(
        &self,
        user: &User,
    ) -> Result<Vec<AppPassword>, StoreError> {
        let now = Timestamp::now();
        let mut passwords: Vec<AppPassword> = self.list_kept(user.account, None, MOST * 2).await?;
        passwords.retain(|password| password.until.is_none_or(|until| now < until));
        Ok(passwords)
    }

    /// Writes down that it was used.
    pub(super) async fn note_app_password(
        &self,
        account: AccountId,
        id: &str,
        used: Used,
    ) -> Result<(), StoreError> {
        let noted = self.alter(account, id, |password: &mut AppPassword| {
            used.is_news_after(password.used.as_ref()).then(|| password.used = Some(used))
        });
        noted.await.map(drop)
    }
}

/// What somebody may mean with a text that looks like an application password: people copy them
/// with spaces.
pub(super) fn spelled(shown: &Secret) -> Option<Secret> {
    let text: String = shown.expose().chars().filter(|c| *c != ' ').collect();
    let fits = text.len() == LETTERS && text.bytes().all(|byte| byte.is_ascii_lowercase());
    fits.then(|| Secret::new(text))
}

/// Letters, each as likely as any other.
pub(super) fn draw() -> Result<Secret, StoreError> {
    const FAIR: u8 = 26 * 9;
    let mut text = String::with_capacity(LETTERS);
    while text.len() < LETTERS {
        let drawn = crate::random::secret()
            .map_err(|error| StoreError::unavailable("draw a password", error.to_string()))?;
        let letters = drawn.into_iter().filter(|byte| *byte < FAIR);
        text.extend(letters.map(|byte| char::from(b'a' + byte % 26)).take(LETTERS - text.len()));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{MemoryAccounts, NewUser, Scram};
    use crate::store::directory::{Attempt, Credentials, Directory, Service, Verdict};

    #[test]
    fn passwords_are_drawn_of_letters() {
        let (one, other) = (draw().unwrap(), draw().unwrap());
        assert_ne!(one, other);
        assert_eq!(spelled(&one), Some(one));
    }

    /// One that an older release made is good, though what the user has since goes first with SCRAM.
    #[tokio::test]
    async fn older_ones_are_good() {
        let store = std::sync::Arc::new(MemoryAccounts::default());
        let accounts = Accounts::new(store).with_scram(Scram::Kept);
        let alice = accounts.add(NewUser::new("alice")).await.unwrap().account;
        let new = || NewAppPassword { label: "new".into(), scopes: Scopes::mail(), until: None };
        let (made, password) = accounts.add_app_password(alice, new()).await.unwrap();
        let older = ScramSecret { iterations: 100_000, ..made.keys.clone() }.like(&password);
        let altered = accounts.alter(alice, &made.id, |kept: &mut AppPassword| {
            kept.keys = older.clone();
            Some(())
        });
        altered.await.unwrap();
        let keys = accounts.scram("alice", Service::Imap).await.unwrap().unwrap();
        assert_eq!((keys.iterations, keys.keys.len()), (100_000, 1));

        let (_, other) = accounts.add_app_password(alice, new()).await.unwrap();
        let keys = accounts.scram("alice", Service::Imap).await.unwrap().unwrap();
        assert_eq!((keys.iterations, keys.keys.len()), (made.keys.iterations, 1));
        for (password, right) in [(password, true), (other, true), (draw().unwrap(), false)] {
            let credentials = Credentials::Plain { name: "alice".into(), password };
            let attempt =
                Attempt { service: Service::Imap, peer: None, authzid: None, credentials };
            let verdict = accounts.authenticate(&attempt).await.unwrap();
            assert_eq!(matches!(verdict, Verdict::Accepted(_)), right, "{verdict:?}");
        }
    }

    #[test]
    fn spaces_are_passed_over() {
        let spelled = |text: &str| spelled(&Secret::new(text));
        assert_eq!(spelled("abcd efgh ijkl mnop"), Some(Secret::new("abcdefghijklmnop")));
        for other in ["", "abcd", "abcdefghijklmnopq", "abcdefghijklmno1", "ABCDEFGHIJKLMNOP"] {
            assert_eq!(spelled(other), None, "{other}");
        }
    }
}
