//! The public keys that users' mail is encrypted to. A host application that keeps keys of its own
//! implements this; `accounts` does it with what its users have set.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use crate::id::AccountId;

/// How a message comes into a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// It was sent to the user: by LMTP.
    #[default]
    Delivered,
    /// Somebody put it there: IMAP APPEND and REPLACE, an upload by HTTP, a copy from another
    /// account.
    Appended,
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// An OpenPGP transferable public key (RFC 9580 10.1), armoured or binary.
    OpenPgp,
    /// A certificate (RFC 5280), PEM or DER.
    Smime,
}

/// A public key to encrypt mail to, as its owner gave it. Whether it can be used is found out when
/// it is: [`encryption::inspect`](crate::encryption::inspect) tells beforehand.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What kind it is.
    pub kind: KeyKind,
    /// The key.
    pub bytes: Bytes,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} key of {} bytes", self.kind, self.bytes.len())
    }
}

/// Whose mail is encrypted before it is stored, and to which key.
#[async_trait]
pub trait KeyBook: fmt::Debug + Send + Sync {
    /// The key that a message which comes to an account like this is encrypted to; `None` if it is
    /// stored as it comes. A failure means that it is not stored.
    async fn key(&self, account: AccountId, by: Arrival) -> Result<Option<PublicKey>, StoreError>;

    /// Tells that a message was not stored, because it was to be encrypted and could not be.
    async fn refused(&self, account: AccountId, why: &str);
}
