//! QUIT (RFC 1939 5, 6).

use mailstore::change::MailboxOp;
use mailstore::id::MailboxId;
use mailstore::mailbox::SpecialUse;
use mailstore::{Actor, Error, Removal};

use crate::codec::reply::Code;
use crate::refusal::Failed;
use crate::session::{Session, State, User};
use crate::settings::Dele;

/// What a Trash that has to be made is called.
const TRASH: &str = "Trash";

impl Session {
    /// Deletes what is to be deleted, in one commit, and says OK only then.
    pub(super) async fn quit(&mut self) -> Result<(), Failed> {
        let left = std::mem::replace(&mut self.state, State::Authorization(None));
        if let State::Transaction(user) = left {
            let done = self.update(&user).await;
            user.lock.release().await;
            if let Err(failed) = done {
                return self.quit_without_success(failed).await;
            }
        }
        self.reply.ok("bye");
        Ok(())
    }

    /// The client is told that its deletions may not have been made, and goes.
    async fn quit_without_success(&mut self, failed: Failed) -> Result<(), Failed> {
        match failed {
            Failed::No(mut no) | Failed::Bad(mut no) | Failed::Last(mut no) => {
                no.text = format!("some deleted messages were not removed: {}", no.text);
                self.reply.no(&no);
                Ok(())
            }
            ended @ Failed::Ended(_) => Err(ended),
        }
    }

    /// The UPDATE state.
    async fn update(&self, user: &User) -> Result<(), Failed> {
        self.mark_seen(user).await?;
        let deleted = user.maildrop.deleted();
        if deleted.is_empty() {
            return Ok(());
        }
        if !user.lock.confirm().await? {
            return Err(Failed::no(Code::SysTemp, "the maildrop was given to another session"));
        }
        let how = match user.policy.dele {
            Dele::Expunge => Removal::Expunge,
            Dele::Trash => Removal::Into(self.trash(user.by).await?),
        };
        let inbox = MailboxId::INBOX;
        self.pop3.store.remove(user.by, inbox, deleted.clone(), how).await?;
        Ok(())
    }

    /// The mailbox for what is deleted.
    async fn trash(&self, by: Actor) -> Result<MailboxId, Error> {
        let store = &self.pop3.store;
        let all = store.mailboxes(by.account).await?;
        let trash = all.list.iter().find(|found| found.special_use == Some(SpecialUse::Trash));
        if let Some(trash) = trash {
            return Ok(trash.id);
        }
        let made = store.create(by, TRASH, Some(SpecialUse::Trash)).await?;
        store.change_mailbox(by, MailboxOp::Subscribe { name: TRASH.into() }).await?;
        Ok(made)
    }
}
