//! VRFY (RFC 5321 3.5.3).

use crate::codec::reply::Reply;

/// Tells nothing; RCPT will.
pub(super) fn vrfy() -> Reply {
    Reply::new(252, (0, 0), "cannot say; try RCPT")
}
