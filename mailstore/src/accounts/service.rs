//! Adding, listing and changing users.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::limits::Limiter;
use super::verified::Verified;
use super::{
    AccountError, AccountStore, Address, Bearer, By, Claimed, Created, Destination, Domain, Dots,
    Event, Hasher, Keyring, LoginLimits, Name, NameError, PasswordHash, Profile, Quota, Scram,
    ScramSecret, Status, User, log, password,
};
use crate::id::AccountId;
use crate::mailstore::Mailstore;
use crate::store::directory::Secret;
use crate::store::{Shared, StoreError};
use crate::time::Timestamp;

/// How often a change is tried again because another came between.
const TRIES: usize = 16;
/// Records that are removed in one step.
const SWEPT: usize = 1000;

/// A user to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    name: String,
    password: Option<Secret>,
    quota: Quota,
    addresses: Vec<String>,
}

impl NewUser {
    /// A user who logs in with `name`. If the name is an address, it also becomes an address of
    /// the user.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), password: None, quota: Quota::default(), addresses: Vec::new() }
    }

    /// With a password. A user without one cannot log in until one is set.
    pub fn password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// With limits.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// With an address.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.addresses.push(address.into());
        self
    }

    fn all_addresses(
        &self,
        name: &Name,
        accounts: &Accounts,
    ) -> Result<BTreeSet<Address>, AccountError> {
        let address = |text: &str| accounts.address(text);
        let given = self.addresses.iter().map(|text| named(text, address));
        given.chain(name.address().map(Ok)).collect()
    }
}

/// The users of a store, and the rules about them. It is a
/// [`Directory`](crate::store::Directory), needs a tokio runtime, and is cheap to clone.
///
/// - **Who a name is**: a user may log in with the login name or with any of the addresses.
/// - **Where mail goes**: to the owner of an address; for a bare name, and for an address in one
///   of the *home domains* that nobody owns, to the user of that login name; else to where the
///   same local part leads in the domain that this one is an *alias* of; else to where the address
///   is *forwarded* to; else to the owner of `*@domain`. `user+label` goes to `user`. A disabled
///   user takes no mail.
/// - **What a login costs**: one argon2id computation, also if there is no such name or the user
///   has no password. Only a password found right within the last minute is not computed again.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub(super) store: Arc<dyn AccountStore>,
    pub(super) hasher: Hasher,
    pub(super) verified: Arc<Verified>,
    pub(super) scram: Scram,
    pub(super) bearer: Bearer,
    pub(super) secret: Arc<OnceCell<[u8; 32]>>,
    home_domains: Arc<BTreeSet<Domain>>,
    domain_aliases: Arc<BTreeMap<Domain, Domain>>,
    pub(super) administrators: Arc<BTreeSet<String>>,
    pub(super) dots: Dots,
    pub(super) limiter: Limiter,
    pub(super) keyring: Option<Arc<Keyring>>,
    #[cfg(feature = "webauthn")]
    pub(super) party: Option<Arc<super::RelyingParty>>,
    pub(super) log_kept: Duration,
    pub(super) by: Arc<By>,
}

impl Accounts {
    /// The users in `store`, with no home domains.
    pub fn new(store: Arc<dyn AccountStore>) -> Self {
        Self {
            store,
            hasher: Hasher::default(),
            verified: Arc::default(),
            scram: Scram::default(),
            bearer: Bearer::default(),
            secret: Arc::default(),
            home_domains: Arc::default(),
            domain_aliases: Arc::default(),
            administrators: Arc::default(),
            dots: Dots::default(),
            limiter: Limiter::default(),
            keyring: None,
            #[cfg(feature = "webauthn")]
            party: None,
            log_kept: log::KEPT,
            by: Arc::default(),
        }
    }

    /// Sets the home domains: `alice@one.of.them` is the user `alice`, unless somebody owns that
    /// address.
    pub fn with_home_domains(mut self, domains: impl IntoIterator<Item = Domain>) -> Self {
        self.home_domains = Arc::new(domains.into_iter().collect());
        self
    }

    /// Says whether keys for SCRAM are kept beside the hashes of passwords.
    pub fn with_scram(mut self, scram: Scram) -> Self {
        self.scram = scram;
        self
    }

    /// Says whether tokens are offered as a way to log in.
    pub fn with_bearer(mut self, bearer: Bearer) -> Self {
        self.bearer = bearer;
        self
    }

    /// Sets the domain aliases: an address in a domain that is a key, and that nobody owns, is the
    /// one in the domain that is its value.
    pub fn with_domain_aliases(
        mut self,
        aliases: impl IntoIterator<Item = (Domain, Domain)>,
    ) -> Self {
        self.domain_aliases = Arc::new(aliases.into_iter().collect());
        self
    }

    /// Sets who may set the quotas of all users, by login name. At first nobody may.
    pub fn with_administrators(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        let names = names.into_iter().map(|name| name.as_str().to_owned());
        self.administrators = Arc::new(names.collect());
        self
    }

    /// Sets how often somebody may be wrong, and where that is counted. At first the default
    /// [`LoginLimits`] hold, counted in this process alone.
    pub fn with_limits(mut self, shared: Arc<dyn Shared>, limits: LoginLimits) -> Self {
        self.limiter = Limiter::new(shared, limits);
        self
    }

    /// Sets the keys that secrets are sealed with. Without any there is no second factor.
    pub fn with_keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(Arc::new(keyring));
        self
    }

    /// Sets how long the logs of users are kept; zero for none. Default 30 days.
    pub fn with_log(mut self, kept: Duration) -> Self {
        self.log_kept = kept;
        self
    }

    /// Adds a user.
    pub async fn add(&self, new: NewUser) -> Result<User, AccountError> {
        let name = named(&new.name, |text| self.name(text))?;
        let addresses: Vec<_> = new.all_addresses(&name, self)?.into_iter().collect();
        for address in &addresses {
            self.free_of_forwards(address).await?;
        }
        let (password, scram) = match &new.password {
            Some(password) => {
                let (hash, keys) = self.hashed(&name, password).await?;
                (Some(hash), keys)
            }
            None => (None, None),
        };
        let (status, created) = (Status::Active, Timestamp::now());
        let profile = Profile { name, password, scram, status, quota: new.quota, created };
        match self.store.create(&profile, &addresses).await? {
            Created::Done(user) => {
                self.note_change(user.account, Event::Created, "added").await;
                Ok(user)
            }
            Created::NameTaken => Err(AccountError::NameTaken(profile.name)),
            Created::AddressTaken(address) => Err(AccountError::AddressTaken(address)),
        }
    }

    /// At most `limit` users with accounts above `after`, in ascending order.
    pub async fn list(
        &self,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<User>, AccountError> {
        Ok(self.store.users(after, limit).await?)
    }

    /// The user of a login name or of an address.
    pub async fn find(&self, name: &str) -> Result<User, AccountError> {
        let user = match self.name(name) {
            Ok(name) => self.lookup(&destination(name)).await?,
            Err(_) => None,
        };
        user.ok_or_else(|| AccountError::NoSuchUser(name.to_owned()))
    }

    /// The user of an account.
    pub async fn user(&self, account: AccountId) -> Result<User, AccountError> {
        let user = self.store.user(account).await?;
        user.ok_or_else(|| AccountError::NoSuchUser(account.to_string()))
    }

    /// Sets the password of a user. The old one is refused from then on; application passwords and
    /// tokens stay.
    pub async fn set_password(&self, name: &str, password: &Secret) -> Result<User, AccountError> {
        let user = self.find(name).await?;
        let (hash, keys) = self.hashed(&user.profile.name, password).await?;
        let set = |profile: &mut Profile| {
            profile.password = Some(hash.clone());
            profile.scram.clone_from(&keys);
        };
        self.change(name, (Event::PasswordChanged, "changed"), set).await
    }

    /// Sets the password of a user by a hash that was made elsewhere ([`PasswordHash::import`]).
    pub async fn set_password_hash(
        &self,
        name: &str,
        hash: PasswordHash,
    ) -> Result<User, AccountError> {
        let set = |profile: &mut Profile| {
            profile.password = Some(hash.clone());
            profile.scram = None;
        };
        self.change(name, (Event::PasswordChanged, "imported"), set).await
    }

    /// Disables, suspends or enables a user. Sessions that are logged in go on.
    pub async fn set_status(&self, name: &str, status: Status) -> Result<User, AccountError> {
        let what = match status {
            Status::Active => "enabled",
            Status::Disabled => "disabled",
            Status::Suspended => "suspended",
        };
        self.change(name, (Event::StatusChanged, what), |profile| profile.status = status).await
    }

    /// Sets the limits of a user.
    pub async fn set_quota(&self, name: &str, quota: Quota) -> Result<User, AccountError> {
        self.change(name, (Event::QuotaChanged, "changed"), |profile| profile.quota = quota).await
    }

    /// Gives an address to a user.
    pub async fn add_address(&self, name: &str, address: &str) -> Result<Address, AccountError> {
        let address = named(address, |text| self.address(text))?;
        self.free_of_forwards(&address).await?;
        let user = self.find(name).await?;
        match self.store.claim(&address, user.account).await? {
            Claimed::Done => {
                self.note_change(user.account, Event::AddressAdded, address.as_str()).await;
                Ok(address)
            }
            Claimed::Taken => Err(AccountError::AddressTaken(address)),
            Claimed::NoUser => Err(AccountError::NoSuchUser(name.to_owned())),
        }
    }

    async fn free_of_forwards(&self, address: &Address) -> Result<(), AccountError> {
        match self.forward_of(address).await? {
            Some(_) => Err(AccountError::AddressTaken(address.clone())),
            None => Ok(()),
        }
    }

    /// Takes an address from a user.
    pub async fn remove_address(&self, name: &str, address: &str) -> Result<(), AccountError> {
        let address = named(address, |text| self.address(text))?;
        let user = self.find(name).await?;
        if user.profile.name.address().as_ref() == Some(&address) {
            return Err(AccountError::LoginName(address));
        }
        match self.store.release(&address, user.account).await? {
            true => {
                self.note_change(user.account, Event::AddressRemoved, address.as_str()).await;
                Ok(())
            }
            false => Err(AccountError::NoSuchAddress(address)),
        }
    }

    /// At most `limit` addresses of a user above `after`, in ascending order.
    pub async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, AccountError> {
        Ok(self.store.addresses(account, after, limit).await?)
    }

    /// Forgets what was to be kept only until now: passwords and tokens that are over, old log
    /// entries. Returns how much. And forgets mail that has come for users just removed.
    pub async fn sweep(&self, now: Timestamp, mail: &Mailstore) -> Result<usize, AccountError> {
        self.forget_removed(mail).await?;
        let mut gone = 0;
        loop {
            match self.store.expire(now, SWEPT).await? {
                SWEPT => gone += SWEPT,
                last => return Ok(gone + last),
            }
        }
    }

    /// Whom a destination means.
    pub(super) async fn lookup(&self, to: &Destination) -> Result<Option<User>, StoreError> {
        match to {
            Destination::Name(name) => self.store.named(name).await,
            Destination::Address(address) => {
                if let Some(user) = self.at(address).await? {
                    return Ok(Some(user));
                }
                match self.domain_aliases.get(&address.domain()) {
                    Some(domain) => self.at(&address.in_domain(domain)).await,
                    None => Ok(None),
                }
            }
        }
    }

    /// A name that may be nobody's, in the form in which a user of it would have it: whether two
    /// spellings are taken for one tells nobody who exists.
    pub(super) fn one_form(&self, name: &str) -> String {
        let Ok(known) = self.name(name) else { return name.to_lowercase() };
        let Some(mut address) = known.address() else { return known.to_string() };
        if let Some(domain) = self.domain_aliases.get(&address.domain()) {
            address = address.in_domain(domain);
        }
        match self.home_domains.contains(&address.domain()) {
            true => address.local().to_owned(),
            false => address.into_string(),
        }
    }

    /// Where mail to an address goes on to that is no user's, also by the alias of its domain.
    pub(super) async fn forwarded(
        &self,
        to: &Destination,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Destination::Address(address) = to else { return Ok(None) };
        if let Some(targets) = self.forward_of(address).await? {
            return Ok(Some(targets));
        }
        match self.domain_aliases.get(&address.domain()) {
            Some(domain) => self.forward_of(&address.in_domain(domain)).await,
            None => Ok(None),
        }
    }

    /// Who gets mail to an address that is nobody's: whoever owns `*@domain`.
    pub(super) async fn catcher(&self, to: &Destination) -> Result<Option<User>, StoreError> {
        let Destination::Address(address) = to else { return Ok(None) };
        let domain = address.domain();
        let alias = self.domain_aliases.get(&domain);
        for domain in std::iter::once(&domain).chain(alias) {
            if let Some(account) = self.store.owner(&Address::catch_all(domain)).await? {
                return self.store.user(account).await;
            }
        }
        Ok(None)
    }

    async fn at(&self, address: &Address) -> Result<Option<User>, StoreError> {
        match self.store.owner(address).await? {
            Some(account) => self.store.user(account).await,
            None => self.at_home(address).await,
        }
    }

    async fn at_home(&self, address: &Address) -> Result<Option<User>, StoreError> {
        match Name::new(address.local()) {
            Ok(name) if self.home_domains.contains(&address.domain()) => {
                self.store.named(&name).await
            }
            _ => Ok(None),
        }
    }

    /// The salt of all that is kept for SCRAM of a user of that login name.
    pub(super) async fn salt(&self, name: &str) -> Result<[u8; 16], StoreError> {
        Ok(ScramSecret::salt(self.server_secret().await?, name))
    }

    pub(super) async fn server_secret(&self) -> Result<&[u8; 32], StoreError> {
        self.secret.get_or_try_init(|| self.store.secret()).await
    }

    /// The hash of a password, and its keys for SCRAM if they are to be kept.
    async fn hashed(
        &self,
        name: &Name,
        password: &Secret,
    ) -> Result<(PasswordHash, Option<ScramSecret>), AccountError> {
        password::acceptable(password)?;
        let hash = self.hasher.hash(password).await?;
        let keys = match self.scram {
            Scram::Off => None,
            Scram::Kept => {
                let salt = self.salt(name.as_str()).await?;
                Some(self.hasher.scram(password, salt).await?)
            }
        };
        Ok((hash, keys))
    }

    async fn change(
        &self,
        name: &str,
        (event, what): (Event, &str),
        apply: impl Fn(&mut Profile) + Send + Sync,
    ) -> Result<User, AccountError> {
        for _ in 0..TRIES {
            let mut user = self.find(name).await?;
            apply(&mut user.profile);
            if let Some(changed) = self.store.update(&user).await? {
                self.note_change(changed.account, event, what).await;
                return Ok(changed);
            }
        }
        let busy = StoreError::contended("change user", "the user is being changed by others");
        Err(busy.into())
    }
}

/// A login name, as a place to look it up.
pub(super) fn destination(name: Name) -> Destination {
    match name.address() {
        Some(address) => Destination::Address(address),
        None => Destination::Name(name),
    }
}

pub(super) fn named<T>(
    text: &str,
    check: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<T, AccountError> {
    check(text).map_err(|reason| AccountError::Name { text: text.to_owned(), reason })
}
