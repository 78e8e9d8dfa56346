//! XCLIENT: a trusted proxy says who its client is (Postfix, XCLIENT_README).

use std::net::IpAddr;

use crate::codec::command::Attribute;
use crate::codec::path::Domain;
use crate::codec::reply::Reply;
use crate::session::{Session, Told};

/// What may be told. PORT, PROTO, LOGIN, DESTADDR and DESTPORT are taken and not used.
pub(super) const ATTRIBUTES: &str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

impl Session {
    /// Is this client one that speaks for others?
    pub(super) fn is_trusted(&self) -> bool {
        let trusted = &self.lmtp.settings.xclient;
        self.connection.peer_ip().is_some_and(|ip| trusted.iter().any(|net| net.contains(ip)))
    }

    /// Starts the session anew, as that of the client told of. What a proxy does not tell is not
    /// known any more.
    pub(super) fn xclient(&mut self, attributes: &[Attribute]) -> Reply {
        if !self.is_trusted() {
            return Reply::new(550, (7, 0), "not allowed");
        }
        if self.transaction.is_some() {
            return self.out_of_order("a message is under way");
        }
        let mut told = Told::default();
        for attribute in attributes {
            if told.take(attribute).is_none() {
                return Reply::new(501, (5, 4), "an attribute that is none, or of a wrong value");
            }
        }
        self.told = Some(told);
        self.client = None;
        Reply::plain(220, format!("{} LMTP mailstore ready", self.lmtp.settings.host))
    }
}

impl Told {
    fn take(&mut self, attribute: &Attribute) -> Option<()> {
        let value = Some(attribute.value.as_str());
        let value = value.filter(|value| !matches!(*value, "[UNAVAILABLE]" | "[TEMPUNAVAIL]"));
        match (attribute.name.as_str(), value) {
            ("ADDR", Some(value)) => self.address = Some(address(value)?),
            ("NAME", Some(value)) => self.name = Some(Domain::read(value)?),
            ("HELO", Some(value)) => self.helo = Some(Domain::read(value)?),
            ("ADDR" | "NAME" | "HELO", None) => {}
            ("PORT" | "PROTO" | "LOGIN" | "DESTADDR" | "DESTPORT", _) => {}
            _ => return None,
        }
        Some(())
    }
}

/// `192.0.2.1`, `IPV6:2001:db8::1`.
fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked("IPV6:".len()) {
        Some((tag, rest)) if tag.eq_ignore_ascii_case("IPV6:") => rest.parse().ok().map(IpAddr::V6),
        _ => text.parse().ok(),
    }
}
