//! A message on its way in, under the budget of memory that all sessions share.

use bytes::{Buf, BytesMut};
use mailstore::Admission;
use tokio::time::timeout;

use crate::Lmtp;
use crate::codec::content::{Content, Framing};
use crate::session::READ;

/// Bytes taken from the budget beyond those declared: what one read may bring.
const STEP: u64 = READ as u64;

/// A message whose bytes are coming in.
#[derive(Debug)]
pub(crate) struct Intake {
    content: Content,
    budget: Held,
}

/// What a message has of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// Bytes.
    bytes: u64,
    admissions: Vec<Admission>,
}

/// Why a message was read but not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// It is larger than the store takes.
    TooLarge,
    /// There was no memory for it.
    NoMemory,
}

impl Intake {
    /// Takes memory for a message of `declared` bytes. If there is none in time, the message will
    /// not be kept.
    pub(crate) async fn open(lmtp: &Lmtp, declared: u64) -> Self {
        let cap = lmtp.largest();
        let mut intake = Self::closed(cap);
        if intake.budget.grow(lmtp, declared.min(cap) + STEP).await.is_some() {
            intake.content = Content::new(cap);
            intake.content.reserve(declared);
        }
        intake
    }

    /// A message that will not be kept.
    pub(crate) fn closed(cap: u64) -> Self {
        let mut content = Content::new(cap);
        content.discard();
        Self { content, budget: Held { bytes: 0, admissions: Vec::new() } }
    }

    /// Moves what belongs to the message from the front of `input`.
    pub(crate) fn take(&mut self, framing: &mut impl Framing, input: &mut BytesMut) {
        let taken = framing.decode(input, &mut self.content);
        input.advance(taken);
    }

    /// Takes more memory if the next read may need it. If there is none, what came is thrown away
    /// and what comes is only counted.
    pub(crate) async fn make_room(&mut self, lmtp: &Lmtp) {
        let needed = self.content.size().saturating_add(STEP);
        if self.content.is_discarded() || needed <= self.budget.bytes {
            return;
        }
        // Doubled, as the buffer is when it grows.
        let wanted = self.budget.bytes;
        if self.budget.grow(lmtp, wanted).await.is_none() {
            self.content.discard();
        }
    }

    /// The message and the memory it holds.
    pub(crate) fn finish(self) -> Result<(Vec<u8>, Held), Unkept> {
        let too_large = self.content.is_too_large();
        match self.content.finish() {
            Some(message) => Ok((message, self.budget)),
            None if too_large => Err(Unkept::TooLarge),
            None => Err(Unkept::NoMemory),
        }
    }

    /// Why it will not be kept, if that is known already.
    pub(crate) fn unkept(&self) -> Option<Unkept> {
        let reason = if self.content.is_too_large() { Unkept::TooLarge } else { Unkept::NoMemory };
        self.content.is_discarded().then_some(reason)
    }
}

impl Held {
    async fn grow(&mut self, lmtp: &Lmtp, bytes: u64) -> Option<()> {
        let admission = timeout(lmtp.settings.memory_wait, lmtp.store.admit(bytes)).await.ok()?;
        self.admissions.push(admission);
        self.bytes = self.bytes.saturating_add(bytes);
        Some(())
    }
}
