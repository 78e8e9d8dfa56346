//! Delivery: one copy for each account, one reply for each recipient.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use mailstore::id::{AccountId, EmailId, MailboxId};
use mailstore::random::Random;
use mailstore::time::Timestamp;
use mailstore::{Incoming, Prepared};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wire::Ended;

use crate::Lmtp;
use crate::codec::path::Domain;
use crate::codec::reply::Reply;
use crate::intake::{Held, Intake};
use crate::refusal::No;
use crate::session::Session;
use crate::trace::Stamp;
use crate::transaction::{Recipient, Transaction};

/// Messages above this size, in bytes, are parsed on a thread where that holds nobody up.
const LARGE: usize = 256 * 1024;

/// A message and where it goes.
struct Delivery {
    lmtp: Arc<Lmtp>,
    /// What the message is called in logs and in `Received`.
    id: String,
    message: Bytes,
    /// The memory that the message takes.
    _held: Held,
}

/// What one account gets: however many recipients lead to it, it gets the message once.
struct Copy {
    account: AccountId,
    /// What stands in front of the message.
    header: String,
}

impl Session {
    /// Delivers what has come, and replies once for each accepted RCPT, in their order (RFC 2033
    /// 4.2). The transaction is over.
    pub(crate) async fn deliver(&mut self, intake: Intake) -> Result<(), Ended> {
        let Some(transaction) = self.transaction.take() else { return Ok(()) };
        match intake.finish() {
            Ok((message, held)) => self.deliver_message(&transaction, message, held).await,
            Err(unkept) => {
                for recipient in &transaction.recipients {
                    self.say(&No::from(unkept).about(&recipient.to));
                }
                Ok(())
            }
        }
    }

    async fn deliver_message(
        &mut self,
        transaction: &Transaction,
        message: Vec<u8>,
        held: Held,
    ) -> Result<(), Ended> {
        let id = EmailId::new(Timestamp::now(), Random::draw()).to_string();
        let copies = self.copies(transaction, &id);
        let accounts: Vec<AccountId> = copies.iter().map(|copy| copy.account).collect();
        let (lmtp, message) = (Arc::clone(&self.lmtp), message.into());
        let delivery = Delivery { lmtp, id: id.clone(), message, _held: held };
        // In a task of its own: a client that is slow to take its replies delays no delivery.
        let (sender, mut outcomes) = mpsc::channel(accounts.len().max(1));
        tokio::spawn(delivery.run(copies, sender));
        let mut known = Vec::with_capacity(accounts.len());
        for recipient in &transaction.recipients {
            let copy = accounts.iter().position(|account| *account == recipient.account);
            while copy.is_some_and(|copy| known.len() <= copy) {
                known.push(self.outcome(&mut outcomes).await?);
            }
            let outcome = copy.and_then(|copy| known.get(copy).copied());
            self.say(&verdict(recipient, outcome.unwrap_or(Err(No::TOO_LATE)), &id));
        }
        Ok(())
    }

    /// The next outcome. Replies that are ready are sent before it is waited for (RFC 2033 5).
    async fn outcome(
        &mut self,
        outcomes: &mut mpsc::Receiver<Result<(), No>>,
    ) -> Result<Result<(), No>, Ended> {
        let ready = outcomes.recv().now_or_never();
        let outcome = match ready {
            Some(outcome) => outcome,
            None => {
                self.flush().await?;
                outcomes.recv().await
            }
        };
        Ok(outcome.unwrap_or(Err(No::TOO_LATE)))
    }

    /// One copy for each account, in the order in which the recipients first name it.
    fn copies(&self, transaction: &Transaction, id: &str) -> Vec<Copy> {
        let unnamed = Domain::Name("unknown".to_owned());
        let only = match transaction.recipients.as_slice() {
            [only] => Some(&only.to),
            _ => None,
        };
        let stamp = Stamp {
            from: &transaction.mail.from,
            client: self.client.as_ref().unwrap_or(&unnamed),
            peer: self.connection.peer_ip(),
            host: &self.lmtp.settings.host,
            protocol: self.protocol(transaction),
            id,
            only,
            at: Timestamp::now(),
        };
        let mut copies: Vec<Copy> = Vec::new();
        for Recipient { to, account } in &transaction.recipients {
            if !copies.iter().any(|copy| copy.account == *account) {
                let header = stamp.header(self.lmtp.settings.trace, to);
                copies.push(Copy { account: *account, header });
            }
        }
        copies
    }

    /// The protocol's name after "with" (RFC 3848, RFC 6531 4.3).
    fn protocol(&self, transaction: &Transaction) -> &'static str {
        let utf8 = transaction.mail.parameters.smtputf8.is_some();
        match (utf8, self.connection.is_tls()) {
            (false, false) => "LMTP",
            (false, true) => "LMTPS",
            (true, false) => "UTF8LMTP",
            (true, true) => "UTF8LMTPS",
        }
    }
}

/// What a recipient's client is told.
fn verdict(recipient: &Recipient, outcome: Result<(), No>, id: &str) -> Reply {
    match outcome {
        Ok(()) => Reply::new(250, (0, 0), format!("<{}> {id} saved", recipient.to)),
        Err(no) => no.about(&recipient.to),
    }
}

impl Delivery {
    /// Puts the copies where they belong, several at a time, and tells the outcomes in their order.
    /// Once nobody listens any more no further copy is begun: the client has gone, and will send
    /// the message again to those it has heard nothing of.
    async fn run(self, copies: Vec<Copy>, outcomes: mpsc::Sender<Result<(), No>>) {
        let message = self.prepare(self.message.clone()).await;
        let mut copies = copies.into_iter();
        if self.has_blobs()
            && let Some(first) = copies.next()
        {
            // Alone, so that the others find the blobs stored and need not put them too.
            let _ = outcomes.send(self.copy(first, &message, &outcomes).await).await;
        }
        let appends = copies.map(|copy| self.copy(copy, &message, &outcomes));
        let mut appended = stream::iter(appends).buffered(self.lmtp.settings.parallel.max(1));
        while let Some(outcome) = appended.next().await {
            // A listener that has gone needs no outcome.
            let _ = outcomes.send(outcome).await;
        }
    }

    /// Whether the message may have parts that go to the blob store.
    fn has_blobs(&self) -> bool {
        self.message.len() as u64 > self.lmtp.store.ledger().keeps_up_to()
    }

    async fn copy(
        &self,
        copy: Copy,
        message: &Result<Prepared, No>,
        outcomes: &mpsc::Sender<Result<(), No>>,
    ) -> Result<(), No> {
        if outcomes.is_closed() {
            return Err(No::TOO_LATE);
        }
        let message = message.as_ref().map_err(|no| *no)?;
        let behind = self.lmtp.store.prepare_behind(copy.header.as_bytes(), message);
        let message = match behind {
            Some(prepared) => prepared,
            None => {
                let together = [copy.header.as_bytes(), &self.message].concat();
                self.prepare(together.into()).await?
            }
        };
        self.append(copy.account, message).await
    }

    /// Appends a copy. It is durable when this returns.
    async fn append(&self, account: AccountId, message: Prepared) -> Result<(), No> {
        let id = &self.id;
        let incoming = vec![Incoming::new(message)];
        let append = self.lmtp.store.append(account.into(), MailboxId::INBOX, incoming);
        match timeout(self.lmtp.settings.delivery, append).await {
            Ok(Ok(appended)) => {
                tracing::info!(id, %account, uids = %appended.uids, "delivered");
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::warn!(id, %account, %error, "not delivered");
                Err((&error).into())
            }
            Err(_) => {
                tracing::error!(id, %account, "not delivered in time; the outcome is not known");
                Err(No::TOO_LATE)
            }
        }
    }

    async fn prepare(&self, message: Bytes) -> Result<Prepared, No> {
        if message.len() <= LARGE {
            return self.lmtp.store.prepare(message).map_err(|refusal| (&refusal).into());
        }
        let store = self.lmtp.store.clone();
        let prepared = spawn_blocking(move || store.prepare(message)).await;
        prepared.map_err(|_| No::TOO_LATE)?.map_err(|refusal| (&refusal).into())
    }
}
