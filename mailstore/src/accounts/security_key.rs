//! Security keys as the second factor (W3C Web Authentication): a user may have several.
//!
//! A user who has one signs in with the account password and the key; the password alone is good for
//! nothing, as with codes. The same key may not be registered twice.

use std::net::IpAddr;
use std::sync::Arc;

use super::challenge::Purpose;
use super::factors::FACTOR_KEY;
use super::kept::{self, Kept};
use super::used::{self, Used};
use super::webauthn::{
    self, Assertion, Attestation, CHALLENGE, Key, KeyRefused, NewSecurityKey, RelyingParty,
};
use super::{AccountError, Accounts, Event, User};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::store::directory::{Secret, Service};
use crate::time::Timestamp;

/// Security keys of one user.
const MOST: usize = 20;

/// A security key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityKey {
    /// Its name among those of its user.
    pub id: String,
    /// What its user calls it.
    pub label: String,
    /// The name that it has given itself.
    pub credential: Vec<u8>,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Used>,
    key: Vec<u8>,
    counter: u32,
}

impl SecurityKey {
    fn of(new: NewSecurityKey, label: String) -> Self {
        let NewSecurityKey { credential, key, counter } = new;
        let (id, created) = (kept::new_id(), Timestamp::now());
        Self { id, label, credential, created, used: None, key, counter }
    }
}

impl Kept for SecurityKey {
    const KIND: &'static str = FACTOR_KEY;

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        None
    }

    fn pack(&self, packer: &mut Packer) {
        packer.bytes(self.label.as_bytes()).bytes(&self.credential).bytes(&self.key);
        packer.number(self.counter.into()).signed(self.created.millis());
        used::pack(self.used.as_ref(), packer);
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: id.to_owned(),
            label: from.text()?.to_owned(),
            credential: from.bytes()?.to_vec(),
            key: from.bytes()?.to_vec(),
            counter: from.u32()?,
            created: Timestamp::from_millis(from.signed()?),
            used: used::unpack(from)?,
        })
    }
}

/// What a browser is to ask a key, old or new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyQuestion {
    /// The question: it is answered once, within five minutes.
    pub challenge: [u8; CHALLENGE],
    /// Where the key is used.
    pub party: Arc<RelyingParty>,
    /// The names of the user's keys: those that may answer, or, for a new key, those that are no new
    /// ones.
    pub known: Vec<Vec<u8>>,
    /// What a new key is to know the user by: 64 bits that say nothing.
    pub handle: [u8; 8],
    /// The login name.
    pub name: String,
}

impl KeyQuestion {
    /// The algorithms that a new key may sign with (COSE), the best first.
    pub const ALGORITHMS: [i64; 3] = Key::ALGORITHMS;
}

impl Accounts {
    /// Sets where security keys are used. Without it there are none.
    pub fn with_relying_party(mut self, party: RelyingParty) -> Self {
        self.party = Some(Arc::new(party));
        self
    }

    /// At most `limit` security keys of a user, with ids above `after`, in ascending order.
    pub async fn security_keys(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SecurityKey>, StoreError> {
        self.list_kept(account, after, limit).await
    }

    async fn known_keys(&self, account: AccountId) -> Result<Vec<SecurityKey>, StoreError> {
        self.security_keys(account, None, MOST * 2).await
    }

    /// What a new key of a user is to be asked.
    pub async fn begin_security_key(
        &self,
        account: AccountId,
    ) -> Result<KeyQuestion, AccountError> {
        let user = self.user(account).await?;
        self.question(&user, Purpose::Register).await
    }

    /// Adds the key that has answered. From then on the account password is good for nothing
    /// without one of the user's keys, or a code. Returns recovery codes, too, if the user has none;
    /// nobody can read them again.
    pub async fn add_security_key(
        &self,
        account: AccountId,
        label: &str,
        said: &Attestation,
    ) -> Result<(SecurityKey, Vec<Secret>), AccountError> {
        let party = self.party.clone().ok_or(AccountError::NoRelyingParty)?;
        let label = kept::label(label)?;
        self.user(account).await?;
        let challenge = self.taken(account, (Purpose::Register, &said.client_data)).await??;
        let new = party.register(said, &challenge)?;
        let known = self.known_keys(account).await?;
        if known.iter().any(|known| known.credential == new.credential) {
            return Err(AccountError::KnownKey);
        }
        let added = SecurityKey::of(new, label);
        self.keep(account, &added, ("security keys", MOST)).await?;
        let what = format!("{} {:?}", added.id, added.label);
        self.note_change(account, Event::SecurityKeyAdded, &what).await;
        let recovery = match self.recovery_codes(account).await? {
            0 => self.renew_recovery_codes(account).await?,
            _ => Vec::new(),
        };
        Ok((added, recovery))
    }

    /// Gives a key another label; `false` if there is none of that id.
    pub async fn rename_security_key(
        &self,
        account: AccountId,
        id: &str,
        label: &str,
    ) -> Result<bool, AccountError> {
        let label = kept::label(label)?;
        let renamed = self.alter(account, id, |key: &mut SecurityKey| {
            key.label.clone_from(&label);
            Some(())
        });
        let renamed = renamed.await?.is_some();
        if renamed {
            let what = format!("{id} {label:?}");
            self.note_change(account, Event::SecurityKeyRenamed, &what).await;
        }
        Ok(renamed)
    }

    /// Takes a key away; `false` if there is none of that id. Without the last one, and without
    /// codes, the account password is enough again, and the recovery codes are gone.
    pub async fn remove_security_key(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<bool, AccountError> {
        let gone = self.discard::<SecurityKey>(account, id).await?;
        if gone {
            self.recover_nothing(account).await?;
            self.note_change(account, Event::SecurityKeyRemoved, id).await;
        }
        Ok(gone)
    }

    pub(super) async fn question(
        &self,
        user: &User,
        purpose: Purpose,
    ) -> Result<KeyQuestion, AccountError> {
        let party = self.party.clone().ok_or(AccountError::NoRelyingParty)?;
        let account = user.account;
        let known = self.known_keys(account).await?;
        let handle =
            blake3::derive_key("mailstore 2026 handle of a user", &account.get().to_be_bytes());
        Ok(KeyQuestion {
            challenge: self.ask(account, purpose).await?,
            party,
            known: known.into_iter().map(|key| key.credential).collect(),
            handle: handle.first_chunk().copied().unwrap_or_default(),
            name: user.profile.name.as_str().to_owned(),
        })
    }

    /// The question that is answered: it is asked no more.
    async fn taken(
        &self,
        account: AccountId,
        (purpose, client_data): (Purpose, &[u8]),
    ) -> Result<Result<[u8; CHALLENGE], KeyRefused>, StoreError> {
        let asked = match webauthn::challenge_of(client_data) {
            Ok(asked) => asked,
            Err(refused) => return Ok(Err(refused)),
        };
        let answered = self.answered(account, (purpose, &asked)).await?;
        Ok(answered.then_some(asked).ok_or(KeyRefused::STALE))
    }

    /// Whether one of a user's keys has signed the question that it was asked at sign-in.
    pub(super) async fn take_assertion(
        &self,
        account: AccountId,
        (said, peer): (&Assertion, Option<IpAddr>),
    ) -> Result<Result<(), KeyRefused>, StoreError> {
        let challenge = match self.taken(account, (Purpose::SignIn, &said.client_data)).await? {
            Ok(challenge) => challenge,
            Err(refused) => return Ok(Err(refused)),
        };
        let known = self.known_keys(account).await?;
        let key = known.into_iter().find(|known| known.credential == said.credential);
        let (Some(party), Some(key)) = (&self.party, key) else {
            return Ok(Err(KeyRefused::UNKNOWN));
        };
        let counter = match party.assert(said, &challenge, (&key.key, key.counter)) {
            Ok(counter) => counter,
            Err(refused) => return Ok(Err(refused)),
        };
        let used = Used { at: Timestamp::now(), peer, service: Service::Http };
        let counted = self.alter(account, &key.id, |kept: &mut SecurityKey| {
            // Of two that say the same number at once, one is a copy.
            (kept.counter == key.counter).then(|| (kept.counter, kept.used) = (counter, Some(used)))
        });
        Ok(counted.await?.map(drop).ok_or(KeyRefused::STALE))
    }
}
