//! Recovery codes: what a user shows who has lost the second factor. Each is good once.
//!
//! A code is drawn as application passwords are, 75 random bits, so that a plain digest of it tells
//! nothing; that is all that is kept.

use std::net::IpAddr;

use super::app_password::{draw, spelled};
use super::kept::Kept;
use super::{AccountError, Accounts, Event, SecondFactor, User};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::store::directory::{Secret, Service};
use crate::time::Timestamp;

/// Codes that are made at a time.
const MADE: usize = 10;
/// The name under which they are kept.
const ID: &str = "codes";
/// What the digests are of.
const CONTEXT: &str = "mailstore 2026 recovery code of a second factor";

type Digest = [u8; 32];

/// What is kept of those that were not used yet.
#[derive(Clone, Debug)]
struct RecoveryCodes(Vec<Digest>);

impl Kept for RecoveryCodes {
    const KIND: &'static str = "recovery/";

    fn id(&self) -> &str {
        ID
    }

    fn until(&self) -> Option<Timestamp> {
        None
    }

    fn pack(&self, packer: &mut Packer) {
        packer.number(self.0.len() as u64);
        for digest in &self.0 {
            packer.raw(digest);
        }
    }

    fn unpack(_: AccountId, _: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let left = from.number()?.min(MADE as u64);
        (0..left).map(|_| from.array()).collect::<Result<_, _>>().map(Self)
    }
}

impl Accounts {
    /// Makes recovery codes in place of those that there were; nobody can read them again. Refused
    /// unless the second factor is on.
    pub async fn renew_recovery_codes(
        &self,
        account: AccountId,
    ) -> Result<Vec<Secret>, AccountError> {
        self.user(account).await?;
        match self.second_factor(account).await? {
            SecondFactor::On => {}
            other => return Err(AccountError::SecondFactor(other)),
        }
        let codes = (0..MADE).map(|_| draw()).collect::<Result<Vec<_>, _>>()?;
        let kept = RecoveryCodes(codes.iter().map(|code| digest(account, code)).collect());
        let renewed = self.alter(account, ID, |old: &mut RecoveryCodes| {
            old.0.clone_from(&kept.0);
            Some(())
        });
        if renewed.await?.is_none() {
            self.keep(account, &kept, ("sets of recovery codes", 1)).await?;
        }
        self.note_change(account, Event::RecoveryCodesMade, "all").await;
        Ok(codes.iter().map(grouped).collect())
    }

    /// How many recovery codes a user has left.
    pub async fn recovery_codes(&self, account: AccountId) -> Result<usize, StoreError> {
        let kept: Option<RecoveryCodes> = self.kept(account, ID).await?;
        Ok(kept.map_or(0, |codes| codes.0.len()))
    }

    /// Takes them away.
    pub(super) async fn discard_recovery_codes(
        &self,
        account: AccountId,
    ) -> Result<(), StoreError> {
        self.discard::<RecoveryCodes>(account, ID).await.map(drop)
    }

    /// Whether it is one of a user's; then it is good no more.
    pub(super) async fn take_recovery_code(
        &self,
        user: &User,
        code: &str,
        peer: Option<IpAddr>,
    ) -> Result<bool, StoreError> {
        let account = user.account;
        let shown = Secret::new(code.to_ascii_lowercase().replace('-', ""));
        let Some(shown) = spelled(&shown) else { return Ok(false) };
        let shown = digest(account, &shown);
        let taken = self.alter(account, ID, |left: &mut RecoveryCodes| {
            let at = left.0.iter().position(|digest| *digest == shown)?;
            left.0.remove(at);
            Some(())
        });
        let Some(left) = taken.await? else { return Ok(false) };
        let what = format!("{} left", left.0.len());
        self.note(account, Event::RecoveryCodeUsed, (Some(Service::Http), peer), &what).await;
        Ok(true)
    }
}

/// What is kept of a code: another for each account.
fn digest(account: AccountId, code: &Secret) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&account.get().to_be_bytes()).update(code.expose().as_bytes());
    *hasher.finalize().as_bytes()
}

/// In groups of four, which are easier to copy from paper.
fn grouped(code: &Secret) -> Secret {
    let letters: Vec<_> = code.expose().chars().collect();
    let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
    Secret::new(groups.collect::<Vec<_>>().join("-"))
}
