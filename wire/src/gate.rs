//! How many connections are let in.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tally::Tally;

/// How many connections there may be at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all. Default 16,384; keep it below the process's limit of open files.
    pub total: usize,
    /// From one address, that is one IPv4 address or one IPv6 /64. Unix sockets are not counted.
    /// Default 256.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 16_384, per_address: 256 }
    }
}

/// Which limit a connection ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// [`Limits::total`].
    Server,
    /// [`Limits::per_address`].
    Address,
}

/// Counts connections. Clones share their counts: give one to every server of the process.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    limits: Limits,
    total: AtomicUsize,
    addresses: Mutex<Tally<IpAddr>>,
}

impl Gate {
    /// A gate with these limits.
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Counts { limits, ..Counts::default() }))
    }

    /// How many connections there are now.
    pub fn connections(&self) -> usize {
        self.0.total.load(Ordering::Relaxed)
    }

    /// Counts one more connection until the pass is dropped.
    pub(crate) fn admit(&self) -> Result<Pass, Crowded> {
        let one_more = |total| (total < self.0.limits.total).then_some(total + 1);
        match self.0.total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Pass { counts: self.0.clone(), address: None }),
            Err(_) => Err(Crowded::Server),
        }
    }
}

impl Counts {
    fn addresses(&self) -> MutexGuard<'_, Tally<IpAddr>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection that was let in.
#[derive(Debug)]
pub(crate) struct Pass {
    counts: Arc<Counts>,
    address: Option<IpAddr>,
}

impl Pass {
    /// Counts it under its address as well, once that is known.
    pub(crate) fn count_address(&mut self, address: IpAddr) -> Result<(), Crowded> {
        let address = site(address);
        let most = self.counts.limits.per_address;
        self.counts.addresses().take(address, most).ok_or(Crowded::Address)?;
        self.address = Some(address);
        Ok(())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.counts.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(address) = self.address {
            self.counts.addresses().give_back(address);
        }
    }
}

/// What counts as one address: whoever has one IPv6 address usually has its whole /64.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn total_and_per_address() {
        let gate = Gate::new(Limits { total: 3, per_address: 1 });
        let mut first = gate.admit().unwrap();
        let mut second = gate.admit().unwrap();
        let mut third = gate.admit().unwrap();
        assert_eq!(gate.admit().unwrap_err(), Crowded::Server);
        first.count_address(ip("192.0.2.1")).unwrap();
        assert_eq!(second.count_address(ip("::ffff:192.0.2.1")), Err(Crowded::Address));
        third.count_address(ip("192.0.2.2")).unwrap();
        drop(first);
        second.count_address(ip("192.0.2.1")).unwrap();
        assert_eq!(gate.connections(), 2);
        drop((second, third));
        assert_eq!(gate.connections(), 0);
        assert_eq!(gate.0.addresses().keys().count(), 0);
    }

    #[test]
    fn an_ipv6_site_is_one_address() {
        let gate = Gate::new(Limits { total: 9, per_address: 1 });
        let mut first = gate.admit().unwrap();
        let mut second = gate.admit().unwrap();
        first.count_address(ip("2001:db8:0:1::1")).unwrap();
        assert!(second.count_address(ip("2001:db8:0:1:ffff::2")).is_err());
        second.count_address(ip("2001:db8:0:2::1")).unwrap();
    }

    #[test]
    fn a_refused_address_leaves_no_trace() {
        let gate = Gate::new(Limits { total: 9, per_address: 0 });
        assert!(gate.admit().unwrap().count_address(ip("192.0.2.1")).is_err());
        assert_eq!(gate.connections(), 0);
        assert_eq!(gate.0.addresses().keys().count(), 0);
    }
}
