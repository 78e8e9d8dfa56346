//! `user filter`

use std::io::Read;

use clap::Subcommand;

use crate::problem::{Doing, Problem};
use crate::settings::Request;
use crate::users;

/// The longest text that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What to do with filters.
#[derive(Subcommand)]
pub(crate) enum Filter {
    /// Adds one behind the others. It is read from standard input:
    ///
    /// name News
    /// if list-id news.example
    /// then file News
    #[command(verbatim_doc_comment)]
    Add {
        /// The login name.
        name: String,
    },
    /// Lists them, numbered.
    List {
        /// The login name.
        name: String,
    },
    /// Removes one.
    Delete {
        /// The login name.
        name: String,
        /// Its number in the list.
        number: usize,
    },
}

impl Filter {
    /// Reads the filter, where one is needed.
    pub(crate) fn request(self) -> Result<users::Request, Problem> {
        Ok(match self {
            Self::Add { name: user } => Request::AddFilter { user, text: text()? },
            Self::List { name: user } => Request::Filters { user },
            Self::Delete { name: user, number } => Request::RemoveFilter { user, number },
        }
        .into())
    }
}

fn text() -> Result<String, Problem> {
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.doing(|| "reading the filter from standard input".to_owned())?;
    Ok(text)
}
