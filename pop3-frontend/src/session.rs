//! One client's session: reads lines, obeys them, sends replies.

use std::sync::Arc;

use bytes::BytesMut;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{MailboxId, SessionId};
use mailstore::random::Random;
use mailstore::{Actor, Error};
use wire::line::{Line, Lines};
use wire::{Connection, Ended, Instant};

use crate::Pop3;
use crate::codec::command::Command;
use crate::codec::reply::{Code, No, Reply};
use crate::lock::Lock;
use crate::maildrop::Maildrop;
use crate::policy::Policy;
use crate::refusal::Failed;
use crate::settings::Retr;

/// Longest line, in bytes with its CRLF: a SASL response (RFC 5034 4), on a line with its command.
const LINE: usize = wire::sasl::MAX_LINE + 64;
/// Most bytes that one read brings.
const READ: usize = 4096;
/// Replies are sent when the client waits for them; at the latest when they take so many bytes.
const WRITE: usize = 64 * 1024;

/// One client's session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) pop3: Arc<Pop3>,
    pub(crate) connection: Connection,
    /// What has come and is not read yet.
    pub(crate) input: BytesMut,
    lines: Lines,
    pub(crate) reply: Reply,
    pub(crate) state: State,
    /// Lines that were no commands or out of order.
    errors: u32,
    /// Commands before the login.
    commands: u32,
    /// When a session that has not logged in ends.
    login_until: Instant,
}

/// Where the session stands (RFC 1939 3).
#[derive(Debug)]
pub(crate) enum State {
    /// Nobody has logged in. With the name that USER has given.
    Authorization(Option<String>),
    /// Somebody has.
    Transaction(Box<User>),
}

/// Who has logged in, and to what.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) by: Actor,
    pub(crate) lock: Lock,
    pub(crate) maildrop: Maildrop,
    pub(crate) policy: Policy,
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next command.
    Command,
    /// The end.
    Quit,
}

impl Session {
    pub(crate) fn new(pop3: Arc<Pop3>, connection: Connection) -> Self {
        let login_until = connection.within(connection.timeouts().login);
        Self {
            pop3,
            connection,
            input: BytesMut::new(),
            lines: Lines::new(LINE),
            reply: Reply::default(),
            state: State::Authorization(None),
            errors: 0,
            commands: 0,
            login_until,
        }
    }

    /// Serves the client until one of the two has enough.
    pub(crate) async fn run(mut self: Box<Self>) {
        if let Err(ended) = self.converse().await {
            tracing::debug!(peer = ?self.connection.peer(), %ended, "POP3 session ended");
            if let Ended::TooManyLogins = ended {
                self.reply.no(&No::new(Code::Auth, "too many failed logins"));
                // The client is leaving too.
                let _ = self.flush().await;
            }
        }
        // Nothing is said to a client that was silent for too long (RFC 1939 3). Without QUIT
        // nothing is deleted, but what was read has been read.
        self.leave().await;
        self.connection.close().await;
    }

    async fn converse(&mut self) -> Result<(), Ended> {
        self.reply.ok("mailstore POP3 ready");
        while self.errors < self.pop3.settings.errors {
            let line = self.line().await?;
            let next = match self.obey(line).await {
                Ok(next) => next,
                Err(Failed::Ended(ended)) => return Err(ended),
                Err(Failed::No(no)) => self.refuse(&no),
                Err(Failed::Last(no)) => {
                    self.reply.no(&no);
                    Next::Quit
                }
                Err(Failed::Bad(no)) => {
                    self.errors += 1;
                    self.refuse(&no)
                }
            };
            if next == Next::Quit {
                return self.flush().await;
            }
            self.flush_full().await?;
        }
        self.reply.no(&No::plain("too many errors"));
        self.flush().await
    }

    fn refuse(&mut self, no: &No) -> Next {
        self.reply.no(no);
        Next::Command
    }

    /// The next line. Replies go out before the client is waited for, so that those to a group of
    /// commands travel together (RFC 2449 6.6).
    pub(crate) async fn line(&mut self) -> Result<Line, Ended> {
        let timeouts = self.connection.timeouts();
        let mut until = match self.state {
            State::Authorization(_) => self.login_until,
            State::Transaction(_) => self.connection.within(timeouts.idle),
        };
        let command = timeouts.command;
        let mut begun = false;
        loop {
            if let Some(line) = self.lines.next(&mut self.input) {
                return Ok(line);
            }
            self.flush().await?;
            if !begun && !self.input.is_empty() {
                begun = true;
                until = until.min(self.connection.within(command));
            }
            self.connection.read_command(&mut self.input, READ, until).await?;
        }
    }

    async fn obey(&mut self, line: Line) -> Result<Next, Failed> {
        self.count_command()?;
        let command = match line {
            Line::Complete(line) => Command::parse(&line),
            Line::TooLong => return Err(Failed::bad("line too long")),
            Line::BareNewline => return Err(Failed::bad("a line ends in CRLF")),
        };
        match command {
            Ok(command) => Box::pin(self.execute(command)).await,
            Err(error) => Err(Failed::bad(error.to_string())),
        }
    }

    /// Whoever goes on without logging in is not let go on for ever; and whoever has lost the
    /// maildrop to another session must not go on at all.
    fn count_command(&mut self) -> Result<(), Failed> {
        match &self.state {
            State::Authorization(_) => self.commands += 1,
            State::Transaction(user) if user.lock.is_lost() => {
                let text = "the maildrop was given to another session";
                return Err(Failed::Last(No::new(Code::SysTemp, text)));
            }
            State::Transaction(_) => {}
        }
        if self.commands > self.pop3.settings.commands_before_login {
            return Err(Failed::Last(No::plain("too many commands before login")));
        }
        Ok(())
    }

    /// Who has logged in.
    pub(crate) fn user(&mut self) -> Result<&mut User, Failed> {
        match &mut self.state {
            State::Transaction(user) => Ok(user),
            State::Authorization(_) => Err(Failed::bad("log in first")),
        }
    }

    /// Fails if somebody has logged in.
    pub(crate) fn before_login(&self) -> Result<(), Failed> {
        match self.state {
            State::Authorization(_) => Ok(()),
            State::Transaction(_) => Err(Failed::bad("you have logged in already")),
        }
    }

    /// Sends what is queued.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if self.reply.is_empty() {
            return Ok(());
        }
        // A silent client costs no buffer.
        let output = std::mem::take(self.reply.buffer());
        self.connection.write(output.as_slice()).await
    }

    /// Sends what is queued, if it is worth a system call.
    pub(crate) async fn flush_full(&mut self) -> Result<(), Ended> {
        if self.reply.len() < WRITE {
            return Ok(());
        }
        self.connection.write(self.reply.buffer().as_slice()).await?;
        self.reply.buffer().clear();
        Ok(())
    }

    /// Lets go of the maildrop.
    pub(crate) async fn leave(&mut self) {
        let left = std::mem::replace(&mut self.state, State::Authorization(None));
        if let State::Transaction(user) = left {
            if let Err(error) = self.mark_seen(&user).await {
                tracing::warn!(%error, "what was downloaded is not marked as read");
            }
            user.lock.release().await;
        }
    }

    /// Sets `\Seen` on what was sent, if that is wanted.
    pub(crate) async fn mark_seen(&self, user: &User) -> Result<(), Error> {
        let seen = user.maildrop.retrieved().difference(user.maildrop.deleted());
        if user.policy.retr == Retr::Unchanged || seen.is_empty() || user.lock.is_lost() {
            return Ok(());
        }
        let flags = Flags::new([SystemFlag::Seen], []);
        let update = FlagUpdate { mode: FlagMode::Add, flags };
        self.pop3.store.flag(user.by, MailboxId::INBOX, seen, (update, None)).await?;
        Ok(())
    }

    /// A session of its own, so that others learn of what it changes.
    pub(crate) fn id() -> SessionId {
        SessionId((Random::draw().0 as u64).max(1))
    }
}
