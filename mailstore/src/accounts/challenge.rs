//! Questions that are put to security keys: each is answered once, and soon.

use super::kept::Kept;
use super::webauthn::CHALLENGE;
use super::{AccountError, Accounts};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::time::Timestamp;

/// How long an answer may take, in milliseconds.
const PATIENCE: i64 = 5 * 60 * 1000;
/// Questions to the keys of one user, for one purpose, that may be open at a time; about so many, for a
/// new one takes the place of another that falls into its slot.
const SLOTS: u8 = 16;

/// How often a question is put again because another came between.
const TRIES: usize = 3;

/// What a key is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Register,
    SignIn,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Challenge {
    id: String,
    bytes: [u8; CHALLENGE],
    open: bool,
    until: Timestamp,
}

impl Kept for Challenge {
    const KIND: &'static str = "challenge/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }

    fn pack(&self, packer: &mut Packer) {
        packer.u8(self.open.into()).raw(&self.bytes).signed(self.until.millis());
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: id.to_owned(),
            open: from.u8()? == 1,
            bytes: from.array()?,
            until: Timestamp::from_millis(from.signed()?),
        })
    }
}

fn id(purpose: Purpose, bytes: &[u8; CHALLENGE]) -> String {
    let purpose = match purpose {
        Purpose::Register => "register",
        Purpose::SignIn => "sign-in",
    };
    format!("{purpose}-{:02}", bytes[0] % SLOTS)
}

impl Accounts {
    /// A new question.
    pub(super) async fn ask(
        &self,
        account: AccountId,
        purpose: Purpose,
    ) -> Result<[u8; CHALLENGE], AccountError> {
        let bytes = crate::random::secret()
            .map_err(|error| StoreError::unavailable("draw a challenge", error.to_string()))?;
        let until = Timestamp::from_millis(Timestamp::now().millis().saturating_add(PATIENCE));
        let new = Challenge { id: id(purpose, &bytes), bytes, open: true, until };
        for _ in 0..TRIES {
            let replaced = self.alter(account, &new.id, |kept: &mut Challenge| {
                kept.clone_from(&new);
                Some(())
            });
            if replaced.await?.is_some() || self.put_new(account, &new).await? {
                return Ok(bytes);
            }
        }
        let why = "others are being asked at the same time";
        Err(StoreError::contended("ask a security key", why).into())
    }

    /// Whether that was asked, a moment ago, and nobody has answered it yet. Now somebody has.
    pub(super) async fn answered(
        &self,
        account: AccountId,
        (purpose, bytes): (Purpose, &[u8; CHALLENGE]),
    ) -> Result<bool, StoreError> {
        let (now, id) = (Timestamp::now(), id(purpose, bytes));
        let answered = self.alter(account, &id, |kept: &mut Challenge| {
            let good = kept.open && kept.bytes == *bytes && now < kept.until;
            good.then(|| kept.open = false)
        });
        Ok(answered.await?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::accounts::{AccountStore, MemoryAccounts, NewUser};

    async fn bench() -> (Arc<MemoryAccounts>, Accounts, AccountId) {
        let store = Arc::new(MemoryAccounts::default());
        let accounts = Accounts::new(store.clone());
        let alice = accounts.add(NewUser::new("alice")).await.unwrap().account;
        (store, accounts, alice)
    }

    #[tokio::test]
    async fn a_question_is_answered_once_and_for_what_it_was_asked() {
        let (_, accounts, alice) = bench().await;
        let bytes = accounts.ask(alice, Purpose::SignIn).await.unwrap();
        let answered =
            async |purpose, bytes| accounts.answered(alice, (purpose, bytes)).await.unwrap();
        assert!(!answered(Purpose::Register, &bytes).await);
        assert!(!answered(Purpose::SignIn, &[7; CHALLENGE]).await);
        assert!(answered(Purpose::SignIn, &bytes).await);
        assert!(!answered(Purpose::SignIn, &bytes).await);
    }

    #[tokio::test]
    async fn an_answer_that_comes_late_is_none() {
        let (_, accounts, alice) = bench().await;
        let (bytes, until) = ([7; CHALLENGE], Timestamp::now());
        let over = Challenge { id: id(Purpose::SignIn, &bytes), bytes, open: true, until };
        assert!(accounts.put_new(alice, &over).await.unwrap());
        assert!(!accounts.answered(alice, (Purpose::SignIn, &bytes)).await.unwrap());
    }

    /// Whoever asks, and however often; and what is over is thrown away with other records.
    #[tokio::test]
    async fn questions_have_a_bound_and_an_end() {
        let (store, accounts, alice) = bench().await;
        for _ in 0..200 {
            accounts.ask(alice, Purpose::SignIn).await.unwrap();
        }
        let kept = store.records(alice, Challenge::KIND, None, 999).await.unwrap();
        assert!(kept.len() <= usize::from(SLOTS), "{}", kept.len());
        let end = Timestamp::from_millis(Timestamp::now().millis() + PATIENCE);
        assert!(kept.iter().all(|record| record.until.is_some_and(|until| until <= end)));
    }
}
