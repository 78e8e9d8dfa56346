//! Accounts and mailboxes as they are stored.

use std::collections::{BTreeSet, HashMap};

use crate::flags::Keyword;
use crate::id::MailboxId;
use crate::uid::{ModSeq, Uid};

/// What an account counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all messages in all mailboxes, a copy counted as often as it stands somewhere.
    pub bytes: u64,
    /// Messages in all mailboxes.
    pub messages: u64,
}

/// What an account may hold; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Messages.
    pub messages: Option<u64>,
}

/// The one row of an account that every commit rewrites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountHead {
    /// The last commit.
    pub modseq: ModSeq,
    /// Journal records at or below this may be gone.
    pub horizon: ModSeq,
    /// The last mailbox id given out.
    pub last_mailbox: u32,
    /// The last UIDVALIDITY given out. Never given out again (RFC 9051 2.3.1.1).
    pub last_uid_validity: u32,
    /// What it holds.
    pub usage: Usage,
    /// What it may hold.
    pub quota: Quota,
}

/// The use a mailbox is meant for (RFC 6154).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SpecialUse {
    /// `\All`.
    All = 1,
    /// `\Archive`.
    Archive = 2,
    /// `\Drafts`.
    Drafts = 3,
    /// `\Flagged`.
    Flagged = 4,
    /// `\Junk`.
    Junk = 5,
    /// `\Sent`.
    Sent = 6,
    /// `\Trash`.
    Trash = 7,
    /// `\Important` (RFC 8457).
    Important = 8,
}

impl SpecialUse {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::Archive,
        Self::Drafts,
        Self::Flagged,
        Self::Junk,
        Self::Sent,
        Self::Trash,
        Self::Important,
    ];

    /// The attribute, with its backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "\\All",
            Self::Archive => "\\Archive",
            Self::Drafts => "\\Drafts",
            Self::Flagged => "\\Flagged",
            Self::Junk => "\\Junk",
            Self::Sent => "\\Sent",
            Self::Trash => "\\Trash",
            Self::Important => "\\Important",
        }
    }

    /// The use of that name (with its backslash), in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|special| special.name().eq_ignore_ascii_case(name))
    }
}

/// Can it be selected?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MailboxState {
    /// It holds messages.
    Live = 1,
    /// It was deleted while it had children: only its name is left (`\Noselect`).
    Placeholder = 2,
    /// It was deleted; the sweep has yet to remove what it held.
    Deleted = 3,
}

/// What a mailbox counts. Kept exact by every commit; `check` recounts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// Bytes.
    pub bytes: u64,
}

/// A mailbox: its place in the hierarchy and its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id, which a rename keeps (RFC 8474 MAILBOXID).
    pub id: MailboxId,
    /// The mailbox it stands under.
    pub parent: Option<MailboxId>,
    /// Its name below that, without a separator.
    pub leaf: String,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// Can it be selected?
    pub state: MailboxState,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UIDNEXT, as a number: 2^32 once the UIDs are used up.
    pub uid_next: u64,
    /// The last commit that touched it: HIGHESTMODSEQ.
    pub modseq: ModSeq,
    /// Its counters.
    pub counts: Counts,
    /// UIDs from here on have not been shown as `\Recent` to a session that selected it.
    pub recent_from: u64,
    /// The keywords ever used in it.
    pub keywords: Vec<Keyword>,
}

impl Mailbox {
    /// Most keywords that one mailbox may know.
    pub const MAX_KEYWORDS: usize = 256;
    /// Longest name of one level, in bytes.
    pub const MAX_LEAF: usize = 255;
    /// Most levels.
    pub const MAX_LEVELS: usize = 64;

    /// Is there still something of that name? A deleted one is read by its sessions only.
    pub fn is_listed(&self) -> bool {
        self.state != MailboxState::Deleted
    }

    /// The UID that the next message would get, while there are any left.
    pub fn next_uid(&self) -> Option<Uid> {
        u32::try_from(self.uid_next).ok().and_then(Uid::new)
    }
}

/// All mailboxes of an account, from one snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailboxes {
    /// The account.
    pub head: AccountHead,
    /// Its mailboxes, the deleted ones left out, in no order.
    pub list: Vec<Mailbox>,
    /// The full names subscribed to, whether they exist or not.
    pub subscriptions: BTreeSet<String>,
}

/// What separates the levels of a full name.
pub const SEPARATOR: char = '/';

/// The name under which every account has [`MailboxId::INBOX`].
pub const INBOX: &str = "INBOX";

impl Mailboxes {
    /// The mailbox of that id.
    pub fn get(&self, id: MailboxId) -> Option<&Mailbox> {
        self.list.iter().find(|mailbox| mailbox.id == id)
    }

    /// The mailbox of that full name; INBOX in any case (RFC 9051 5.1).
    pub fn find(&self, name: &str) -> Option<&Mailbox> {
        let mut found: Option<&Mailbox> = None;
        for leaf in name.split(SEPARATOR) {
            let parent = found.map(|mailbox| mailbox.id);
            found = Some(self.child(parent, leaf)?);
        }
        found
    }

    /// The mailbox of that name directly under `parent`.
    pub fn child(&self, parent: Option<MailboxId>, leaf: &str) -> Option<&Mailbox> {
        let is_inbox = parent.is_none() && leaf.eq_ignore_ascii_case(INBOX);
        self.list.iter().find(|mailbox| {
            if is_inbox {
                mailbox.id == MailboxId::INBOX
            } else {
                mailbox.parent == parent && mailbox.leaf == leaf
            }
        })
    }

    /// Has it children?
    pub fn has_children(&self, id: MailboxId) -> bool {
        self.list.iter().any(|mailbox| mailbox.parent == Some(id))
    }

    /// Its full name: the leaves from the top down, joined by [`SEPARATOR`].
    pub fn name(&self, mailbox: &Mailbox) -> String {
        full_name(mailbox, |id| self.get(id))
    }

    /// All full names with their mailboxes, in time linear in their number.
    pub fn names(&self) -> Vec<(String, &Mailbox)> {
        let by_id: HashMap<_, _> = self.list.iter().map(|mailbox| (mailbox.id, mailbox)).collect();
        let named = |mailbox| (full_name(mailbox, |id| by_id.get(&id).copied()), mailbox);
        self.list.iter().map(named).collect()
    }
}

fn full_name<'a>(mailbox: &'a Mailbox, by_id: impl Fn(MailboxId) -> Option<&'a Mailbox>) -> String {
    let mut leaves = vec![mailbox.leaf.as_str()];
    let mut parent = mailbox.parent;
    // The cap ends the walk should a damaged store hold a cycle.
    while let Some(above) = parent.and_then(&by_id)
        && leaves.len() <= Mailbox::MAX_LEVELS
    {
        leaves.push(&above.leaf);
        parent = above.parent;
    }
    leaves.reverse();
    leaves.join("/")
}
