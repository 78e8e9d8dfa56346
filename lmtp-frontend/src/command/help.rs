//! HELP (RFC 5321 4.1.1.8).

use crate::codec::reply::Reply;

/// Lists the commands.
pub(super) fn help() -> Reply {
    Reply::new(214, (0, 0), "LMTP, RFC 2033. Commands:")
        .line("LHLO MAIL RCPT DATA BDAT RSET")
        .line("NOOP VRFY HELP STARTTLS QUIT")
}
