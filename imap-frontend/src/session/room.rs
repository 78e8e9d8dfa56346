//! Memory for what comes in, out of the budget of the process: for messages, and for what is made of
//! long commands.

use mailstore::Admission;

use super::{Progress, Session, Stop};
use crate::codec::reply::Code;
use crate::codec::{Announced, CommandText, Sync, Tag, is_login};
use crate::outcome::Failed;
use crate::state::State;

/// A command of more bytes is long.
const LONG: usize = 2 * 1024;
/// Before the login, where little is made of a command that is no longer.
const LONG_BEFORE_LOGIN: usize = 256;
/// How much may be made of each byte of a command, the half of it: a list of numbers of one digit.
const PER_BYTE: u64 = 32;

/// May more be made of a command than any session has room for?
pub(super) fn is_long(text: &CommandText) -> bool {
    text.text().len() > LONG_BEFORE_LOGIN
}

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

    /// What is made of a long command takes more than the command itself. Before the login only what
    /// leads to it may be long; after it the memory comes out of the budget of the process.
    pub(super) async fn make_room(&mut self, text: &CommandText) -> Result<(), Failed> {
        let len = text.text().len();
        if let State::NotAuthenticated { .. } = self.state {
            return if is_login(text) { Ok(()) } else { Err(Failed::bad("Log in first")) };
        }
        if len > LONG {
            let admission = self.take(len as u64 * PER_BYTE).await;
            let full = || Failed::no(Code::Limit, "Too much is under way; try again later");
            self.admissions.push(admission.ok_or_else(full)?);
        }
        Ok(())
    }

    async fn take(&mut self, bytes: u64) -> Option<Admission> {
        let account = self.state.user()?.by.user;
        self.server.admit(account, bytes).await
    }
}
