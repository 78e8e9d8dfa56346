//! What each command does: one file for each that does anything.

mod auth;
mod capa;
mod dele;
mod lang;
mod list;
mod pass;
mod quit;
mod retr;
mod stat;
mod stls;
mod top;
mod uidl;
mod user;
mod utf8;

use crate::codec::command::Command;
use crate::refusal::Failed;
use crate::session::{Next, Session};

impl Session {
    /// Does what the client asks, and replies.
    pub(crate) async fn execute(&mut self, command: Command) -> Result<Next, Failed> {
        match command {
            Command::Capa => self.capa(),
            Command::Stls => self.stls().await?,
            Command::User(name) => self.user_name(name)?,
            Command::Pass(password) => self.pass(password).await?,
            Command::Auth(auth) => self.auth(auth).await?,
            Command::Apop => return Err(Failed::bad("APOP is not offered")),
            Command::Utf8 => self.utf8()?,
            Command::Lang(language) => self.lang(language.as_deref())?,
            Command::Stat => self.stat()?,
            Command::List(number) => self.list(number).await?,
            Command::Uidl(number) => self.uidl(number).await?,
            Command::Retr(number) => self.retr(number).await?,
            Command::Top(number, lines) => self.top(number, lines).await?,
            Command::Dele(number) => self.dele(number).await?,
            Command::Rset => self.rset()?,
            Command::Noop => {
                self.user()?;
                self.reply.ok("");
            }
            Command::Quit => {
                self.quit().await?;
                return Ok(Next::Quit);
            }
        }
        Ok(Next::Command)
    }
}
