//! LHLO (RFC 2033 4.1).

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
        if self.connection.offers_start_tls() { offers.line("STARTTLS") } else { offers }
    }
}
