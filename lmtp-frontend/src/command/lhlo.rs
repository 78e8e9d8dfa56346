//! LHLO (RFC 2033 4.1).

use super::xclient::ATTRIBUTES;
use crate::codec::path::Domain;
use crate::codec::reply::Reply;
use crate::session::Session;

impl Session {
    /// Learns the client's name and says what is offered. Ends a transaction, as RSET does
    /// (RFC 5321 4.1.4).
    pub(super) fn lhlo(&mut self, client: Domain) -> Reply {
        self.client = Some(client);
        self.transaction = None;
        let offers = Reply::plain(250, self.lmtp.settings.host.clone())
            .line("PIPELINING")
            .line("ENHANCEDSTATUSCODES")
            .line("8BITMIME")
            .line("SMTPUTF8")
            .line("CHUNKING")
            .line("BINARYMIME")
            .line(format!("SIZE {}", self.lmtp.largest()));
        let more = [
            (self.lmtp.outbox.is_some(), "DSN"),
            (self.is_trusted(), ATTRIBUTES),
            (self.connection.offers_start_tls(), "STARTTLS"),
        ];
        let more = more.into_iter().filter(|(offered, _)| *offered);
        more.fold(offers, |offers, (_, line)| offers.line(line))
    }
}
