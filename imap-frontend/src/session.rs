//! One session: the loop from greeting to farewell.

mod room;

use std::sync::Arc;

use mailstore::Admission;
use mailstore::id::SessionId;
use mailstore::random::Random;
use mailstore::uid::UidSet;
use wire::{Connection, Ended, Instant};

use crate::codec::reply::{Code, Condition};
use crate::codec::{
    Command, CommandError, CommandText, Event, FrameError, Names, Rejected, Tag, Tagged, parse,
};
use crate::command::{self, capability, compress, filters, idle, start_tls, unauthenticate};
use crate::gate::{self, Tail};
use crate::notify;
use crate::outcome::{Done, Failed, Note, Outcome};
use crate::server::Imap;
use crate::state::{Authenticated, State};
use crate::talk::Talk;

/// Between two commands answers are sent when this many bytes of them are waiting: before the login,
/// and after it.
const FEW_BEFORE_LOGIN: usize = 1024;
const FEW: usize = 16 * 1024;

/// One session.
pub(crate) struct Session {
    pub(crate) server: Arc<Imap>,
    pub(crate) id: SessionId,
    pub(crate) talk: Talk,
    pub(crate) state: State,
    progress: Progress,
    /// When a session that has not logged in ends.
    login_until: Instant,
    /// Bad commands in a row.
    bad: u32,
    /// Memory taken for the command that comes in: its messages, and what will be made of it.
    admissions: Vec<Admission>,
}

/// How far the client is with its next command.
#[derive(Clone, Copy, Debug)]
enum Progress {
    /// It has sent nothing of it.
    Nothing,
    /// It has begun, and must be done by then.
    Begun(Instant),
    /// It sends a message.
    Message,
}

/// Why a session ends.
pub(crate) enum Stop {
    LoggedOut,
    Bye(Option<Code<'static>>, &'static str),
    Ended(Ended),
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl Session {
    pub(crate) fn new(server: Arc<Imap>, connection: Connection) -> Self {
        let login_until = connection.within(connection.timeouts().login);
        let limits = server.limits_before_login();
        Self {
            server,
            id: SessionId((Random::draw().0 as u64).max(1)),
            talk: Talk::new(connection, limits),
            state: State::default(),
            progress: Progress::Nothing,
            login_until,
            bad: 0,
            admissions: Vec::new(),
        }
    }

    pub(crate) async fn run(mut self: Box<Self>) {
        let stop = match self.converse().await {
            Ok(never) => match never {},
            Err(stop) => stop,
        };
        // Whoever waits for the place of this session need not wait for the goodbye.
        self.state = State::default();
        match stop {
            Stop::LoggedOut => {}
            Stop::Bye(code, text) => self.talk.reply.bye(code, text),
            Stop::Ended(ended) => {
                tracing::debug!(%ended, "session ended");
                if !ended.can_be_told() {
                    return;
                }
                let text = farewell(&ended);
                self.talk.reply.bye(None, text);
            }
        }
        Box::pin(goodbye(self.talk)).await;
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, Stop> {
        let capabilities = capability::names(self);
        let code = Some(Code::Capability(&capabilities));
        self.talk.reply.untagged(Condition::Ok, code, "mailstore is ready");
        drop(capabilities);
        loop {
            match self.talk.framer.next() {
                Ok(Event::NeedMore) => self.listen().await?,
                Ok(Event::Continue) => self.talk.reply.proceed("Go on"),
                Ok(Event::Message(announced)) => Box::pin(self.announced(announced)).await?,
                Ok(Event::Command(text)) => {
                    self.progress = Progress::Nothing;
                    self.command(text).await?;
                    self.flush_some().await?;
                }
                Err(error) => self.over_limit(&error)?,
            }
        }
    }

    /// A client that sends commands without waiting makes the answers no more than a few.
    async fn flush_some(&mut self) -> Result<(), Ended> {
        let most = match self.state {
            State::NotAuthenticated { .. } => FEW_BEFORE_LOGIN,
            _ => FEW,
        };
        if self.talk.waiting() < most { Ok(()) } else { self.talk.flush().await }
    }

    /// Reads more, within the time that there is for it.
    async fn listen(&mut self) -> Result<(), Stop> {
        self.talk.rest().await?;
        if let Progress::Nothing = self.progress
            && self.talk.framer.pending() > 0
        {
            self.progress = Progress::Begun(self.command_until());
        }
        match self.progress {
            Progress::Nothing => {
                let timeouts = self.talk.connection.timeouts();
                let until = match self.state {
                    State::NotAuthenticated { .. } => self.login_until,
                    _ => self.talk.connection.within(timeouts.idle),
                };
                match self.state.notify().is_some() {
                    true => self.notified(until).await?,
                    false => self.talk.await_command(until).await?,
                }
                self.progress = Progress::Begun(self.command_until());
            }
            Progress::Begun(until) => self.talk.await_more(until).await?,
            Progress::Message => self.talk.await_more(self.command_until()).await?,
        }
        Ok(())
    }

    /// Waits for a command to begin, and tells what the client has asked for meanwhile.
    async fn notified(&mut self, until: Instant) -> Result<(), Stop> {
        let poll = self.server.settings().idle_poll;
        let (talk, state) = (&mut self.talk, &mut self.state);
        Ok(Box::pin(notify::wait(talk, state, (until, poll))).await?)
    }

    /// By when a command that begins now, or the next bytes of a message, must be there.
    pub(crate) fn command_until(&self) -> Instant {
        let until = self.talk.connection.within(self.talk.connection.timeouts().command);
        match self.state {
            State::NotAuthenticated { .. } => until.min(self.login_until),
            _ => until,
        }
    }

    fn over_limit(&mut self, error: &FrameError) -> Result<(), Stop> {
        self.admissions.clear();
        self.progress = Progress::Nothing;
        if error.is_fatal() {
            return Err(Stop::Bye(Some(Code::TooBig), "Literal too large"));
        }
        self.talk.reply.over_limit(error);
        self.count_bad()
    }

    /// The future of each command is boxed, and no larger than that command makes it: it is not
    /// there while the client is silent, and that of IDLE is small.
    async fn command(&mut self, text: CommandText) -> Result<(), Stop> {
        self.count_command()?;
        let text = text.with_names(self.talk.reply.names());
        if self.is_long(&text)
            && let Err(failed) = Box::pin(self.make_room(&text)).await
        {
            self.admissions.clear();
            let tag = Tag::of(text.text()).unwrap_or(Tag::NONE);
            return self.complete(&tag, Err(failed));
        }
        let Tagged { tag, command } = match parse(&text) {
            Ok(tagged) => tagged,
            Err(rejected) => {
                self.admissions.clear();
                self.forget_saved(&rejected);
                self.talk.reply.rejected(&rejected);
                return self.count_bad();
            }
        };
        drop(text);
        // For as long as the command runs.
        let room = std::mem::take(&mut self.admissions);
        self.talk.tag = tag.clone();
        let outcome = match command {
            Command::Logout => {
                self.talk.reply.bye(None, "Logging out");
                self.talk.reply.ok(&tag, "Done");
                return Err(Stop::LoggedOut);
            }
            Command::StartTls => match Box::pin(start_tls::run(self, &tag)).await {
                Ok(()) => return Ok(()),
                Err(failed) => Err(failed),
            },
            Command::Compress => match Box::pin(compress::run(self, &tag)).await {
                Ok(()) => return Ok(()),
                Err(failed) => Err(failed),
            },
            Command::Unauthenticate => match Box::pin(unauthenticate::run(self, &tag)).await {
                Ok(()) => return Ok(()),
                Err(failed) => Err(failed),
            },
            Command::Idle => {
                drop(room);
                Box::pin(self.idle()).await
            }
            command => {
                let (outcome, told) = Box::pin(self.execute(command, room)).await;
                self.complete(&tag, outcome)?;
                return told;
            }
        };
        self.complete(&tag, outcome)
    }

    /// A SEARCH that was to save its result and could not leaves `$` empty (RFC 5182 2.1).
    fn forget_saved(&mut self, rejected: &Rejected) {
        if let CommandError::Charset { saves: true, .. }
        | CommandError::TooManyKeys { saves: true, .. } = rejected.error
            && let Some(selected) = self.state.selected()
        {
            selected.searches.saved = UidSet::new();
        }
    }

    async fn idle(&mut self) -> Outcome {
        if let State::NotAuthenticated { .. } = self.state {
            return Err(Failed::bad("Log in first"));
        }
        idle::run(&mut self.talk, &mut self.state, self.server.settings().idle_poll).await
    }

    /// Runs a command, then tells what may be told. If that cannot be read, the command is answered
    /// as ever, and the news come with the next; only if they may be what the command itself has
    /// done, the client must look anew, after its answer.
    async fn execute(
        &mut self,
        mut command: Command,
        room: Vec<Admission>,
    ) -> (Outcome, Result<(), Stop>) {
        let filled = filters::fill(&mut self.state, &mut command).await;
        let tail = gate::tail(&command);
        let asks_for_news = matches!(command, Command::Noop | Command::Check);
        let outcome = match filled {
            Ok(()) => command::run(self, command).await,
            Err(failed) => Err(failed),
        };
        drop(room);
        if !outcome.as_ref().err().is_none_or(Failed::is_no) {
            return (outcome, Ok(()));
        }
        match (self.tell(tail).await, outcome) {
            (Ok(()), outcome) => (outcome, Ok(())),
            (Err(Failed::Bye(code, text)), Ok(_)) if asks_for_news => {
                (Err(Failed::No(code, text.into())), Ok(()))
            }
            (Err(Failed::Bye(code, text)), Ok(done)) => (Ok(done), Err(Stop::Bye(code, text))),
            (Err(Failed::Bye(..)), failed) => (failed, Ok(())),
            (Err(failed), _) => (Err(failed), Ok(())),
        }
    }

    async fn tell(&mut self, tail: Tail) -> Result<(), Failed> {
        let State::Selected(selected) = &mut self.state else { return Ok(()) };
        match tail {
            Tail::News => selected.tell(&mut self.talk).await,
            Tail::Own => selected.tell_all(&mut self.talk).await,
            Tail::Silence => selected.update_contexts(&mut self.talk).await,
        }
    }

    /// Says how a command ended.
    fn complete(&mut self, tag: &Tag, mut outcome: Outcome) -> Result<(), Stop> {
        self.correct_modseq(&mut outcome);
        let reply = &mut self.talk.reply;
        match outcome {
            Ok(Done { note, text }) => reply.tagged(tag, Condition::Ok, note.code(), text),
            Err(Failed::No(code, text)) => reply.no(tag, code, &text),
            Err(Failed::BadUrl(url)) => {
                reply.no(tag, Some(Code::BadUrl(&url)), "There is nothing at that URL");
            }
            Err(Failed::UndefinedFilter(name)) => {
                reply.no(tag, Some(Code::UndefinedFilter(&name)), "There is no such filter");
            }
            Err(Failed::Bad(text)) => {
                reply.bad(tag, &text);
                return self.count_bad();
            }
            Err(Failed::UidRequired) => {
                let code = Some(Code::UidRequired);
                reply.tagged(tag, Condition::Bad, code, "UIDONLY has been enabled");
                return self.count_bad();
            }
            Err(Failed::Bye(code, text)) => return Err(Stop::Bye(code, text)),
            Err(Failed::Ended(ended @ Ended::TooManyLogins)) => {
                reply.no(tag, Some(Code::AuthenticationFailed), "Login failed");
                return Err(ended.into());
            }
            Err(Failed::Ended(ended)) => return Err(ended.into()),
        }
        self.bad = 0;
        Ok(())
    }

    /// Tells where the view is, if MODSEQs beyond it were shown: with the tagged OK, or before a
    /// tagged answer that has another code.
    fn correct_modseq(&mut self, outcome: &mut Outcome) {
        let Some(modseq) = self.state.selected().and_then(|selected| selected.owed_modseq()) else {
            return;
        };
        let code = Some(Code::HighestModSeq(modseq));
        match outcome {
            Ok(Done { note: note @ Note::Plain(None), .. }) => *note = Note::Plain(code),
            _ => self.talk.reply.untagged(Condition::Ok, code, "Highest told"),
        }
    }

    /// Somebody has logged in.
    pub(crate) fn enter(&mut self, user: Authenticated) -> Done {
        tracing::info!(user = %user.name, peer = ?self.talk.connection.peer(), "logged in");
        self.talk.framer.set_limits(self.server.limits());
        self.state = State::Authenticated(user);
        Done::noting(Note::Capability(capability::names(self)), "Logged in")
    }

    /// Whoever has logged in is forgotten; somebody else may log in.
    pub(crate) fn leave(&mut self) {
        self.state = State::default();
        self.talk.reply.set_names(Names::default());
        self.talk.framer.set_limits(self.server.limits_before_login());
        let connection = &self.talk.connection;
        self.login_until = connection.within(connection.timeouts().login);
    }

    fn count_command(&mut self) -> Result<(), Stop> {
        if let State::NotAuthenticated { commands } = &mut self.state {
            *commands += 1;
            if *commands > self.server.settings().commands_before_login {
                return Err(Stop::Bye(None, "Too many commands before login"));
            }
        }
        Ok(())
    }

    fn count_bad(&mut self) -> Result<(), Stop> {
        self.bad += 1;
        if self.bad < self.server.settings().bad_commands {
            return Ok(());
        }
        Err(Stop::Bye(None, "Too many bad commands"))
    }
}

/// The last words.
fn farewell(ended: &Ended) -> &'static str {
    match ended {
        Ended::TimedOut => "You were silent for too long",
        Ended::TooManyLogins => "Too many failed logins",
        _ => "The server is shutting down",
    }
}

async fn goodbye(mut talk: Talk) {
    if talk.flush().await.is_ok() {
        talk.connection.close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn size_of_output<A, F: Future>(_: impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    /// What a session holds while its client is in IDLE: its state, the task's future, and the
    /// future of IDLE. The goal is 6 KB in all, with what tokio takes for a task and a socket.
    #[test]
    fn idle_sessions_are_small() {
        let session = size_of_output(|(imap, connection): (Arc<Imap>, Connection)| {
            Box::new(Session::new(imap, connection)).run()
        });
        type Idle = (&'static mut Talk, &'static mut State, Duration);
        let idle = size_of_output(|(talk, state, poll): Idle| idle::run(talk, state, poll));
        let sum = size_of::<Session>() + session + idle;
        assert!(sum < 2_500, "{} and {session} bytes, and {idle} in IDLE", size_of::<Session>());
    }
}
