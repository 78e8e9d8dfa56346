//! Delivery: one copy for each mailbox, one reply for each recipient.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use mailstore::filter::Facts;
use mailstore::id::{AccountId, EmailId, MailboxId};
use mailstore::random::Random;
use mailstore::time::Timestamp;
use mailstore::{Incoming, Prepared};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wire::Ended;

use crate::Lmtp;
use crate::codec::command::Mail;
use crate::codec::path::{Domain, ReversePath};
use crate::codec::reply::Reply;
use crate::intake::{Held, Intake};
use crate::place::Placement;
use crate::refusal::No;
use crate::session::Session;
use crate::trace::Stamp;
use crate::transaction::{Recipient, Target, Transaction};

/// Messages above this size, in bytes, are parsed on a thread where that holds nobody up.
pub(crate) const LARGE: usize = 256 * 1024;

/// What became of one recipient's copy.
pub(crate) type Outcome = Result<(), No>;

/// A message on its way to those it is for.
pub(crate) struct Delivery {
    pub(crate) lmtp: Arc<Lmtp>,
    /// What the message is called in logs and in `Received`.
    pub(crate) id: String,
    pub(crate) mail: Mail,
    pub(crate) message: Bytes,
    /// What filters look at, if any do.
    pub(crate) facts: OnceLock<Arc<Facts>>,
    /// The memory that the message takes.
    _held: Held,
}

/// All recipients that lead to one target, in their order.
struct Job {
    target: Target,
    addressees: Vec<Addressee>,
}

/// One of them.
pub(crate) struct Addressee {
    pub(crate) recipient: Recipient,
    /// What stands in front of the message.
    pub(crate) header: String,
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
        let jobs = self.jobs(transaction, &id);
        let targets: Vec<Target> = jobs.iter().map(|job| job.target.clone()).collect();
        let delivery = Delivery {
            lmtp: Arc::clone(&self.lmtp),
            id: id.clone(),
            mail: transaction.mail.clone(),
            message: message.into(),
            facts: OnceLock::new(),
            _held: held,
        };
        let (sender, mut outcomes) = mpsc::channel(jobs.len().max(1));
        let delivering = Box::pin(delivery.run(jobs, sender));
        if targets.len() > 1 {
            // In a task of its own: a client that is slow to take its replies delays no delivery.
            tokio::spawn(delivering);
        } else {
            // Before the one reply there is nothing to take, and the way to another task is long.
            delivering.await;
        }
        let mut known: Vec<std::vec::IntoIter<Outcome>> = Vec::with_capacity(targets.len());
        for recipient in &transaction.recipients {
            let job = targets.iter().position(|target| *target == recipient.target);
            while job.is_some_and(|job| known.len() <= job) {
                known.push(self.outcomes(&mut outcomes).await?.into_iter());
            }
            let outcome = job.and_then(|job| known.get_mut(job)?.next());
            self.say(&verdict(recipient, outcome.unwrap_or(Err(No::TOO_LATE)), &id));
        }
        Ok(())
    }

    /// The outcomes of the next job. Replies that are ready are sent before they are waited for
    /// (RFC 2033 5).
    async fn outcomes(
        &mut self,
        outcomes: &mut mpsc::Receiver<Vec<Outcome>>,
    ) -> Result<Vec<Outcome>, Ended> {
        let ready = outcomes.recv().now_or_never();
        let outcome = match ready {
            Some(outcome) => outcome,
            None => {
                self.flush().await?;
                outcomes.recv().await
            }
        };
        Ok(outcome.unwrap_or_default())
    }

    /// One job for each target, in the order in which the recipients first name it.
    fn jobs(&self, transaction: &Transaction, id: &str) -> Vec<Job> {
        let unnamed = Domain::Name("unknown".to_owned());
        let told = self.told.as_ref();
        let only = match transaction.recipients.as_slice() {
            [only] => Some(&only.to),
            _ => None,
        };
        let stamp = Stamp {
            from: &transaction.mail.from,
            client: told
                .and_then(|told| told.helo.as_ref())
                .or(self.client.as_ref())
                .unwrap_or(&unnamed),
            peer: told.map_or_else(|| self.connection.peer_ip(), |told| told.address),
            name: told.and_then(|told| told.name.as_ref()),
            host: &self.lmtp.settings.host,
            protocol: self.protocol(transaction),
            id,
            only,
            at: Timestamp::now(),
        };
        let mut jobs: Vec<Job> = Vec::new();
        for recipient in &transaction.recipients {
            let header = stamp.header(self.lmtp.settings.trace, &recipient.to);
            let addressee = Addressee { recipient: recipient.clone(), header };
            match jobs.iter_mut().find(|job| job.target == recipient.target) {
                Some(job) => job.addressees.push(addressee),
                None => {
                    let target = recipient.target.clone();
                    jobs.push(Job { target, addressees: vec![addressee] });
                }
            }
        }
        jobs
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
fn verdict(recipient: &Recipient, outcome: Outcome, id: &str) -> Reply {
    match outcome {
        Ok(()) => Reply::new(250, (0, 0), format!("<{}> {id} saved", recipient.to)),
        Err(no) => no.about(&recipient.to),
    }
}

impl Delivery {
    /// Does the jobs, several at a time, and tells their outcomes in their order. Once nobody
    /// listens any more no further job is begun: the client has gone, and will send the message
    /// again to those it has heard nothing of.
    async fn run(self, jobs: Vec<Job>, outcomes: mpsc::Sender<Vec<Outcome>>) {
        let message = self.prepare(self.message.clone()).await;
        let mut jobs = jobs.into_iter();
        if self.has_blobs()
            && let Some(first) = jobs.next()
        {
            // Alone, so that the others find the blobs stored and need not put them too.
            let _ = outcomes.send(self.job(first, &message, &outcomes).await).await;
        }
        let done = jobs.map(|job| self.job(job, &message, &outcomes));
        let mut done = stream::iter(done).buffered(self.lmtp.settings.parallel.max(1));
        while let Some(outcome) = done.next().await {
            // A listener that has gone needs no outcome.
            let _ = outcomes.send(outcome).await;
        }
    }

    /// Whether the message may have parts that go to the blob store.
    fn has_blobs(&self) -> bool {
        self.message.len() as u64 > self.lmtp.store.ledger().keeps_up_to()
    }

    /// The sender, as the envelope names it; empty for the null sender.
    pub(crate) fn sender(&self) -> String {
        match &self.mail.from {
            ReversePath::Null => String::new(),
            ReversePath::Mailbox(mailbox) => mailbox.to_string(),
        }
    }

    async fn job(
        &self,
        job: Job,
        message: &Result<Prepared, No>,
        outcomes: &mpsc::Sender<Vec<Outcome>>,
    ) -> Vec<Outcome> {
        let count = job.addressees.len();
        let message = match message {
            Err(no) => return vec![Err(*no); count],
            Ok(_) if outcomes.is_closed() => return vec![Err(No::TOO_LATE); count],
            Ok(message) => message,
        };
        match &job.target {
            Target::Account(account) => self.account(*account, &job.addressees, message).await,
            Target::Elsewhere(targets) => self.elsewhere(&job.addressees, targets).await,
        }
    }

    /// One copy for each mailbox of an account that some of the recipients lead to.
    async fn account(
        &self,
        account: AccountId,
        addressees: &[Addressee],
        message: &Prepared,
    ) -> Vec<Outcome> {
        let placements = match self.place(account, addressees, message).await {
            Ok(placements) => placements,
            Err(no) => return vec![Err(no); addressees.len()],
        };
        let mut stored: Vec<(MailboxId, Outcome)> = Vec::new();
        let mut outcomes = Vec::with_capacity(addressees.len());
        for (addressee, placement) in addressees.iter().zip(&placements) {
            let outcome = match self.lmtp.is_still_there(&addressee.recipient).await {
                Ok(()) => self.one((account, &mut stored), (addressee, placement), message).await,
                Err(no) => Err(no),
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// One recipient's copy, unless its mailbox has it already.
    async fn one(
        &self,
        (account, stored): (AccountId, &mut Vec<(MailboxId, Outcome)>),
        (addressee, placement): (&Addressee, &Placement),
        message: &Prepared,
    ) -> Outcome {
        let kept = match self.send_on(account, addressee, placement).await {
            // Whatever a filter says, what could not be sent on is not thrown away.
            Err(_) => Some(placement.mailbox),
            Ok(()) => placement.kept(),
        };
        let known = kept.and_then(|mailbox| stored.iter().find(|(known, _)| *known == mailbox));
        let outcome = match (kept, known) {
            (None, _) => Ok(()),
            (_, Some((_, outcome))) => *outcome,
            (Some(mailbox), None) => {
                let to = (account, mailbox);
                let outcome = self.copy(to, (addressee, placement), message).await;
                stored.push((mailbox, outcome));
                outcome
            }
        };
        if outcome.is_ok() {
            self.report(account, addressee).await;
        }
        outcome
    }

    /// What filters look at.
    pub(crate) fn facts(&self, message: &Prepared) -> &Arc<Facts> {
        let facts = || self.lmtp.store.facts(message, self.message.clone());
        self.facts.get_or_init(|| Arc::new(facts()))
    }

    async fn copy(
        &self,
        to: (AccountId, MailboxId),
        (addressee, placement): (&Addressee, &Placement),
        message: &Prepared,
    ) -> Outcome {
        let header = addressee.header.as_bytes();
        let message = match self.lmtp.store.prepare_behind(header, message) {
            Some(prepared) => prepared,
            None => self.prepare([header, &self.message].concat().into()).await?,
        };
        let incoming = Incoming { flags: placement.flags.clone(), ..Incoming::new(message) };
        self.append(to, incoming).await
    }

    /// Appends a copy. It is durable when this returns.
    async fn append(&self, (account, mailbox): (AccountId, MailboxId), copy: Incoming) -> Outcome {
        let id = &self.id;
        let append = self.lmtp.store.append(account.into(), mailbox, vec![copy]);
        match timeout(self.lmtp.settings.delivery, append).await {
            Ok(Ok(appended)) => {
                let uids = &appended.uids;
                tracing::info!(id, %account, mailbox = mailbox.0, %uids, "delivered");
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
