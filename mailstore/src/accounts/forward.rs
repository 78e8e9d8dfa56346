//! Addresses that belong to no user: mail to them goes on to others.

use super::kept::Kept;
use super::token::nobody;
use super::{AccountError, Accounts, Address};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Addresses that mail to one may go on to.
const MOST_TARGETS: usize = 50;
/// The longest of them, in bytes (RFC 5321 4.5.3.1.3).
const LONGEST: usize = 254;

/// An address whose mail goes on to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Its name: that of its address among all names of such.
    pub id: String,
    /// The address.
    pub address: Address,
    /// Where its mail goes.
    pub targets: Vec<String>,
}

impl Kept for Forward {
    const KIND: &'static str = "forward/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        None
    }

    fn pack(&self, packer: &mut Packer) {
        packer.bytes(self.address.as_str().as_bytes()).number(self.targets.len() as u64);
        for target in &self.targets {
            packer.bytes(target.as_bytes());
        }
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        let address = Address::new(from.text()?).map_err(|_| from.error("an address"))?;
        let many = from.number()?.min(MOST_TARGETS as u64);
        let targets =
            (0..many).map(|_| from.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Self { id: id.to_owned(), address, targets })
    }
}

/// Addresses may be longer than keys.
fn id(address: &Address) -> String {
    blake3::hash(address.as_str().as_bytes()).to_hex()[..32].to_owned()
}

/// Whether mail may be sent on to it: what is behind it is not known here.
fn is_target(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.contains(|c: char| c.is_control() || c.is_whitespace() || "<>".contains(c))
}

impl Accounts {
    /// Sends mail to an address on to others, and to nobody here. Replaces where it went before.
    pub async fn set_forward(
        &self,
        address: &str,
        targets: Vec<String>,
    ) -> Result<Forward, AccountError> {
        let address = super::service::named(address, |text| self.address(text))?;
        if self.store.owner(&address).await?.is_some() {
            return Err(AccountError::AddressTaken(address));
        }
        if targets.is_empty() || targets.len() > MOST_TARGETS {
            return Err(AccountError::TooMany { what: "targets", limit: MOST_TARGETS });
        }
        if let Some(bad) = targets.iter().find(|target| !is_target(target)) {
            return Err(AccountError::Target(bad.clone()));
        }
        let forward = Forward { id: id(&address), address, targets };
        let put = self.alter(nobody(), &forward.id, |kept: &mut Forward| {
            kept.targets.clone_from(&forward.targets);
            Some(())
        });
        if put.await?.is_some() || self.put_new(nobody(), &forward).await? {
            return Ok(forward);
        }
        Err(StoreError::contended("forward address", "it is being changed by others").into())
    }

    /// Ends the forwarding of an address; `false` if there was none.
    pub async fn remove_forward(&self, address: &str) -> Result<bool, AccountError> {
        let address = super::service::named(address, |text| self.address(text))?;
        Ok(self.discard::<Forward>(nobody(), &id(&address)).await?)
    }

    /// At most `limit` addresses that are forwarded, with ids above `after`, in the order of their
    /// ids.
    pub async fn forwards(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Forward>, AccountError> {
        Ok(self.list_kept(nobody(), after, limit).await?)
    }

    /// Where mail to an address goes on to.
    pub(super) async fn forward_of(
        &self,
        address: &Address,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let kept: Option<Forward> = self.kept(nobody(), &id(address)).await?;
        Ok(kept.map(|forward| forward.targets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address() {
        assert!(is_target("a+b@c.example"));
        for bad in ["", "a", "@b", "a@", "a b@c", "<a@b>", "a@b\r\nX: y", &"a@b".repeat(99)] {
            assert!(!is_target(bad), "{bad}");
        }
    }
}
