//! What each command does: one file for each that does anything.

mod bdat;
mod data;
mod help;
mod lhlo;
mod mail;
mod rcpt;
mod rset;
mod start_tls;
mod vrfy;
mod xclient;

use wire::Ended;

use crate::codec::command::Command;
use crate::codec::reply::Reply;
use crate::session::{Next, Session};

impl Session {
    /// Does what the client asks, and replies.
    pub(crate) async fn execute(&mut self, command: Command) -> Result<Next, Ended> {
        let reply = match command {
            Command::Lhlo(client) => self.lhlo(client),
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(rcpt) => self.rcpt(rcpt).await,
            Command::Data => return self.data().await,
            Command::Bdat(bdat) => return self.bdat(bdat).await,
            Command::Rset => self.rset(),
            Command::Noop => Reply::new(250, (0, 0), "OK"),
            Command::Vrfy(_) => vrfy::vrfy(),
            Command::Help => help::help(),
            Command::StartTls => return self.start_tls().await,
            Command::Xclient(attributes) => self.xclient(&attributes),
            Command::Quit => {
                self.say(&Reply::new(221, (0, 0), "bye"));
                return Ok(Next::Quit);
            }
        };
        self.say(&reply);
        Ok(Next::Command)
    }
}
