//! `forward`

use clap::Subcommand;

use crate::users::Request;

/// What to do with addresses that are forwarded.
#[derive(Subcommand)]
pub(crate) enum Forward {
    /// Sends mail to an address on, and to nobody here.
    Set {
        /// The address.
        address: String,
        /// Where its mail goes.
        #[arg(required = true)]
        targets: Vec<String>,
    },
    /// Lists them: the address, where its mail goes.
    List,
    /// Sends mail to an address on no longer.
    Delete {
        /// The address.
        address: String,
    },
}

impl From<Forward> for Request {
    fn from(forward: Forward) -> Self {
        match forward {
            Forward::Set { address, targets } => Self::Forward { address, targets },
            Forward::List => Self::Forwards,
            Forward::Delete { address } => Self::NoForward { address },
        }
    }
}
