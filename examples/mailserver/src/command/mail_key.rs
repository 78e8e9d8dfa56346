//! `user mail-key`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use data_encoding::BASE64;
use mailstore::encryption::MAX_KEY;

use crate::mail_key::{Covered, Request};
use crate::problem::{Doing, Problem};
use crate::users;

/// What to do with the key that a user's mail is encrypted to.
#[derive(Subcommand)]
pub(crate) enum MailKey {
    /// Encrypts a user's mail before it is stored, from now on: only who has the secret part of the
    /// key reads it.
    Set {
        /// The login name.
        name: String,
        /// A file with an OpenPGP public key (armoured or binary) or a certificate (PEM or DER).
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Which mail.
        #[arg(long, value_enum, default_value = "delivered")]
        covers: Covered,
    },
    /// Shows it: which mail, fingerprint, end, names; or why it cannot be used.
    Show {
        /// The login name.
        name: String,
    },
    /// Takes it away: mail is stored as it comes.
    Delete {
        /// The login name.
        name: String,
    },
}

impl MailKey {
    /// Reads the key, where one is needed.
    pub(crate) fn request(self) -> Result<users::Request, Problem> {
        Ok(match self {
            Self::Set { name: user, key, covers } => {
                Request::Set { user, key: BASE64.encode(&read(&key)?), covers }
            }
            Self::Show { name: user } => Request::Show { user },
            Self::Delete { name: user } => Request::Delete { user },
        }
        .into())
    }
}

/// One byte more than is allowed is enough to be told so.
fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(MAX_KEY as u64 + 1).read_to_end(&mut bytes))
        .doing(|| format!("reading the key in {}", path.display()));
    read.map(|_| bytes)
}
