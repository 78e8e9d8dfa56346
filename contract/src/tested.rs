//! A ledger under test, and how to close and open it again.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use mailstore::store::Ledger;

type Opening = Pin<Box<dyn Future<Output = Arc<dyn Ledger>> + Send>>;
type Reopen = Box<dyn Fn() -> Opening + Send + Sync>;

/// An empty ledger, and what belongs to it.
pub struct Tested {
    ledger: Arc<dyn Ledger>,
    reopen: Option<Reopen>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
    large: usize,
}

/// Messages of a large mailbox, unless said otherwise.
const LARGE: usize = 10_000;

impl Tested {
    /// A ledger that is gone once it is closed.
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, reopen: None, kept: Vec::new(), large: LARGE }
    }

    /// It can be closed and opened again, by this.
    #[must_use]
    pub fn reopened_by<F>(mut self, reopen: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Arc<dyn Ledger>> + Send + 'static,
    {
        self.reopen = Some(Box::new(move || Box::pin(reopen())));
        self
    }

    /// Something that must outlive it: a directory, a server.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    /// Large mailboxes of the tests have that many messages, at least 1,000: for a server that takes
    /// long over each.
    #[must_use]
    pub fn with_large(mut self, large: usize) -> Self {
        self.large = large.max(1_000);
        self
    }

    /// How many messages a large mailbox has.
    pub fn large(&self) -> usize {
        self.large
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// Closes the ledger and opens it again. One that cannot be opened again stays as it is: it is
    /// gone with its process anyway.
    pub async fn reopen(self) -> Self {
        let Self { ledger, reopen, kept, large } = self;
        match reopen {
            None => Self { ledger, reopen: None, kept, large },
            Some(reopen) => {
                drop(ledger);
                let ledger = reopen().await;
                Self { ledger, reopen: Some(reopen), kept, large }
            }
        }
    }
}

impl fmt::Debug for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tested").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}
