//! Whose mail is encrypted before it is stored, and to which key ([`encryption`]).

use async_trait::async_trait;
use bytes::Bytes;

use super::kept::Kept;
use super::{AccountError, Accounts, Event};
use crate::encryption::{self, KeyInfo};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::{Arrival, KeyBook, KeyKind, PublicKey, StoreError};
use crate::time::Timestamp;

/// The name under which it is kept.
const ID: &str = "mail";

/// Which of a user's mail is encrypted. What is there already stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Covers {
    /// None: the key is kept for later.
    Nothing,
    /// What is delivered.
    #[default]
    Delivered,
    /// That, and what is put into mailboxes: by APPEND, by upload, from other accounts.
    Everything,
}

impl Covers {
    fn code(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Delivered => 1,
            Self::Everything => 2,
        }
    }

    fn of(code: u8) -> Option<Self> {
        [Self::Nothing, Self::Delivered, Self::Everything].into_iter().find(|it| it.code() == code)
    }

    fn includes(self, by: Arrival) -> bool {
        match by {
            Arrival::Delivered => self != Self::Nothing,
            Arrival::Appended => self == Self::Everything,
        }
    }
}

/// The key that a user's mail is encrypted to. It is public, and so not sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailKey {
    /// The key, as it was given.
    pub key: PublicKey,
    /// What is encrypted to it.
    pub covers: Covers,
}

impl MailKey {
    /// What the key says of itself, if mail can be encrypted to it now.
    pub async fn inspect(&self) -> Result<KeyInfo, AccountError> {
        let key = self.key.clone();
        let look = move || encryption::inspect(&key, Timestamp::now());
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|error| StoreError::unavailable("read key", error))?.map_err(Into::into)
    }
}

impl Kept for MailKey {
    const KIND: &'static str = "encryption/";

    fn id(&self) -> &str {
        ID
    }

    fn until(&self) -> Option<Timestamp> {
        None
    }

    fn pack(&self, packer: &mut Packer) {
        let kind = match self.key.kind {
            KeyKind::OpenPgp => 0,
            KeyKind::Smime => 1,
        };
        packer.u8(kind).u8(self.covers.code()).bytes(&self.key.bytes);
    }

    fn unpack(_: AccountId, _: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let kind = match from.u8()? {
            0 => KeyKind::OpenPgp,
            1 => KeyKind::Smime,
            _ => return Err(from.error("a kind of key")),
        };
        let covers = Covers::of(from.u8()?).ok_or_else(|| from.error("what is covered"))?;
        let key = PublicKey { kind, bytes: Bytes::copy_from_slice(from.bytes()?) };
        Ok(Self { key, covers })
    }
}

impl Accounts {
    /// The key that a user's mail is encrypted to, if one is set.
    pub async fn mail_key(&self, account: AccountId) -> Result<Option<MailKey>, StoreError> {
        self.kept(account, ID).await
    }

    /// Sets the key that a user's mail is encrypted to: an OpenPGP public key, armoured or binary, or
    /// a certificate, PEM or DER. Refused if mail cannot be encrypted to it now.
    pub async fn set_mail_key(
        &self,
        account: AccountId,
        key: &[u8],
        covers: Covers,
    ) -> Result<KeyInfo, AccountError> {
        let new = MailKey { key: encryption::recognise(key)?, covers };
        let info = new.inspect().await?;
        self.user(account).await?;
        let put = self.alter(account, ID, |kept: &mut MailKey| {
            kept.clone_from(&new);
            Some(())
        });
        if put.await?.is_none() && !self.put_new(account, &new).await? {
            let why = "it is being changed by others";
            return Err(StoreError::contended("set mail key", why).into());
        }
        self.note_change(account, Event::MailKeyChanged, &info.fingerprint).await;
        Ok(info)
    }

    /// Takes the key away: from then on mail is stored as it comes. `false` if there was none.
    pub async fn remove_mail_key(&self, account: AccountId) -> Result<bool, AccountError> {
        let gone = self.discard::<MailKey>(account, ID).await?;
        if gone {
            self.note_change(account, Event::MailKeyChanged, "removed").await;
        }
        Ok(gone)
    }
}

#[async_trait]
impl KeyBook for Accounts {
    async fn key(&self, account: AccountId, by: Arrival) -> Result<Option<PublicKey>, StoreError> {
        let kept = self.mail_key(account).await?;
        Ok(kept.filter(|kept| kept.covers.includes(by)).map(|kept| kept.key))
    }

    async fn refused(&self, account: AccountId, why: &str) {
        self.note(account, Event::MailNotEncrypted, (None, None), why).await;
    }
}
