//! One client's session: reads lines, obeys them, sends replies.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::BytesMut;
use wire::{Connection, Ended};

use crate::Lmtp;
use crate::codec::command::Command;
use crate::codec::content::Framing;
use crate::codec::line::{Line, Lines};
use crate::codec::path::Domain;
use crate::codec::reply::Reply;
use crate::intake::Intake;
use crate::transaction::Transaction;

/// Most bytes that one read brings.
pub(crate) const READ: usize = 64 * 1024;
/// Replies are sent when the client waits for them; at the latest when they take so many bytes.
const WRITE: usize = 16 * 1024;

/// One client's session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) lmtp: Arc<Lmtp>,
    pub(crate) connection: Connection,
    /// What has come and is not read yet.
    pub(crate) input: BytesMut,
    lines: Lines,
    /// What is not sent yet.
    output: Vec<u8>,
    /// From LHLO on.
    pub(crate) client: Option<Domain>,
    /// What a proxy has told of its client.
    pub(crate) told: Option<Told>,
    pub(crate) transaction: Option<Transaction>,
    /// Lines that were no commands or out of order.
    errors: u32,
}

/// What a proxy tells of its client (XCLIENT).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) address: Option<IpAddr>,
    /// Its name, by DNS.
    pub(crate) name: Option<Domain>,
    /// What it calls itself.
    pub(crate) helo: Option<Domain>,
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
    pub(crate) fn new(lmtp: Arc<Lmtp>, connection: Connection) -> Self {
        let lines = Lines::new(lmtp.settings.line);
        Self {
            lmtp,
            connection,
            input: BytesMut::new(),
            lines,
            output: Vec::new(),
            client: None,
            told: None,
            transaction: None,
            errors: 0,
        }
    }

    /// Serves the client until one of the two has enough.
    pub(crate) async fn run(mut self) {
        if let Err(ended) = self.converse().await {
            tracing::debug!(peer = ?self.connection.peer(), %ended, "LMTP session ended");
            if let Some(reply) = farewell(&ended) {
                self.say(&reply);
                // The client is leaving too, or is too late.
                let _ = self.flush().await;
            }
        }
        self.connection.close().await;
    }

    async fn converse(&mut self) -> Result<(), Ended> {
        let greeting = format!("{} LMTP mailstore ready", self.lmtp.settings.host);
        self.say(&Reply::plain(220, greeting));
        while self.errors < self.lmtp.settings.errors {
            let line = self.line().await?;
            if self.obey(line).await? == Next::Quit {
                return self.flush().await;
            }
            if self.output.len() > WRITE {
                self.flush().await?;
            }
        }
        self.say(&Reply::new(421, (7, 0), "too many errors"));
        self.flush().await
    }

    /// The next line. Replies go out before the client is waited for, so that those to a group of
    /// commands travel together (RFC 2920 3.2).
    async fn line(&mut self) -> Result<Line, Ended> {
        let until = self.connection.within(self.connection.timeouts().command);
        loop {
            if let Some(line) = self.lines.next(&mut self.input) {
                return Ok(line);
            }
            self.flush().await?;
            self.connection.read_command(&mut self.input, READ, until).await?;
        }
    }

    async fn obey(&mut self, line: Line) -> Result<Next, Ended> {
        let wrong = match line {
            Line::Complete(line) => match Command::parse(&line) {
                Ok(command) => return self.execute(command).await,
                Err(error) => error.reply(),
            },
            Line::TooLong => Reply::new(500, (5, 2), "line too long"),
            Line::BareNewline => Reply::new(500, (5, 2), "a line ends in CRLF"),
        };
        self.errors += 1;
        self.say(&wrong);
        Ok(Next::Command)
    }

    /// A command that is out of order.
    pub(crate) fn out_of_order(&mut self, why: &'static str) -> Reply {
        self.errors += 1;
        Reply::new(503, (5, 1), why)
    }

    /// Queues a reply.
    pub(crate) fn say(&mut self, reply: &Reply) {
        reply.encode(&mut self.output);
    }

    /// Sends what is queued.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if self.output.is_empty() {
            return Ok(());
        }
        let output = std::mem::take(&mut self.output);
        self.connection.write(output.as_slice()).await
    }

    /// Reads a message, or a chunk of one, to its end.
    pub(crate) async fn receive(
        &mut self,
        framing: &mut impl Framing,
        intake: &mut Intake,
    ) -> Result<(), Ended> {
        let last = self.connection.within(self.lmtp.settings.message);
        loop {
            intake.take(framing, &mut self.input);
            if framing.is_done() {
                return Ok(());
            }
            intake.make_room(&self.lmtp).await;
            let until = self.connection.within(self.connection.timeouts().command).min(last);
            self.connection.read(&mut self.input, READ, until).await?;
        }
    }
}

/// The last words, if the client may still be listening.
fn farewell(ended: &Ended) -> Option<Reply> {
    let (status, why) = match ended {
        Ended::ShuttingDown => ((3, 2), "shutting down"),
        Ended::TimedOut => ((4, 2), "you took too long"),
        _ => return None,
    };
    Some(Reply::new(421, status, why))
}
