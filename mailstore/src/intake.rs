//! A message on its way in: parsed, checked, taken apart, and its blobs put where they belong.

use bytes::Bytes;

use crate::blob::{BlobRef, ObjectName, Place};
use crate::change::Refusal;
use crate::encryption::Source;
use crate::error::Error;
use crate::flags::Flags;
use crate::id::{AccountId, EmailId, ThreadId};
use crate::mailstore::Mailstore;
use crate::message::{Email, NewEmail, Uidl};
use crate::mime::header::Fields;
use crate::mime::{self, Derived, Detached, MimeTree};
use crate::random::Random;
use crate::settings::Settings;
use crate::store::{Arrival, BlobState, Claim, StoreError};
use crate::time::{InternalDate, Timestamp};

/// A message that has been parsed and can be appended, to several accounts if need be.
#[derive(Clone, Debug)]
pub struct Prepared {
    tree: MimeTree,
    detached: Vec<Detached>,
    derived: Derived,
    thread: ThreadId,
    source: Source,
}

/// A message to be appended.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its bytes, parsed.
    pub message: Prepared,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE; `None` is now.
    pub internal_date: Option<InternalDate>,
    /// What POP3 calls it; for mail of another server, what it was called there.
    pub uidl: Uidl,
    /// How it comes: the mail of some users is encrypted by that.
    pub arrival: Arrival,
}

impl Incoming {
    /// A message without flags that is delivered now.
    pub fn new(message: Prepared) -> Self {
        let arrival = Arrival::Delivered;
        Self { message, flags: Flags::NONE, internal_date: None, uidl: Uidl::OfEmail, arrival }
    }

    /// A message without flags that somebody puts there now.
    pub fn appended(message: Prepared) -> Self {
        Self { arrival: Arrival::Appended, ..Self::new(message) }
    }
}

impl Prepared {
    pub(crate) fn new(raw: Bytes, settings: &Settings) -> Result<Self, Refusal> {
        if raw.len() as u64 > settings.max_message {
            return Err(Refusal::TooLarge { limit: settings.max_message });
        }
        Ok(Self::of(raw, settings))
    }

    /// Of a message of any size.
    fn of(raw: Bytes, settings: &Settings) -> Self {
        let whole = mime::parse(raw.clone(), &settings.limits);
        let derived = Derived::of(&whole, &raw);
        let thread = thread(&whole);
        let header = whole.parts().first().map_or(0, |part| part.header.end);
        let header = usize::try_from(header).unwrap_or_default();
        let source = Source { front: Bytes::new(), message: raw.clone(), header };
        let (tree, detached) = whole.detach(&settings.detach);
        if tree.reproduces(&raw, &detached) {
            return Self { tree, detached, derived, thread, source };
        }
        // Exactness is worth more than structure; and this is a bug that somebody must see.
        tracing::error!(size = raw.len(), "a message was not rebuilt exactly; stored as one part");
        let (tree, detached) = MimeTree::opaque(raw).detach(&settings.detach);
        Self { tree, detached, derived, thread, source }
    }

    /// A message that was encrypted, in the conversation that it was in before. It may be larger than
    /// what comes in.
    #[cfg(feature = "encryption")]
    pub(crate) fn encrypted(encrypted: Bytes, thread: ThreadId, settings: &Settings) -> Self {
        Self { thread, ..Self::of(encrypted, settings) }
    }

    /// Its bytes.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Its bytes, and nothing else of it.
    #[cfg(feature = "encryption")]
    pub(crate) fn into_source(self) -> Source {
        self.source
    }

    /// This message with header fields in front of it, without parsing it again: what preparing
    /// the two together would give. `None` where that takes parsing.
    pub(crate) fn behind(&self, fields: &[u8], settings: &Settings) -> Option<Self> {
        let tree = self.tree.behind(fields, &settings.limits)?;
        let fits = tree.inline_len() <= settings.detach.inline;
        let Self { detached, derived, thread, mut source, .. } = self.clone();
        source.front = [fields, &source.front].concat().into();
        (fits && tree.size() <= settings.max_message).then_some(Self {
            tree,
            detached,
            derived,
            thread,
            source,
        })
    }

    /// Its tree, whose ranges are those of its bytes.
    pub(crate) fn tree(&self) -> &MimeTree {
        &self.tree
    }

    /// RFC822.SIZE, in bytes.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Its conversation.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Makes it a message of this account: claims each big blob, and puts those not there yet.
    pub(crate) async fn place(
        mut self,
        store: &Mailstore,
        account: AccountId,
        at: Timestamp,
    ) -> Result<NewEmail, Error> {
        // What is stored is in the parts.
        drop(self.source);
        let id = EmailId::new(at, Random::draw());
        let keeps_up_to = store.ledger().keeps_up_to();
        let mut kept = Vec::new();
        let mut places = Vec::new();
        for Detached { mut blob, content } in self.detached {
            if blob.size <= keeps_up_to {
                blob.place = Place::Ledger;
                kept.push((blob.clone(), content));
            } else {
                let claim = Claim { digest: blob.digest, account, email: id };
                blob.place = put(store, &claim, &blob, content).await?;
            }
            places.push(blob);
        }
        self.tree.place_blobs(|blob| {
            let placed = places.iter().find(|placed| placed.digest == blob.digest);
            placed.map_or(Place::Unplaced, |placed| placed.place.clone())
        });
        Ok(NewEmail { email: Email { id, tree: self.tree, derived: self.derived }, kept })
    }
}

/// How long a writer may go on after its claims, in milliseconds: half of what the sweep leaves
/// them, so that nothing is swept that somebody is about to refer to.
const MOST: i64 = 3600 * 1000;

/// A writer that was held up for longer (a slow blob store, a machine that slept) gives up.
pub(crate) fn in_time(claimed: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    if now.millis().saturating_sub(claimed.millis()) > MOST {
        return Err(StoreError::unavailable("append", "its blobs took more than an hour to store"));
    }
    Ok(())
}

/// Claims a blob; puts its bytes if nobody has; returns where it is.
async fn put(
    store: &Mailstore,
    claim: &Claim,
    blob: &BlobRef,
    content: Bytes,
) -> Result<Place, Error> {
    if let BlobState::Live(place) = store.ledger().claim(claim).await? {
        return Ok(place);
    }
    let name = ObjectName::new(claim.email.time(), &blob.digest, Random::draw());
    store.blobs().put(&name, content).await?;
    in_time(claim.email.time(), Timestamp::now())?;
    let place = store.ledger().settle(blob, &name).await?;
    if place != Place::Object(name.clone()) {
        // Somebody else was first. Ours is an orphan; the sweep finds it if this fails.
        let _ = store.blobs().delete(&name).await;
    }
    Ok(place)
}

/// The conversation: named by the message-id that began it, as far as the message says (RFC 5256
/// looks further; a name that needs no look-up lets every host give the same one).
fn thread(tree: &MimeTree) -> ThreadId {
    let header = tree.parts().first().map_or(0..0, |part| part.header.clone());
    let header = tree.bytes_of(header).unwrap_or_default();
    let field = |name| Fields::new(&header).first(name).map(|field| field.value().into_owned());
    let first_id = |value: &[u8]| {
        let start = memchr::memchr(b'<', value)?;
        let len = memchr::memchr(b'>', value.get(start..)?)?;
        value.get(start..=start + len).map(<[u8]>::to_vec)
    };
    let id = ["References", "In-Reply-To", "Message-ID"]
        .into_iter()
        .find_map(|name| field(name).and_then(|value| first_id(&value)));
    let hash = match &id {
        Some(id) => blake3::hash(id),
        None => blake3::hash(&header),
    };
    ThreadId(hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_gives_up_long_before_its_claims_lapse() {
        let claimed = Timestamp::from_millis(1_000);
        let after = |millis| in_time(claimed, Timestamp::from_millis(1_000 + millis));
        assert!(after(-500).is_ok() && after(0).is_ok() && after(MOST).is_ok());
        assert!(after(MOST + 1).is_err());
        const { assert!(2 * MOST <= crate::sweep::CLAIM_LIVES) };
    }
}
