//! The header fields that final delivery puts in front of a message (RFC 5321 4.4).

use std::fmt::Write;
use std::net::IpAddr;

use mailstore::time::{Timestamp, civil};

use crate::codec::path::{Domain, Mailbox, ReversePath};
use crate::settings::Trace;

/// What is known of a message beside its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    /// From MAIL.
    pub(crate) from: &'a ReversePath,
    /// From LHLO.
    pub(crate) client: &'a Domain,
    /// The client's address; `None` for a local socket.
    pub(crate) peer: Option<IpAddr>,
    /// The client's name by DNS, if a proxy has told it.
    pub(crate) name: Option<&'a Domain>,
    /// This server's name.
    pub(crate) host: &'a str,
    /// The name of the protocol (RFC 3848, RFC 6531 4.3).
    pub(crate) protocol: &'static str,
    /// What the message is called in logs.
    pub(crate) id: &'a str,
    /// The recipient, if there is only one: nobody shall learn of the others.
    pub(crate) only: Option<&'a Mailbox>,
    /// When it came.
    pub(crate) at: Timestamp,
}

impl Stamp<'_> {
    /// The fields for the copy of one recipient.
    pub(crate) fn header(&self, fields: Trace, to: &Mailbox) -> String {
        let mut header = String::new();
        if fields.return_path {
            let _ = write!(header, "Return-Path: {}\r\n", self.from);
        }
        if fields.delivered_to {
            let _ = write!(header, "Delivered-To: {to}\r\n");
        }
        if fields.received {
            self.received(&mut header);
        }
        header
    }

    fn received(&self, header: &mut String) {
        let _ = write!(header, "Received: from {}", self.client);
        let name = self.name.map(|name| format!("{name} ")).unwrap_or_default();
        match self.peer {
            Some(IpAddr::V4(address)) => _ = write!(header, " ({name}[{address}])"),
            Some(IpAddr::V6(address)) => _ = write!(header, " ({name}[IPv6:{address}])"),
            None => {}
        }
        let Self { host, protocol, id, .. } = self;
        let _ = write!(header, "\r\n\tby {host} with {protocol}\r\n\tid {id}");
        if let Some(only) = self.only {
            let _ = write!(header, "\r\n\tfor <{only}>");
        }
        let _ = write!(header, ";\r\n\t{}\r\n", date(self.at));
    }
}

/// A moment as RFC 5322 3.3 writes it, in UTC.
fn date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = at.secs().div_euclid(86_400);
    let seconds = at.secs().rem_euclid(86_400);
    let (year, month, day) = civil(days);
    let weekday = DAYS.get(days.rem_euclid(7) as usize).unwrap_or(&"");
    let month = MONTHS.get(month as usize - 1).unwrap_or(&"");
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{weekday}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(local: &str, domain: &str) -> Mailbox {
        let domain = Some(Domain::Name(domain.to_owned()));
        Mailbox { local: local.to_owned(), domain }
    }

    #[test]
    fn all_fields() {
        let (from, to) =
            (ReversePath::Mailbox(mailbox("a b", "c.example")), mailbox("u", "d.example"));
        let stamp = Stamp {
            from: &from,
            client: &Domain::Name("mx.example".to_owned()),
            peer: Some([192, 0, 2, 1].into()),
            name: None,
            host: "store.example",
            protocol: "LMTPS",
            id: "0123",
            only: Some(&to),
            at: Timestamp::from_secs(1_000_000_000),
        };
        let received = "Received: from mx.example ([192.0.2.1])\r\n\tby store.example with LMTPS\r\n\
            \tid 0123\r\n\tfor <u@d.example>;\r\n\tSun, 9 Sep 2001 01:46:40 +0000\r\n";
        let before = "Return-Path: <\"a b\"@c.example>\r\nDelivered-To: u@d.example\r\n";
        assert_eq!(stamp.header(Trace::default(), &to), format!("{before}{received}"));
        let only_received = Trace { received: true, ..Trace::NONE };
        assert_eq!(stamp.header(only_received, &to), received);
        assert_eq!(stamp.header(Trace::NONE, &to), "");
    }

    #[test]
    fn a_local_client_and_many_recipients() {
        let stamp = Stamp {
            from: &ReversePath::Null,
            client: &Domain::V4([127, 0, 0, 1].into()),
            peer: None,
            name: None,
            host: "h",
            protocol: "LMTP",
            id: "1",
            only: None,
            at: Timestamp::from_secs(0),
        };
        let expected = "Return-Path: <>\r\nDelivered-To: u@d\r\nReceived: from [127.0.0.1]\r\n\
            \tby h with LMTP\r\n\tid 1;\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n";
        assert_eq!(stamp.header(Trace::default(), &mailbox("u", "d")), expected);
    }

    #[test]
    fn dates() {
        for (secs, expected) in [
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (951_868_800, "Wed, 1 Mar 2000 00:00:00 +0000"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        ] {
            assert_eq!(date(Timestamp::from_secs(secs)), expected);
        }
    }
}
