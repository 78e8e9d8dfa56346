//! Tokens: what programs show in place of a password.
//!
//! A token is text, `mst_ACCOUNT_ID_SECRET`, whose secret has 256 random bits; of the secret only
//! its SHA-256 is kept, which is enough for bits that nobody can guess. It says itself where it is
//! kept, so that it is found by one read, and is good until it is revoked or its time is up.

use std::net::IpAddr;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::kept::{self, Kept};
use super::scram::same;
use super::used::{self, Used};
use super::{AccountError, Accounts, Event, Scopes, Status};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::random;
use crate::store::StoreError;
use crate::store::directory::{Secret, Service};
use crate::time::Timestamp;

/// What every token begins with, so that those who look for leaked secrets find it.
const BEGINNING: &str = "mst";

/// Tokens of one account, and tokens of none.
const MOST: usize = 200;

/// The account under which is kept what belongs to no user. The store gives it to nobody.
pub(super) fn nobody() -> AccountId {
    AccountId::new(0).unwrap_or_else(|| unreachable!("0 is not negative"))
}

/// Whether tokens are offered as a way to log in (OAUTHBEARER, XOAUTH2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// They are.
    #[default]
    Offered,
    /// They are not, for clients that choose them wherever they are offered, and then have none. HTTP
    /// takes tokens all the same.
    Off,
}

/// What a token lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Everything, to everybody's account.
    Root,
    /// What the role is for, with all users.
    Role(Role),
    /// What the scopes say, as that user.
    User {
        /// The user.
        account: AccountId,
        /// What may be done as that user.
        scopes: Scopes,
    },
}

impl Grant {
    /// Where tokens with this grant are kept: with their user, or with nobody.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::User { account, .. } => Some(*account),
            Self::Root | Self::Role(_) => None,
        }
    }
}

/// What a program is for that works with all users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Adds, changes and removes users, their addresses and credentials. Reads no mail.
    Users,
    /// Reads users and their logs; changes nothing, reads no mail.
    Audit,
    /// Reads metrics.
    Metrics,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Users, Self::Audit, Self::Metrics];

    /// Its name, as an operator writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Audit => "audit",
            Self::Metrics => "metrics",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What it is good for.
    pub grant: Grant,
    /// What its owner calls it: at most 100 bytes.
    pub label: String,
    /// When it ends; `None` if it does not.
    pub until: Option<Timestamp>,
}

/// A token, as it is kept. The secret itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name among those of its account.
    pub id: String,
    /// What it is good for.
    pub grant: Grant,
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` if it does not.
    pub until: Option<Timestamp>,
    /// When it was last used.
    pub used: Option<Used>,
    hash: [u8; 32],
}

impl Token {
    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl Kept for Token {
    const KIND: &'static str = "token/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        self.until
    }

    fn pack(&self, packer: &mut Packer) {
        packer.raw(&self.hash).bytes(self.label.as_bytes()).signed(self.created.millis());
        pack_grant(&self.grant, packer);
        packer.signed(self.until.map_or(i64::MAX, Timestamp::millis));
        used::pack(self.used.as_ref(), packer);
    }

    fn unpack(account: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: id.to_owned(),
            hash: from.array()?,
            label: from.text()?.to_owned(),
            created: Timestamp::from_millis(from.signed()?),
            grant: unpack_grant(account, from)?,
            until: Some(from.signed()?).filter(|at| *at < i64::MAX).map(Timestamp::from_millis),
            used: used::unpack(from)?,
        })
    }
}

fn pack_grant(grant: &Grant, packer: &mut Packer) {
    match grant {
        Grant::Root => packer.u8(0),
        Grant::User { scopes, .. } => packer.u8(1).u8(scopes.bits()),
        Grant::Role(role) => packer.u8(match role {
            Role::Users => 2,
            Role::Audit => 3,
            Role::Metrics => 4,
        }),
    };
}

fn unpack_grant(account: AccountId, from: &mut Unpacker<'_>) -> Result<Grant, DecodeError> {
    Ok(match from.u8()? {
        0 => Grant::Root,
        1 => {
            let scopes = Scopes::from_bits(from.u8()?).ok_or(from.error("scopes"))?;
            Grant::User { account, scopes }
        }
        2 => Grant::Role(Role::Users),
        3 => Grant::Role(Role::Audit),
        4 => Grant::Role(Role::Metrics),
        _ => return Err(from.error("a grant")),
    })
}

/// A token as its holder shows it.
struct Shown<'a> {
    account: AccountId,
    id: &'a str,
    secret: &'a str,
}

impl<'a> Shown<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(4, '_');
        if parts.next() != Some(BEGINNING) {
            return None;
        }
        let account = AccountId::new(parts.next()?.parse().ok()?)?;
        Some(Self { account, id: parts.next()?, secret: parts.next()? })
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Accounts {
    /// Makes a token. The secret is the whole text of it, and is never shown again.
    pub async fn issue_token(&self, new: NewToken) -> Result<(Token, Secret), AccountError> {
        let account = new.grant.account().unwrap_or(nobody());
        let drawn = random::secret()
            .map_err(|error| StoreError::unavailable("draw a token", error.to_string()))?;
        let (id, secret) = (kept::new_id(), BASE64URL_NOPAD.encode(&drawn));
        let text = format!("{BEGINNING}_{account}_{id}_{secret}");
        let token = Token {
            id,
            grant: new.grant,
            label: kept::label(&new.label)?,
            created: Timestamp::now(),
            until: new.until,
            used: None,
            hash: hash(&secret),
        };
        self.keep(account, &token, ("tokens", MOST)).await?;
        self.note_token(&token, Event::TokenIssued).await;
        Ok((token, Secret::new(text)))
    }

    /// At most `limit` tokens of a user, or of no user (root's and those of roles), with ids above
    /// `after`, in ascending order. Some may be over.
    pub async fn tokens(
        &self,
        of: Option<AccountId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Token>, AccountError> {
        Ok(self.list_kept(of.unwrap_or(nobody()), after, limit).await?)
    }

    /// Ends a token of a user, or of no user; `false` if there is none of that id.
    pub async fn revoke_token(
        &self,
        of: Option<AccountId>,
        id: &str,
    ) -> Result<bool, AccountError> {
        let revoked = self.discard::<Token>(of.unwrap_or(nobody()), id).await?;
        if let Some(account) = of.filter(|_| revoked) {
            self.note_change(account, Event::TokenRevoked, id).await;
        }
        Ok(revoked)
    }

    /// Ends all tokens of a user: whoever was signed in with one no longer is.
    pub async fn revoke_tokens(&self, of: AccountId) -> Result<(), AccountError> {
        loop {
            let tokens: Vec<Token> = self.list_kept(of, None, MOST).await?;
            if tokens.is_empty() {
                self.note_change(of, Event::TokenRevoked, "all").await;
                return Ok(());
            }
            for token in tokens {
                self.discard::<Token>(of, &token.id).await?;
            }
        }
    }

    /// The token that this is; `None` if it is none, is over or revoked, or if its user may not come
    /// in. Its use is written down.
    pub async fn token(
        &self,
        shown: &Secret,
        service: Service,
        peer: Option<IpAddr>,
    ) -> Result<Option<Token>, StoreError> {
        let now = Timestamp::now();
        let Some((account, token)) = self.find_token(shown, now).await? else {
            self.limiter.wrong_from(peer).await?;
            return Ok(None);
        };
        if let Grant::User { account, .. } = token.grant
            && !self
                .store
                .user(account)
                .await?
                .is_some_and(|user| user.profile.status == Status::Active)
        {
            return Ok(None);
        }
        self.note_use(account, token, Used { at: now, peer, service }).await.map(Some)
    }

    async fn find_token(
        &self,
        shown: &Secret,
        now: Timestamp,
    ) -> Result<Option<(AccountId, Token)>, StoreError> {
        let Some(shown) = Shown::parse(shown.expose()) else { return Ok(None) };
        let found: Option<Token> = self.kept(shown.account, shown.id).await?;
        let right = |token: &Token| same(&hash(shown.secret), &token.hash) && !token.is_over(now);
        Ok(found.filter(right).map(|token| (shown.account, token)))
    }

    async fn note_token(&self, token: &Token, event: Event) {
        if let Some(account) = token.grant.account() {
            let what = format!("{} {:?}", token.id, token.label);
            self.note_change(account, event, &what).await;
        }
    }

    async fn note_use(
        &self,
        account: AccountId,
        token: Token,
        used: Used,
    ) -> Result<Token, StoreError> {
        if !used.is_news_after(token.used.as_ref()) {
            return Ok(token);
        }
        let noted = self.alter(account, &token.id, |token: &mut Token| {
            token.used = Some(used);
            Some(())
        });
        Ok(noted.await?.unwrap_or(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_token_is_looked_for() {
        let shown = Shown::parse("mst_7_ab_c_d").unwrap();
        assert_eq!((shown.account.get(), shown.id, shown.secret), (7, "ab", "c_d"));
        for text in ["", "mst", "mst_7", "mst_7_a", "mst_-1_a_b", "mst_x_a_b", "MST_7_a_b"] {
            assert!(Shown::parse(text).is_none(), "{text}");
        }
    }
}
