//! What is kept of an account beside its profile: passwords of applications, tokens, and the like.
//!
//! A store knows records as keys and bytes; what is in them is said here and in the files of their
//! kinds. A value begins with its end of life and ends in a checksum over itself, its account and
//! its key, so that bytes that are right but stand in the wrong place are found out.

use std::fmt;

use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::time::Timestamp;

/// One thing that is kept of an account, beside its profile. Its `Debug` does not show the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The kind and a name in it (`token/5f1c...`): at most [`Record::MAX_KEY`] printable ASCII
    /// characters.
    pub key: String,
    /// The value: at most [`Record::MAX_VALUE`] bytes, of which a store knows nothing.
    pub value: Vec<u8>,
    /// When it may be removed without being asked for; `None` if never.
    pub until: Option<Timestamp>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record {:?}", self.key)
    }
}

impl Record {
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 128;
    /// The longest value, in bytes.
    pub const MAX_VALUE: usize = 64 * 1024;

    /// A record whose value is what `pack` writes.
    pub(super) fn pack(
        account: AccountId,
        key: String,
        until: Option<Timestamp>,
        pack: impl FnOnce(&mut Packer),
    ) -> Self {
        let mut packer = Packer::default();
        packer.signed(until.map_or(NEVER, Timestamp::millis));
        pack(&mut packer);
        let value = packer.seal(context(account, &key));
        Self { key, value, until }
    }

    /// What `read` makes of the value, all of it.
    pub(super) fn unpack<T>(
        &self,
        account: AccountId,
        read: impl FnOnce(&mut Unpacker<'_>) -> Result<T, DecodeError>,
    ) -> Result<T, StoreError> {
        let read = || {
            let mut from = self.open(account)?;
            let value = read(&mut from)?;
            from.end().map(|()| value)
        };
        read().map_err(|error| {
            StoreError::corrupt(
                "read record",
                format!("{} of account {account}: {error}", self.key),
            )
        })
    }

    /// Checks the value, and reads up to what its kind says.
    fn open(&self, account: AccountId) -> Result<Unpacker<'_>, DecodeError> {
        let mut from = Unpacker::open(&self.value, context(account, &self.key))?;
        let until = from.signed()?;
        match until == self.until.map_or(NEVER, Timestamp::millis) {
            true => Ok(from),
            false => Err(from.error("the end of life of this record")),
        }
    }

    /// Whether the value is one that was written for this account, key and end of life.
    pub fn is_sound(&self, account: AccountId) -> bool {
        self.open(account).is_ok()
    }
}

/// The end of life of what has none.
const NEVER: i64 = i64::MAX;

fn context(account: AccountId, key: &str) -> u64 {
    account.get().cast_unsigned() ^ u64::from(crc32fast::hash(key.as_bytes())) << 32
}

/// Where keys end that begin with `prefix`: they are printable ASCII.
pub(crate) fn end(prefix: &str) -> String {
    format!("{prefix}\u{7f}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fault;

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    fn number(record: &Record, of: i64) -> Result<u64, StoreError> {
        record.unpack(account(of), |from| from.number())
    }

    #[test]
    fn a_value_is_read_only_in_its_place() {
        let until = Some(Timestamp::from_millis(5));
        let record = Record::pack(account(7), "kind/a".into(), until, |packer| {
            packer.number(300);
        });
        assert_eq!(number(&record, 7).unwrap(), 300);
        let moved = [
            Record { key: "kind/b".into(), ..record.clone() },
            Record { until: None, ..record.clone() },
            Record { value: record.value[1..].to_vec(), ..record.clone() },
        ];
        for record in moved {
            assert_eq!(number(&record, 7).unwrap_err().fault, Fault::Corrupt);
            assert!(!record.is_sound(account(7)));
        }
        assert_eq!(number(&record, 8).unwrap_err().fault, Fault::Corrupt);
    }
}
