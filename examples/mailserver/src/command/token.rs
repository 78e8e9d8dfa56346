//! `token`

use clap::{Args, Subcommand};

use crate::credentials::{Holder, Request};
use crate::users;

/// What to do with tokens.
#[derive(Subcommand)]
pub(crate) enum Token {
    /// Makes one, and shows its id and itself, this once.
    Add(Add),
    /// Lists them: id, what it is good for, end, last use, label.
    List {
        /// Those of this user; without it those of root and of roles.
        #[arg(long)]
        user: Option<String>,
    },
    /// Ends one.
    Revoke {
        /// The id.
        id: String,
        /// The user whose it is; without it one of root or of a role.
        #[arg(long)]
        user: Option<String>,
    },
}

/// A new token.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Add {
    #[command(flatten)]
    holder: For,
    /// What it is good for as that user: of imap, pop3, http, http-read and master, with commas between
    /// them.
    #[arg(long, conflicts_with_all = ["root", "role"], default_value = "http")]
    scopes: String,
    /// What it is called.
    #[arg(long, default_value = "")]
    label: String,
    /// How long it is good; without it, until it is revoked.
    #[arg(long)]
    days: Option<u64>,
}

/// For whom: one of these.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct For {
    /// For everything.
    #[arg(long)]
    root: bool,
    /// For a role: users (to add, change and remove them), audit (to read them and their logs) or
    /// metrics.
    #[arg(long)]
    role: Option<String>,
    /// For a user.
    #[arg(long)]
    user: Option<String>,
}

impl From<Token> for users::Request {
    fn from(token: Token) -> Self {
        match token {
            Token::Add(Add { holder, scopes, label, days }) => {
                let holder = match (holder.user, holder.role) {
                    (Some(name), _) => Holder::User { name, scopes },
                    (None, Some(role)) => Holder::Role(role),
                    (None, None) => Holder::Root,
                };
                Request::AddToken { holder, label, days }
            }
            Token::List { user } => Request::Tokens { user },
            Token::Revoke { id, user } => Request::RevokeToken { user, id },
        }
        .into()
    }
}
