//! What a backend provides: one trait a file.
//!
//! A rule that the suite in `contract/` does not test is not part of a trait.

mod beacon;
mod blobs;
pub mod directory;
mod error;
mod key_book;
mod lease;
mod ledger;
mod shared;

pub use beacon::{Beacon, Beam, LocalBeacon, Watch};
pub use blobs::BlobStore;
pub use directory::Directory;
pub use error::{CommitError, Fault, StoreError};
pub use key_book::{Arrival, KeyBook, KeyKind, PublicKey};
pub use lease::{Held, LeaseAsk, LeaseHolder, LeaseOp};
pub use ledger::{
    BlobState, Claim, Contention, Ledger, Opened, PAGE_BYTES, PAGE_PROPERTIES, PAGE_ROWS, Page,
    Purge, Purged,
};
pub use shared::{Hold, LocalShared, Shared};
