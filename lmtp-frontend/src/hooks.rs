//! What is handed to the outbox: forwarded messages, automatic answers, reports of delivery.

use bytes::Bytes;
use mailstore::filter::may_be_answered;
use mailstore::id::AccountId;
use mailstore::mime::header::Fields;
use mailstore::time::Timestamp;
use tokio::time::timeout;

use crate::deliver::{Addressee, Delivery, Outcome};
use crate::outbox::{Outgoing, What};
use crate::place::Placement;
use crate::refusal::No;

impl Delivery {
    /// To recipients that are elsewhere: their outcome is that of handing the message on.
    pub(crate) async fn elsewhere(
        &self,
        addressees: &[Addressee],
        targets: &[String],
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(addressees.len());
        for addressee in addressees {
            // A recipient named twice is handed on once.
            let outcome = match outcomes.first() {
                Some(outcome) => *outcome,
                None => self.forward((None, addressee), targets).await,
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// What filters send: fails if something was to be forwarded and has not been.
    pub(crate) async fn send_on(
        &self,
        account: AccountId,
        addressee: &Addressee,
        placement: &Placement,
    ) -> Outcome {
        if let Some(text) = &placement.reply {
            self.reply(account, addressee, text).await;
        }
        if placement.forwards.is_empty() {
            return Ok(());
        }
        self.forward((Some(account), addressee), &placement.forwards).await
    }

    /// Reports that a copy was delivered, if the sender wants to know.
    pub(crate) async fn report(&self, account: AccountId, addressee: &Addressee) {
        let recipient = &addressee.recipient;
        if !recipient.wants_report() {
            return;
        }
        let envid = self.mail.parameters.envid.clone();
        let orcpt = recipient.parameters.orcpt.clone();
        let what = What::Delivered { envid, orcpt, ret: self.mail.parameters.ret };
        // The message is there; that nobody is told so is no reason to deny it.
        let _ = self.hand_on((Some(account), addressee), what).await;
    }

    async fn forward(
        &self,
        (account, addressee): (Option<AccountId>, &Addressee),
        targets: &[String],
    ) -> Outcome {
        if self.has_been_at(&addressee.recipient.to.to_string()) {
            tracing::warn!(id = self.id, to = %addressee.recipient.to, "a loop of forwarding");
            return Err(No::LOOP);
        }
        for to in targets {
            self.hand_on((account, addressee), What::Forward { to: to.clone() }).await?;
        }
        Ok(())
    }

    /// Has the message been delivered to this recipient before?
    fn has_been_at(&self, recipient: &str) -> bool {
        Fields::new(&self.message).any(|field| {
            let value = field.value();
            field.is("Delivered-To")
                && value.trim_ascii().eq_ignore_ascii_case(recipient.as_bytes())
        })
    }

    async fn reply(&self, account: AccountId, addressee: &Addressee, text: &str) {
        let sender = self.sender();
        let answered = self.facts.get().is_some_and(|facts| may_be_answered(&sender, facts));
        if !answered {
            return;
        }
        let key = format!("autoreply {account} {}", sender.to_lowercase());
        let interval = self.lmtp.settings.reply_interval;
        match self.lmtp.store.shared().count(&key, interval, Timestamp::now()).await {
            Ok(0 | 1) => {
                let what = What::Autoreply { text: text.to_owned() };
                let _ = self.hand_on((Some(account), addressee), what).await;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(id = self.id, %error, "a sender is not answered"),
        }
    }

    async fn hand_on(
        &self,
        (account, addressee): (Option<AccountId>, &Addressee),
        what: What,
    ) -> Outcome {
        let Some(outbox) = &self.lmtp.outbox else { return Err(No::NO_RELAY) };
        let outgoing = Outgoing {
            account,
            sender: self.sender(),
            recipient: addressee.recipient.to.to_string(),
            message: self.with_header(addressee),
            what,
        };
        match timeout(self.lmtp.settings.delivery, outbox.send(outgoing)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(id = self.id, %error, "the outbox does not take a message");
                Err((&error).into())
            }
            Err(_) => Err(No::TOO_LATE),
        }
    }

    /// The message behind its trace fields, among which `Delivered-To` always is.
    fn with_header(&self, addressee: &Addressee) -> Bytes {
        let mut message = Vec::with_capacity(addressee.header.len() + self.message.len() + 256);
        if !self.lmtp.settings.trace.delivered_to {
            let line = format!("Delivered-To: {}\r\n", addressee.recipient.to);
            message.extend_from_slice(line.as_bytes());
        }
        message.extend_from_slice(addressee.header.as_bytes());
        message.extend_from_slice(&self.message);
        message.into()
    }
}
