//! What happened to an account: who logged in, who failed to, what was changed.
//!
//! Entries that are alike and fall into the same six hours are one entry that counts; and of one
//! event there are at most [`SLOTS`] entries in six hours, whoever tries from wherever. So the log
//! of a user has a bound, however many attack it.

use std::net::IpAddr;
use std::time::Duration;

use super::kept::Kept;
use super::used::{pack_peer, service_byte, unpack_peer, unpack_service};
use super::{AccountError, Accounts};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::store::directory::Service;
use crate::time::Timestamp;

/// Milliseconds in which entries that are alike become one.
const BUCKET: i64 = 6 * 3600 * 1000;
/// Entries of one event in that time.
const SLOTS: u8 = 16;
/// How often a write is tried again because another came between.
const TRIES: usize = 3;

/// How long entries are kept, unless something else is configured: 30 days.
pub(super) const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $code:literal $name:literal)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$event),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            fn code(self) -> u8 {
                match self { $(Self::$event => $code,)* }
            }
        }
    };
}

events! {
    /// Somebody logged in.
    LoggedIn = 1 "logged-in"
    /// Somebody showed a wrong password, or a right one that was not enough.
    LoginFailed = 2 "login-failed"
    /// The user was added.
    Created = 3 "created"
    /// The account password was changed.
    PasswordChanged = 4 "password-changed"
    /// An application password was made.
    AppPasswordAdded = 5 "app-password-added"
    /// An application password was revoked.
    AppPasswordRevoked = 6 "app-password-revoked"
    /// A token was made.
    TokenIssued = 7 "token-issued"
    /// A token, or all of them, were revoked.
    TokenRevoked = 8 "token-revoked"
    /// The second factor was turned on.
    SecondFactorOn = 9 "second-factor-on"
    /// The second factor was turned off.
    SecondFactorOff = 10 "second-factor-off"
    /// The user was disabled, suspended or enabled.
    StatusChanged = 11 "status-changed"
    /// The limits of what may be kept were changed.
    QuotaChanged = 12 "quota-changed"
    /// An address was given to the user.
    AddressAdded = 13 "address-added"
    /// An address was taken from the user.
    AddressRemoved = 14 "address-removed"
    /// Recovery codes were made.
    RecoveryCodesMade = 15 "recovery-codes-made"
    /// A recovery code was shown in place of one of the second factor.
    RecoveryCodeUsed = 16 "recovery-code-used"
    /// A security key was added: from then on there is a second factor.
    SecurityKeyAdded = 17 "security-key-added"
    /// A security key was given another label.
    SecurityKeyRenamed = 18 "security-key-renamed"
    /// A security key was taken away.
    SecurityKeyRemoved = 19 "security-key-removed"
    /// The key that mail is encrypted to was set, changed or taken away.
    MailKeyChanged = 20 "mail-key-changed"
    /// A message was not stored, because it could not be encrypted.
    MailNotEncrypted = 21 "mail-not-encrypted"
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its name; those of newer entries are smaller.
    pub id: String,
    /// What happened.
    pub event: Event,
    /// When it happened first.
    pub first: Timestamp,
    /// When it happened last.
    pub last: Timestamp,
    /// How often.
    pub times: u64,
    /// Where: `None` for what no service was needed for.
    pub service: Option<Service>,
    /// From where; `None` for this machine.
    pub peer: Option<IpAddr>,
    /// By whom and with what, in words.
    pub what: String,
    until: Timestamp,
}

impl LogEntry {
    fn is_like(&self, other: &Self) -> bool {
        (self.service, self.peer, &self.what) == (other.service, other.peer, &other.what)
    }
}

impl Kept for LogEntry {
    const KIND: &'static str = "log/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }

    fn pack(&self, packer: &mut Packer) {
        packer.u8(self.event.code()).signed(self.first.millis()).signed(self.last.millis());
        packer.number(self.times).u8(self.service.map_or(0xff, service_byte));
        pack_peer(self.peer, packer);
        packer.bytes(self.what.as_bytes()).signed(self.until.millis());
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let code = from.u8()?;
        let event = Event::ALL.iter().find(|event| event.code() == code);
        Ok(Self {
            id: id.to_owned(),
            event: *event.ok_or(from.error("an event"))?,
            first: Timestamp::from_millis(from.signed()?),
            last: Timestamp::from_millis(from.signed()?),
            times: from.number()?,
            service: match from.clone().u8()? {
                0xff => from.u8().map(|_| None)?,
                _ => Some(unpack_service(from)?),
            },
            peer: unpack_peer(from)?,
            what: from.text()?.to_owned(),
            until: Timestamp::from_millis(from.signed()?),
        })
    }
}

/// On whose behalf changes are made, for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// Who it is: a user's name, or what token.
    pub who: String,
    /// At which service.
    pub service: Option<Service>,
    /// From where.
    pub peer: Option<IpAddr>,
}

impl Accounts {
    /// The same users, with changes logged as made by somebody else than the operator.
    pub fn acting(&self, by: By) -> Self {
        let mut acting = self.clone();
        acting.by = std::sync::Arc::new(by);
        acting
    }

    /// At most `limit` entries of a user's log, behind the one of the id `after`: the newest first, to
    /// six hours.
    pub async fn log(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<LogEntry>, AccountError> {
        Ok(self.list_kept(account, after, limit).await?)
    }

    /// Logs a change, made by whom this one acts for.
    pub(super) async fn note_change(&self, account: AccountId, event: Event, what: &str) {
        let By { who, service, peer } = &*self.by;
        let what = match who.as_str() {
            "" => what.to_owned(),
            who => format!("{what} by {who}"),
        };
        self.note(account, event, (*service, *peer), &what).await;
    }

    /// Logs what happened. What cannot be logged has happened all the same, and is said in the
    /// server's own log.
    pub(super) async fn note(
        &self,
        account: AccountId,
        event: Event,
        (service, peer): (Option<Service>, Option<IpAddr>),
        what: &str,
    ) {
        if self.log_kept.is_zero() {
            return;
        }
        let (now, kept) = (Timestamp::now(), self.log_kept.as_millis());
        let until = now.millis().saturating_add(i64::try_from(kept).unwrap_or(i64::MAX));
        let entry = LogEntry {
            id: id(event, now, &format!("{service:?} {peer:?} {what}")),
            event,
            first: now,
            last: now,
            times: 1,
            service,
            peer,
            what: what.chars().take(200).collect(),
            until: Timestamp::from_millis(until),
        };
        if let Err(error) = self.add_entry(account, &entry).await {
            tracing::warn!(%error, %account, event = event.name(), what, "not logged");
        }
    }

    async fn add_entry(&self, account: AccountId, new: &LogEntry) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let counted = self.alter(account, &new.id, |kept: &mut LogEntry| {
                match kept.is_like(new) {
                    true => (kept.times, kept.last) = (kept.times + 1, new.last),
                    // Others of the kind give way to the newest.
                    false => *kept = LogEntry { times: kept.times + 1, ..new.clone() },
                }
                Some(())
            });
            if counted.await?.is_some() || self.put_new(account, new).await? {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn id(event: Event, at: Timestamp, what: &str) -> String {
    let bucket = (i64::MAX - at.millis()) / BUCKET;
    let slot = blake3::hash(what.as_bytes()).as_bytes()[0] % SLOTS;
    format!("{bucket:012x}-{:02x}-{slot:02x}", event.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_entries_come_first() {
        let at = |secs| id(Event::LoggedIn, Timestamp::from_secs(secs), "x");
        assert!(at(1_800_030_000) < at(1_800_000_000));
        assert_eq!(at(1_800_000_001), at(1_800_000_002));
        assert_ne!(at(0), id(Event::Created, Timestamp::from_secs(0), "x"));
    }

    #[test]
    fn codes_and_names_are_unique() {
        use std::collections::BTreeSet;
        let codes: BTreeSet<_> = Event::ALL.iter().map(|event| event.code()).collect();
        let names: BTreeSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!((codes.len(), names.len()), (Event::ALL.len(), Event::ALL.len()));
    }
}
