//! What can be set on a store, with the defaults and their reasons.

use std::time::Duration;

use crate::mailbox::SpecialUse;
use crate::mime::{DetachRules, Limits};

/// Settings of a [`Mailstore`](crate::Mailstore).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Largest message, in bytes. Default 64 MiB.
    pub max_message: u64,
    /// Memory for messages in flight and for results, in bytes, process-wide. One account has a
    /// quarter of it at most, or what one message of the largest size needs. Default 512 MiB.
    pub memory: u64,
    /// How far a message is taken apart.
    pub limits: Limits,
    /// What leaves the tree.
    pub detach: DetachRules,
    /// How long an expunged message can still be read by sessions that have not been told.
    /// Default 24 hours.
    pub grace: Duration,
    /// How long the journal is kept. A session that slept longer is resynchronised by difference.
    /// Default 7 days.
    pub journal: Duration,
    /// When a message is packed smaller, at the price of slower reading. Default 24 hours.
    pub pack_after: Duration,
    /// Memory for contents that were read, in bytes, process-wide; a FETCH that finds them there
    /// need not read them again. 0 keeps none. Default 64 MiB.
    pub content_cache: u64,
    /// Memory for the decoded texts of messages that were searched, in bytes, process-wide; a
    /// search that finds them there need not decode them again. Default 64 MiB.
    pub search_cache: u64,
    /// Memory for what messages are sorted and threaded by, in bytes, process-wide: about 400 for
    /// each message; a SORT or THREAD that finds it there reads nothing. Default 64 MiB.
    pub sort_cache: u64,
    /// How much text one search may look through, in bytes, each counted once for each text that is
    /// sought. Default 1 TiB.
    pub search_work: u64,
    /// How often a commit is tried before its failure is reported. Default 5.
    pub commit_tries: u32,
    /// The mailboxes of a new account, beside INBOX.
    pub provision: Vec<(String, Option<SpecialUse>)>,
}

impl Default for Settings {
    fn default() -> Self {
        let usual = [
            ("Drafts", SpecialUse::Drafts),
            ("Sent", SpecialUse::Sent),
            ("Junk", SpecialUse::Junk),
            ("Trash", SpecialUse::Trash),
        ];
        Self {
            max_message: 64 << 20,
            memory: 512 << 20,
            limits: Limits::default(),
            detach: DetachRules::default(),
            grace: Duration::from_secs(24 * 3600),
            journal: Duration::from_secs(7 * 24 * 3600),
            pack_after: Duration::from_secs(24 * 3600),
            content_cache: 64 << 20,
            search_cache: 64 << 20,
            sort_cache: 64 << 20,
            search_work: 1 << 40,
            commit_tries: 5,
            provision: usual.map(|(name, special)| (name.to_owned(), Some(special))).into(),
        }
    }
}
