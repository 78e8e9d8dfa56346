//! `dots`

use serde::{Deserialize, Serialize};

/// Whether dots in names tell one from another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dots {
    Count,
    Ignored,
}

impl From<Dots> for mailstore::accounts::Dots {
    fn from(dots: Dots) -> Self {
        match dots {
            Dots::Count => Self::Count,
            Dots::Ignored => Self::Ignored,
        }
    }
}
