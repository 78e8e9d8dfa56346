//! Memory for what comes in, out of the budget of the process: for messages, and for what is made of
//! long commands.

use mailstore::Admission;

use super::{Progress, Session, Stop};
use crate::codec::reply::Code;
use crate::codec::{Announced, CommandText, Sync, Tag, longest_before_login};
use crate::outcome::Failed;
use crate::room;
use crate::state::State;

/// A command of more bytes is long.
const LONG: usize = 2 * 1024;
/// How much may be made of each byte of a command, the half of it: a list of numbers of one digit.
const PER_BYTE: u64 = 32;

impl Session {
    /// A message is about to come: there must be memory for it first, and for the text in front of
    /// it, which is kept meanwhile.
    pub(super) async fn announced(&mut self, announced: Announced) -> Result<(), Stop> {
        self.talk.flush().await?;
        let text = self.talk.framer.text_len() as u64;
        match self.take(announced.len.saturating_add(text)).await {
            Some(admission) => {
                self.admissions.push(admission);
                self.talk.framer.accept_message();
                self.progress = Progress::Message;
                if announced.sync == Sync::Waits {
                    self.talk.reply.proceed("Go on");
                }
            }
            None => {
                let tag = Tag::of(&self.talk.framer.so_far());
                self.talk.framer.refuse_message();
                self.admissions.clear();
                self.progress = Progress::Nothing;
                if let Some(tag) = tag {
                    let text = "Too many messages are under way; try again later";
                    self.talk.reply.no(&tag, Some(Code::Limit), text);
                }
            }
        }
        Ok(())
    }

    /// May more be made of a command than any session has room for?
    pub(super) fn is_long(&self, text: &CommandText) -> bool {
        let len = text.text().len();
        match self.state {
            State::NotAuthenticated { .. } => len > longest_before_login(text),
            _ => len > LONG,
        }
    }

    /// What is made of a long command takes more than the command itself. Before the login there is
    /// no room for it; after it the memory comes out of the budget of the process.
    pub(super) async fn make_room(&mut self, text: &CommandText) -> Result<(), Failed> {
        let len = text.text().len();
        if let State::NotAuthenticated { .. } = self.state {
            return Err(Failed::no(Code::Limit, "That is too long before a login"));
        }
        let admission = self.take(len as u64 * PER_BYTE).await;
        self.admissions.push(admission.ok_or_else(room::full)?);
        Ok(())
    }

    async fn take(&mut self, bytes: u64) -> Option<Admission> {
        let account = self.state.user()?.by.user;
        self.server.admit(account, bytes).await
    }
}
