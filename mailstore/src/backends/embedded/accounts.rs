//! Users and addresses, in tables of their own beside the mail.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::address;
use super::answers::Answers;
use super::compact::NOBODY;
use super::connection::Failure;
use super::ledger::EmbeddedLedger;
use super::record;
use crate::accounts::{
    AccountStore, Address, Claimed, Created, Name, NameError, PasswordHash, Profile, Quota, Record,
    ScramSecret, Status, User,
};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::random;
use crate::store::StoreError;
use crate::time::Timestamp;

/// The property, of no account, from which keys of names that do not exist are derived.
const SECRET: &str = "account secret";

/// The users of an embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedAccounts {
    ledger: Arc<EmbeddedLedger>,
    answers: Arc<Kept>,
}

/// What delivery asks for.
#[derive(Debug)]
struct Kept {
    users: Answers<AccountId, Option<User>>,
    named: Answers<Name, Option<User>>,
    owners: Answers<Address, Option<AccountId>>,
    records: Answers<Question, Vec<Record>>,
}

/// Which records are asked for: whose, what their keys begin with, after which, how many.
type Question = (AccountId, String, Option<String>, usize);

impl Default for Kept {
    fn default() -> Self {
        Self {
            users: Answers::new(|_| true),
            named: Answers::new(|_| true),
            owners: Answers::new(|_| true),
            // Most accounts have none of those that delivery asks for.
            records: Answers::new(Vec::is_empty),
        }
    }
}

impl EmbeddedAccounts {
    pub(super) fn new(ledger: Arc<EmbeddedLedger>) -> Self {
        Self { ledger, answers: Arc::default() }
    }

    async fn write<T: Send + 'static>(
        &self,
        op: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ledger.transact(op, work).await
    }

    fn read<T>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.ledger.read(op, read)
    }
}

#[async_trait]
impl AccountStore for EmbeddedAccounts {
    async fn create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, StoreError> {
        let (profile, addresses) = (profile.clone(), addresses.to_vec());
        self.write("create user", move |db| create(db, profile, &addresses)).await
    }

    async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
        let user = user.clone();
        self.write("update user", move |db| update(db, user)).await
    }

    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
        let ask = || self.read("read user", |db| user(db, account));
        self.answers.users.of(account, self.ledger.latest(), ask)
    }

    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
        let ask = || self.read("read user", |db| named(db, name));
        self.answers.named.of(name.clone(), self.ledger.latest(), ask)
    }

    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.read("list users", |db| users(db, after, limit))
    }

    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError> {
        let address = address.clone();
        self.write("claim address", move |db| address::claim(db, &address, account)).await
    }

    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
        let address = address.clone();
        self.write("release address", move |db| address::release(db, &address, account)).await
    }

    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
        let ask = || self.read("read address", |db| address::owner(db, address));
        self.answers.owners.of(address.clone(), self.ledger.latest(), ask)
    }

    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        let drawn = random::secret()
            .map_err(|error| StoreError::unavailable("draw a secret", error.to_string()))?;
        self.write("draw a secret", move |db| secret(db, drawn)).await
    }

    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        self.read("list addresses", |db| address::list(db, account, after, limit))
    }

    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let question = (account, prefix.to_owned(), after.map(str::to_owned), limit);
        let ask =
            || self.read("list records", |db| record::list(db, account, (prefix, after), limit));
        self.answers.records.of(question, self.ledger.latest(), ask)
    }

    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError> {
        let (old, new) = (old.cloned(), new.cloned());
        let work = move |db: &Connection| record::swap(db, account, old.as_ref(), new.as_ref());
        self.write("change record", work).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.write("expire records", move |db| record::expire(db, now, limit)).await
    }

    async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
        self.write("delete user", move |db| record::delete(db, account)).await
    }
}

fn create(db: &Connection, profile: Profile, addresses: &[Address]) -> Result<Created, Failure> {
    if named(db, &profile.name)?.is_some() {
        return Ok(Created::NameTaken);
    }
    for address in addresses {
        if address::owner(db, address)?.is_some() {
            return Ok(Created::AddressTaken(address.clone()));
        }
    }
    // AUTOINCREMENT gives numbers above all that were ever given; the value needs it for its seal.
    db.prepare_cached("INSERT INTO user (name, v) VALUES (?1, x'')")?
        .execute([profile.name.as_str()])?;
    let number = db.last_insert_rowid();
    let account = AccountId::new(number).ok_or_else(|| Failure::Missing("an account".into()))?;
    let user = User { account, version: 1, profile };
    put(db, &user)?;
    for address in addresses {
        address::put(db, address, account)?;
    }
    Ok(Created::Done(user))
}

fn update(db: &Connection, mut changed: User) -> Result<Option<User>, Failure> {
    let Some(kept) = user(db, changed.account)?.filter(|kept| kept.version == changed.version)
    else {
        return Ok(None);
    };
    changed.profile.name = kept.profile.name;
    changed.version += 1;
    put(db, &changed)?;
    Ok(Some(changed))
}

fn put(db: &Connection, user: &User) -> Result<(), Failure> {
    db.prepare_cached("UPDATE user SET v = ?2 WHERE account = ?1")?
        .execute(params![user.account.get(), encode(user)])?;
    Ok(())
}

pub(super) fn user(db: &Connection, account: AccountId) -> Result<Option<User>, Failure> {
    db.prepare_cached("SELECT account, name, v FROM user WHERE account = ?1")?
        .query_and_then([account.get()], decode_row)?
        .next()
        .transpose()
}

fn named(db: &Connection, name: &Name) -> Result<Option<User>, Failure> {
    db.prepare_cached("SELECT account, name, v FROM user WHERE name = ?1")?
        .query_and_then([name.as_str()], decode_row)?
        .next()
        .transpose()
}

fn users(db: &Connection, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, Failure> {
    let after = after.map_or(-1, AccountId::get);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT account, name, v FROM user WHERE account > ?1 ORDER BY account LIMIT ?2",
    )?
    .query_and_then([after, limit], decode_row)?
    .collect()
}

/// The one that is kept, or, if there is none, this one from now on.
fn secret(db: &Connection, drawn: [u8; 32]) -> Result<[u8; 32], Failure> {
    let mut packer = Packer::default();
    packer.raw(&drawn);
    db.prepare_cached(
        "INSERT OR IGNORE INTO property (account, mailbox, key, v) VALUES (?1, 0, ?2, ?3)",
    )?
    .execute(params![NOBODY, SECRET, packer.seal(0)])?;
    let v: Vec<u8> = db
        .prepare_cached("SELECT v FROM property WHERE account = ?1 AND mailbox = 0 AND key = ?2")?
        .query_row(params![NOBODY, SECRET], |row| row.get(0))?;
    let mut from = Unpacker::open(&v, 0)?;
    let secret = from.array()?;
    from.end()?;
    Ok(secret)
}

fn encode(user: &User) -> Vec<u8> {
    let Profile { name, password, scram, status, quota, created } = &user.profile;
    let mut packer = Packer::with_capacity(160);
    packer
        .number(user.version)
        .bytes(name.as_str().as_bytes())
        .bytes(password.as_ref().map_or("", PasswordHash::as_str).as_bytes())
        .u8(status_byte(*status))
        .signed(created.millis());
    for limit in [quota.bytes, quota.messages] {
        packer.u8(u8::from(limit.is_some())).number(limit.unwrap_or(0));
    }
    if let Some(ScramSecret { salt, iterations, stored_key, server_key }) = scram {
        packer.raw(salt).number((*iterations).into()).raw(stored_key).raw(server_key);
    }
    packer.seal(user.account.get() as u64)
}

pub(super) fn decode_row(row: &rusqlite::Row<'_>) -> Result<User, Failure> {
    let (account, column) = (row.get::<_, i64>(0)?, row.get_ref(1)?);
    let user = decode(row.get_ref(2)?.as_blob().unwrap_or(&[]), account)?;
    match column.as_str() {
        Ok(name) if name == user.profile.name.as_str() => Ok(user),
        _ => Err(DecodeError { at: 0, expected: "the name of this row" }.into()),
    }
}

fn decode(bytes: &[u8], account: i64) -> Result<User, DecodeError> {
    let mut from = Unpacker::open(bytes, account as u64)?;
    let version = from.number()?;
    let mut profile = Profile {
        name: Name::new(from.text()?).map_err(|_: NameError| from.error("a name"))?,
        password: Some(from.text()?).filter(|hash| !hash.is_empty()).map(PasswordHash::from_text),
        scram: None,
        status: status(from.u8()?).ok_or(from.error("a status"))?,
        created: Timestamp::from_millis(from.signed()?),
        quota: Quota { bytes: limit(&mut from)?, messages: limit(&mut from)? },
    };
    if !from.rest().is_empty() {
        profile.scram = Some(scram(&mut from)?);
    }
    from.end()?;
    let account = AccountId::new(account).ok_or(from.error("an account"))?;
    Ok(User { account, version, profile })
}

fn scram(from: &mut Unpacker<'_>) -> Result<ScramSecret, DecodeError> {
    Ok(ScramSecret {
        salt: from.array()?,
        iterations: from.u32()?,
        stored_key: from.array()?,
        server_key: from.array()?,
    })
}

fn limit(from: &mut Unpacker<'_>) -> Result<Option<u64>, DecodeError> {
    let limited = from.u8()? != 0;
    from.number().map(|limit| limited.then_some(limit))
}

fn status_byte(status: Status) -> u8 {
    match status {
        Status::Active => 0,
        Status::Disabled => 1,
        Status::Suspended => 2,
    }
}

fn status(byte: u8) -> Option<Status> {
    let all = [Status::Active, Status::Disabled, Status::Suspended];
    all.into_iter().find(|status| status_byte(*status) == byte)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::backends::embedded::{Embedded, check, database};
    use crate::store::Fault;

    fn profile(name: &str) -> Profile {
        Profile {
            name: Name::new(name).unwrap(),
            password: Some(PasswordHash::from_text("$argon2id$x")),
            scram: None,
            status: Status::Disabled,
            quota: Quota { bytes: Some(0), messages: None },
            created: Timestamp::from_millis(5),
        }
    }

    fn open(dir: &Path) -> EmbeddedAccounts {
        Embedded::open(dir).unwrap().accounts()
    }

    async fn add(accounts: &EmbeddedAccounts, name: &str) -> User {
        let address = Address::new(&format!("{name}@b.example")).unwrap();
        match accounts.create(&profile(name), &[address]).await.unwrap() {
            Created::Done(user) => user,
            refused => panic!("{refused:?}"),
        }
    }

    fn alter(dir: &Path, sql: &str) {
        Connection::open(database(dir)).unwrap().execute_batch(sql).unwrap();
    }

    #[tokio::test]
    async fn users_outlive_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let user = add(&open(dir.path()), "a").await;
        let accounts = open(dir.path());
        assert_eq!(accounts.user(user.account).await.unwrap().as_ref(), Some(&user));
        let address = Address::new("a@b.example").unwrap();
        assert_eq!(accounts.owner(&address).await.unwrap(), Some(user.account));
        assert!(add(&accounts, "b").await.account > user.account);
    }

    /// A record as it was before there was SCRAM.
    #[test]
    fn old_records_are_read() {
        let mut packer = Packer::default();
        packer.number(3).bytes(b"a").bytes(b"$argon2id$x").u8(1).signed(5);
        packer.u8(1).number(0).u8(0).number(0);
        let account = AccountId::new(7).unwrap();
        let user = User { account, version: 3, profile: profile("a") };
        assert_eq!(decode(&packer.seal(7), 7).unwrap(), user);
    }

    #[tokio::test]
    async fn the_secret_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let secret = open(dir.path()).secret().await.unwrap();
        assert_eq!(open(dir.path()).secret().await.unwrap(), secret);
    }

    #[tokio::test]
    async fn an_altered_row_is_corrupt_not_absent() {
        for (table, sql) in [
            ("user", "UPDATE user SET v = substr(v, 1, 3) || x'00' || substr(v, 5)"),
            ("user", "UPDATE user SET v = x''"),
            ("user", "UPDATE user SET v = (SELECT v FROM user WHERE name = 'b') WHERE name = 'a'"),
            (
                "user",
                "UPDATE user SET name = 'c' WHERE name = 'b'; UPDATE user SET name = 'b' \
              WHERE name = 'a'; UPDATE user SET name = 'a' WHERE name = 'c'",
            ),
            ("address", "UPDATE address SET account = 2 WHERE account = 1"),
            ("address", "UPDATE address SET v = x'00'"),
            (
                "address",
                "DELETE FROM address WHERE account = 2; \
              UPDATE address SET address = 'b@b.example'",
            ),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let accounts = open(dir.path());
            let [a, b] = [add(&accounts, "a").await, add(&accounts, "b").await];
            drop(accounts);
            assert_eq!(check(dir.path()).unwrap().findings, []);
            alter(dir.path(), sql);
            assert_ne!(check(dir.path()).unwrap().findings, [], "{sql}");
            let accounts = open(dir.path());
            let error = match table {
                "user" => accounts.named(&a.profile.name).await.map(drop),
                _ => accounts
                    .addresses(b.account, None, 9)
                    .await
                    .map(drop)
                    .and(accounts.addresses(a.account, None, 9).await.map(drop)),
            };
            assert_eq!(error.unwrap_err().fault, Fault::Corrupt, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_check_finds_addresses_that_lead_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = open(dir.path());
        add(&accounts, "a").await;
        let name = Address::new("b@c.example").unwrap();
        accounts.create(&profile("b@c.example"), &[name]).await.unwrap();
        drop(accounts);
        let report = check(dir.path()).unwrap();
        assert_eq!((report.users, report.addresses, report.findings.len()), (2, 2, 0));
        alter(
            dir.path(),
            "DELETE FROM user WHERE name = 'a'; DELETE FROM address WHERE address = 'b@c.example'",
        );
        let found = check(dir.path()).unwrap().findings;
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "user b@c.example: does not own the address that is the login name",
                "address a@b.example: belongs to no user",
            ]
        );
    }
}
