//! RSET (RFC 5321 4.1.1.5).

use crate::codec::reply::Reply;
use crate::session::Session;

impl Session {
    /// Ends the transaction without a trace. What LHLO said stays.
    pub(super) fn rset(&mut self) -> Reply {
        self.transaction = None;
        Reply::new(250, (0, 0), "OK")
    }
}
