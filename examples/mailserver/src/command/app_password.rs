//! `user app-password`

use clap::Subcommand;

use crate::credentials::Request;
use crate::users;

/// What to do with application passwords.
#[derive(Subcommand)]
pub(crate) enum AppPassword {
    /// Makes one, and shows its id and itself, this once.
    Add {
        /// The login name.
        name: String,
        /// What its user calls it.
        #[arg(long, default_value = "")]
        label: String,
        /// What it is good for: of imap, pop3, http and http-read, with commas between them.
        #[arg(long, default_value = "imap,pop3")]
        scopes: String,
        /// How long it is good; without it, until it is revoked.
        #[arg(long)]
        days: Option<u64>,
    },
    /// Lists them: id, scopes, end, last use, label.
    List {
        /// The login name.
        name: String,
    },
    /// Ends one.
    Revoke {
        /// The login name.
        name: String,
        /// The id.
        id: String,
    },
}

impl From<AppPassword> for users::Request {
    fn from(of: AppPassword) -> Self {
        match of {
            AppPassword::Add { name: user, label, scopes, days } => {
                Request::AddAppPassword { user, label, scopes, days }
            }
            AppPassword::List { name: user } => Request::AppPasswords { user },
            AppPassword::Revoke { name: user, id } => Request::RevokeAppPassword { user, id },
        }
        .into()
    }
}
