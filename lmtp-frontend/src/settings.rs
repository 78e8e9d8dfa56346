//! What can be set, with the defaults and their reasons. Listeners, TLS, limits of connections and
//! timeouts between bytes are set in [`wire`].

use std::time::Duration;

use wire::Network;

/// Settings of an [`Lmtp`](crate::Lmtp) server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the server calls itself: in the greeting, and after "by" in `Received`. Default
    /// `localhost`.
    pub host: String,
    /// Header fields put in front of each message.
    pub trace: Trace,
    /// Longest command line, in bytes with its CRLF. Default 4,096: 512 (RFC 5321 4.5.3.1.4) and
    /// ample room for what extensions add.
    pub line: usize,
    /// Most recipients of one message. Default 1,000; RFC 5321 4.5.3.1.8 asks for at least 100.
    pub recipients: usize,
    /// Lines that are no commands, or out of order, after which the connection is closed. Default
    /// 20.
    pub errors: u32,
    /// From the first byte of a message to its last. Default 1 h; beside this,
    /// [`wire::Timeouts::command`] holds for each read.
    pub message: Duration,
    /// How long a sender waits until there is memory for its message, before it is told to come
    /// back. Default 30 s.
    pub memory_wait: Duration,
    /// For one answer of the directory. Default 30 s.
    pub routing: Duration,
    /// A route that was asked for longer ago is asked for again before the message is stored, as a
    /// user may be removed while a message comes in. Default 1 s.
    pub route_age: Duration,
    /// For putting the message into one account. Default 5 min: half of what clients wait (RFC 5321
    /// 4.5.3.2.6), as a client that gives up first sends the message again.
    pub delivery: Duration,
    /// Clients that may say XCLIENT: proxies that tell who their clients are. Default: none.
    pub xclient: Vec<Network>,
    /// What becomes of mail to `user+label`. Default: the label does not matter.
    pub labels: Labels,
    /// For so long a sender gets no second automatic answer of one account. Default 4 h.
    pub reply_interval: Duration,
    /// Accounts of one message that are written at the same time. Default 16.
    pub parallel: usize,
}

/// What becomes of mail to `user+label`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// It goes where mail to `user` goes.
    #[default]
    Ignored,
    /// It goes into the mailbox of that name, if there is one: senders make none. In a label `.`
    /// stands for the separator too, if there is no mailbox with the dot in its name.
    Filed,
}

/// Header fields that final delivery adds (RFC 5321 4.4). All on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// `Return-Path:`, from MAIL.
    pub return_path: bool,
    /// `Delivered-To:`, from RCPT.
    pub delivered_to: bool,
    /// `Received:`.
    pub received: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            trace: Trace::default(),
            line: 4096,
            recipients: 1000,
            errors: 20,
            message: Duration::from_secs(3600),
            memory_wait: Duration::from_secs(30),
            routing: Duration::from_secs(30),
            route_age: Duration::from_secs(1),
            delivery: Duration::from_secs(300),
            xclient: Vec::new(),
            labels: Labels::default(),
            reply_interval: Duration::from_secs(4 * 3600),
            parallel: 16,
        }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self { return_path: true, delivered_to: true, received: true }
    }
}

impl Settings {
    /// Most bytes that the fields of [`Settings::trace`] take. What a client wrote is in them four
    /// times at most, and each time it came in one line.
    pub fn trace_room(&self) -> u64 {
        match self.trace {
            Trace::NONE => 0,
            _ => (4 * self.line + self.host.len() + 512) as u64,
        }
    }
}

impl Trace {
    /// The message is stored as it comes.
    pub const NONE: Self = Self { return_path: false, delivered_to: false, received: false };
}
