//! Adding, listing and changing users.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::verified::Verified;
use super::{
    AccountError, AccountStore, Address, Claimed, Created, Destination, Domain, Hasher, Name,
    NameError, PasswordHash, Profile, Quota, Scram, ScramSecret, Status, User, password,
};
use crate::id::AccountId;
use crate::store::StoreError;
use crate::store::directory::Secret;
use crate::time::Timestamp;

/// How often a change is tried again because another came between.
const TRIES: usize = 16;

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

    fn all_addresses(&self, name: &Name) -> Result<BTreeSet<Address>, AccountError> {
        let given = self.addresses.iter().map(|text| named(text, Address::new));
        given.chain(name.address().map(Ok)).collect()
    }
}

/// The users of a store, and the rules about them. It is a
/// [`Directory`](crate::store::Directory), needs a tokio runtime, and is cheap to clone.
///
/// - **Who a name is**: a user may log in with the login name or with any of the addresses.
/// - **Where mail goes**: to the owner of an address; for a bare name, and for an address in one
///   of the *home domains* that nobody owns, to the user of that login name; else to where the
///   same local part leads in the domain that this one is an *alias* of; else to the owner of
///   `*@domain`. `user+label` goes to `user`. A disabled user takes no mail.
/// - **What a login costs**: one argon2id computation, also if there is no such name or the user
///   has no password. Only a password found right within the last minute is not computed again.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub(super) store: Arc<dyn AccountStore>,
    pub(super) hasher: Hasher,
    pub(super) verified: Arc<Verified>,
    pub(super) scram: Scram,
    pub(super) secret: Arc<OnceCell<[u8; 32]>>,
    home_domains: Arc<BTreeSet<Domain>>,
    domain_aliases: Arc<BTreeMap<Domain, Domain>>,
    pub(super) administrators: Arc<BTreeSet<String>>,
}

impl Accounts {
    /// The users in `store`, with no home domains.
    pub fn new(store: Arc<dyn AccountStore>) -> Self {
        Self {
            store,
            hasher: Hasher::default(),
            verified: Arc::default(),
            scram: Scram::default(),
            secret: Arc::default(),
            home_domains: Arc::default(),
            domain_aliases: Arc::default(),
            administrators: Arc::default(),
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

    /// Adds a user.
    pub async fn add(&self, new: NewUser) -> Result<User, AccountError> {
        let name = named(&new.name, Name::new)?;
        let addresses: Vec<_> = new.all_addresses(&name)?.into_iter().collect();
        let (password, scram) = match &new.password {
            Some(password) => self.hashed(password).await.map(|(hash, keys)| (Some(hash), keys))?,
            None => (None, None),
        };
        let (status, created) = (Status::Active, Timestamp::now());
        let profile = Profile { name, password, scram, status, quota: new.quota, created };
        match self.store.create(&profile, &addresses).await? {
            Created::Done(user) => Ok(user),
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
        let user = match Name::new(name) {
            Ok(name) => self.lookup(&destination(name)).await?,
            Err(_) => None,
        };
        user.ok_or_else(|| AccountError::NoSuchUser(name.to_owned()))
    }

    /// Sets the password of a user. The old one is refused from then on.
    pub async fn set_password(&self, name: &str, password: &Secret) -> Result<User, AccountError> {
        let (hash, keys) = self.hashed(password).await?;
        let set = |profile: &mut Profile| {
            profile.password = Some(hash.clone());
            profile.scram.clone_from(&keys);
        };
        self.change(name, set).await
    }

    /// Disables or enables a user. Sessions that are logged in go on.
    pub async fn set_status(&self, name: &str, status: Status) -> Result<User, AccountError> {
        self.change(name, |profile| profile.status = status).await
    }

    /// Sets the limits of a user.
    pub async fn set_quota(&self, name: &str, quota: Quota) -> Result<User, AccountError> {
        self.change(name, |profile| profile.quota = quota).await
    }

    /// Gives an address to a user.
    pub async fn add_address(&self, name: &str, address: &str) -> Result<Address, AccountError> {
        let address = named(address, Address::new)?;
        let user = self.find(name).await?;
        match self.store.claim(&address, user.account).await? {
            Claimed::Done => Ok(address),
            Claimed::Taken => Err(AccountError::AddressTaken(address)),
            Claimed::NoUser => Err(AccountError::NoSuchUser(name.to_owned())),
        }
    }

    /// Takes an address from a user.
    pub async fn remove_address(&self, name: &str, address: &str) -> Result<(), AccountError> {
        let address = named(address, Address::new)?;
        let user = self.find(name).await?;
        if user.profile.name.address().as_ref() == Some(&address) {
            return Err(AccountError::LoginName(address));
        }
        match self.store.release(&address, user.account).await? {
            true => Ok(()),
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

    /// The hash of a password, and its keys for SCRAM if they are to be kept.
    async fn hashed(
        &self,
        password: &Secret,
    ) -> Result<(PasswordHash, Option<ScramSecret>), AccountError> {
        password::acceptable(password)?;
        let hash = self.hasher.hash(password).await?;
        let keys = match self.scram {
            Scram::Off => None,
            Scram::Kept => Some(self.hasher.scram(password).await?),
        };
        Ok((hash, keys))
    }

    async fn change(
        &self,
        name: &str,
        apply: impl Fn(&mut Profile) + Send + Sync,
    ) -> Result<User, AccountError> {
        for _ in 0..TRIES {
            let mut user = self.find(name).await?;
            apply(&mut user.profile);
            if let Some(changed) = self.store.update(&user).await? {
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

fn named<T>(
    text: &str,
    check: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<T, AccountError> {
    check(text).map_err(|reason| AccountError::Name { text: text.to_owned(), reason })
}
