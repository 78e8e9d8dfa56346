//! The second factor: codes that change with time (TOTP, RFC 6238).
//!
//! Codes are what authenticator apps make without being told more: HMAC-SHA-1, six digits, 30
//! seconds. A code is taken once; so is none that is older than one that was taken. The secret is
//! kept sealed ([`Keyring`](super::Keyring)), bound to its account.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::factors::FACTOR;
use super::kept::Kept;
use super::{AccountError, Accounts, Event, Keyring, User};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::store::directory::Secret;
use crate::time::Timestamp;

/// Seconds that a code is good for.
const STEP: i64 = 30;
/// Steps that a clock may be wrong by, either way (RFC 6238 5.2).
const DRIFT: i64 = 1;
/// Bytes of a secret (RFC 4226 4: at least 128 bits, better 160).
const SECRET: usize = 20;
/// The name under which it is kept.
const ID: &str = "totp";
/// Whether a user has a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// No.
    #[default]
    Off,
    /// A secret has been given out; no code has been shown for it yet.
    Pending,
    /// The account password alone is good for nothing.
    On,
}

/// A secret for an authenticator app. It is shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpSetup {
    /// The secret, in base 32, to be typed.
    pub secret: Secret,
    /// The same as an `otpauth:` URI, to be shown as a QR code.
    pub uri: Secret,
}

/// What is kept of it.
#[derive(Clone, Debug)]
struct Totp {
    sealed: Vec<u8>,
    state: SecondFactor,
    /// The step of the last code that was taken.
    last: i64,
}

impl Kept for Totp {
    const KIND: &'static str = FACTOR;

    fn id(&self) -> &str {
        ID
    }

    fn until(&self) -> Option<Timestamp> {
        None
    }

    fn pack(&self, packer: &mut Packer) {
        packer.u8(u8::from(self.state == SecondFactor::On)).signed(self.last).bytes(&self.sealed);
    }

    fn unpack(_: AccountId, _: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let state = match from.u8()? {
            0 => SecondFactor::Pending,
            1 => SecondFactor::On,
            _ => return Err(from.error("a state")),
        };
        Ok(Self { state, last: from.signed()?, sealed: from.bytes()?.to_vec() })
    }
}

fn place(account: AccountId) -> String {
    format!("totp secret of account {account}")
}

impl Accounts {
    /// Whether a user has codes of an authenticator app.
    pub async fn totp(&self, account: AccountId) -> Result<SecondFactor, StoreError> {
        let kept: Option<Totp> = self.kept(account, ID).await?;
        Ok(kept.map_or(SecondFactor::Off, |totp| totp.state))
    }

    /// Gives a user a secret for an authenticator app, under the name `issuer`. Nothing changes until
    /// [`enable_totp`](Self::enable_totp) is shown a code of it. Refused while it is on.
    pub async fn begin_totp(
        &self,
        account: AccountId,
        issuer: &str,
    ) -> Result<TotpSetup, AccountError> {
        let keys = self.keyring()?;
        let user = self.user(account).await?;
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret)
            .map_err(|error| StoreError::unavailable("draw a secret", error.to_string()))?;
        let sealed = keys.seal(&place(account), &secret)?;
        let totp = Totp { sealed, state: SecondFactor::Pending, last: 0 };
        match self.totp(account).await? {
            SecondFactor::On => return Err(AccountError::SecondFactor(SecondFactor::On)),
            SecondFactor::Pending => self.discard::<Totp>(account, ID).await.map(drop)?,
            SecondFactor::Off => {}
        }
        if !self.put_new(account, &totp).await? {
            let why = "it is being changed by others";
            return Err(StoreError::contended("begin second factor", why).into());
        }
        let secret = BASE32_NOPAD.encode(&secret);
        let uri = uri(issuer, user.profile.name.as_str(), &secret);
        Ok(TotpSetup { secret: Secret::new(secret), uri: Secret::new(uri) })
    }

    /// Turns codes on, if this is a code of the secret that was given out. Returns the
    /// recovery codes, which nobody can read again.
    pub async fn enable_totp(
        &self,
        account: AccountId,
        code: &str,
    ) -> Result<Vec<Secret>, AccountError> {
        let user = self.user(account).await?;
        match self.totp(account).await? {
            SecondFactor::Pending => {}
            other => return Err(AccountError::SecondFactor(other)),
        }
        if !self.take_code(&user, code, SecondFactor::Pending).await? {
            return Err(AccountError::WrongCode);
        }
        self.note_change(account, Event::SecondFactorOn, "totp").await;
        self.renew_recovery_codes(account).await
    }

    /// Turns codes off; `false` if they were not on. Without security keys there is no second factor
    /// then, and the recovery codes are gone, too.
    pub async fn disable_totp(&self, account: AccountId) -> Result<bool, AccountError> {
        let was_on = self.totp(account).await? == SecondFactor::On;
        self.discard::<Totp>(account, ID).await?;
        self.recover_nothing(account).await?;
        if was_on {
            self.note_change(account, Event::SecondFactorOff, "totp").await;
        }
        Ok(was_on)
    }

    /// Seals with the first key what is still sealed with another. Returns how many secrets that
    /// were.
    pub async fn reseal(&self) -> Result<usize, AccountError> {
        let keys = self.keyring()?;
        let (mut after, mut resealed) = (None, 0);
        loop {
            let users = self.store.users(after, 100).await?;
            let Some(last) = users.last() else { return Ok(resealed) };
            after = Some(last.account);
            for user in &users {
                resealed += usize::from(self.reseal_of(keys, user.account).await?);
            }
        }
    }

    async fn reseal_of(&self, keys: &Keyring, account: AccountId) -> Result<bool, StoreError> {
        let Some(kept): Option<Totp> = self.kept(account, ID).await? else { return Ok(false) };
        if keys.is_current(&kept.sealed) {
            return Ok(false);
        }
        let place = place(account);
        let sealed = keys.seal(&place, &keys.open(&place, &kept.sealed)?)?;
        let put = self.alter(account, ID, |totp: &mut Totp| {
            (totp.sealed == kept.sealed).then(|| totp.sealed.clone_from(&sealed))
        });
        Ok(put.await?.is_some())
    }

    /// Whether it is a code of a user whose second factor is in that state; then it is on, and the
    /// code is good no more.
    pub(super) async fn take_code(
        &self,
        user: &User,
        code: &str,
        state: SecondFactor,
    ) -> Result<bool, StoreError> {
        let account = user.account;
        let (Some(keys), Some(kept)) = (&self.keyring, self.kept::<Totp>(account, ID).await?)
        else {
            return Ok(false);
        };
        let secret = keys.open(&place(account), &kept.sealed)?;
        let Some(step) = step_of(&secret, code, Timestamp::now()) else { return Ok(false) };
        let taken = self.alter(account, ID, |totp: &mut Totp| {
            let good = totp.state == state && totp.last < step && totp.sealed == kept.sealed;
            good.then(|| (totp.last, totp.state) = (step, SecondFactor::On))
        });
        Ok(taken.await?.is_some())
    }

    fn keyring(&self) -> Result<&Keyring, AccountError> {
        self.keyring.as_deref().ok_or(AccountError::NoKeyring)
    }
}

/// The step whose code it is, around now. People write codes with a space in the middle.
fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let shown: String = code.chars().filter(|c| *c != ' ').take(16).collect();
    let now = now.secs() / STEP;
    (now - DRIFT..=now + DRIFT).rev().find(|step| code_at(secret, *step) == shown)
}

/// HOTP (RFC 4226 5.3) of a step.
fn code_at(secret: &[u8], step: i64) -> String {
    // A key shorter than a block is filled up with zeros (RFC 2104 2).
    let mut block = [0; 64];
    let len = secret.len().min(block.len());
    block[..len].copy_from_slice(&secret[..len]);
    let mut mac = Hmac::<Sha1>::new(&block.into());
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(digest[19] & 0xf);
    let mut four = [0; 4];
    four.copy_from_slice(&digest[at..at + 4]);
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The form that authenticator apps read: names are percent-encoded whole.
fn uri(issuer: &str, name: &str, secret: &str) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let each = |byte: u8| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        text.bytes().map(each).collect()
    };
    let (issuer, name) = (encode(issuer), encode(name));
    format!("otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the last six of eight digits.
    #[test]
    fn codes_of_the_examples() {
        for (secs, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(EXAMPLE, secs / STEP), code, "{secs}");
        }
    }

    #[test]
    fn clocks_may_be_a_step_apart() {
        let at = |code: &str, secs| step_of(EXAMPLE, code, Timestamp::from_secs(secs));
        assert_eq!(at("287082", 59), Some(1));
        assert_eq!(at("287 082", 89), Some(1));
        assert_eq!(at("287082", 29), Some(1));
        assert_eq!(at("287082", 90), None);
        for wrong in ["", "28708", "2870822", "-87082", "٢٨٧٠٨٢"] {
            assert_eq!(at(wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn a_uri_is_read_by_apps() {
        assert_eq!(
            uri("My mail", "a@b.example", "GEZDG"),
            "otpauth://totp/My%20mail:a%40b.example?secret=GEZDG&issuer=My%20mail"
        );
    }
}
