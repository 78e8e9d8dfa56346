//! When and from where something was last used.

use std::net::IpAddr;
use std::time::Duration;

use crate::pack::{DecodeError, Packer, Unpacker};
use crate::store::directory::Service;
use crate::time::Timestamp;

/// When and from where a password or a token was last used, to some minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// When.
    pub at: Timestamp,
    /// From where; `None` for a local socket.
    pub peer: Option<IpAddr>,
    /// At which service.
    pub service: Service,
}

/// A use that comes this soon after the last one is not written down.
const APART: Duration = Duration::from_secs(300);

impl Used {
    /// Whether this use is worth writing down, after that one.
    pub(super) fn is_news_after(&self, last: Option<&Self>) -> bool {
        last.is_none_or(|last| {
            let apart = self.at.millis().saturating_sub(last.at.millis());
            apart.unsigned_abs() >= APART.as_millis() as u64
        })
    }
}

pub(super) fn pack(used: Option<&Used>, packer: &mut Packer) {
    let Some(Used { at, peer, service }) = used else {
        packer.u8(0);
        return;
    };
    packer.u8(1).signed(at.millis());
    pack_peer(*peer, packer);
    packer.u8(service_byte(*service));
}

pub(super) fn unpack(from: &mut Unpacker<'_>) -> Result<Option<Used>, DecodeError> {
    if from.u8()? == 0 {
        return Ok(None);
    }
    let at = Timestamp::from_millis(from.signed()?);
    Ok(Some(Used { at, peer: unpack_peer(from)?, service: unpack_service(from)? }))
}

pub(super) fn pack_peer(peer: Option<IpAddr>, packer: &mut Packer) {
    packer.bytes(peer.map(|peer| peer.to_string()).unwrap_or_default().as_bytes());
}

pub(super) fn unpack_peer(from: &mut Unpacker<'_>) -> Result<Option<IpAddr>, DecodeError> {
    match from.text()? {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| from.error("an address")),
    }
}

const SERVICES: [Service; 4] = [Service::Imap, Service::Pop3, Service::Lmtp, Service::Http];

pub(super) fn service_byte(service: Service) -> u8 {
    match service {
        Service::Imap => 0,
        Service::Pop3 => 1,
        Service::Lmtp => 2,
        Service::Http => 3,
    }
}

pub(super) fn unpack_service(from: &mut Unpacker<'_>) -> Result<Service, DecodeError> {
    let byte = usize::from(from.u8()?);
    SERVICES.get(byte).copied().ok_or(from.error("a service"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(secs: i64, peer: &str) -> Used {
        let (at, peer) = (Timestamp::from_secs(secs), peer.parse().ok());
        Used { at, peer, service: Service::Pop3 }
    }

    #[test]
    fn a_use_comes_back() {
        for used in [None, Some(used(5, "")), Some(used(-7, "2001:db8::1"))] {
            let mut packer = Packer::default();
            pack(used.as_ref(), &mut packer);
            let sealed = packer.seal(0);
            assert_eq!(unpack(&mut Unpacker::open(&sealed, 0).unwrap()).unwrap(), used);
        }
    }

    #[test]
    fn what_was_just_written_down_is_no_news() {
        let first = used(1000, "192.0.2.1");
        assert!(first.is_news_after(None));
        assert!(!used(1299, "192.0.2.1").is_news_after(Some(&first)));
        assert!(used(1300, "192.0.2.1").is_news_after(Some(&first)));
    }
}
