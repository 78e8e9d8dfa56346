//! The IMAP codec takes any bytes: whole or one by one they are the same commands, what is held is
//! bounded, every error lies within the command, and no answer contains a line of the client's.

use imap_frontend::codec::{
    Command, CommandError, Event, Framer, Limits, Reply, SyntaxError, parse,
};

const LIMITS: Limits = Limits {
    line: 256,
    id: 128,
    command: 512,
    message: Some(1024),
    skip: 4096,
    unasked: 1024,
    read: 1024,
};

/// Runs the codec over these bytes.
pub(crate) fn run(data: &[u8]) {
    let whole = talk(data.chunks(data.len().max(1)));
    let bytewise = talk(data.chunks(1));
    assert_eq!(whole, bytewise);
}

/// The server's side of a connection on which these pieces arrive.
fn talk<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut framer, mut lines) = (Framer::new(LIMITS), Vec::new());
    for piece in pieces {
        framer.input().extend_from_slice(piece);
        while let Some(line) = answer(&mut framer) {
            lines.push(line);
            if lines.last().is_some_and(|line| line.starts_with("* BYE")) {
                return lines;
            }
        }
        assert!(framer.pending() <= LIMITS.command + 1024 + piece.len());
    }
    lines
}

fn answer(framer: &mut Framer) -> Option<String> {
    let mut reply = Reply::new();
    match framer.next() {
        Ok(Event::NeedMore) => return None,
        Ok(Event::Continue) => reply.proceed("go on"),
        Ok(Event::Message(announced)) => {
            // Messages of odd lengths are refused.
            if announced.len % 2 == 0 {
                framer.accept_message()
            } else {
                framer.refuse_message()
            }
            reply.proceed("message");
        }
        Ok(Event::Command(text)) => {
            let len = text.text().len() + 64 * 1024;
            match parse(&text) {
                Ok(tagged) => {
                    reply.ok(&tagged.tag, tagged.command.name());
                    echo(&mut reply, &tagged.command);
                }
                Err(rejected) => {
                    assert!(position(&rejected.error) <= len);
                    reply.rejected(&rejected);
                }
            }
        }
        Err(error) => reply.over_limit(&error),
    }
    Some(String::from_utf8_lossy(&reply.take()).into_owned())
}

fn position(error: &CommandError) -> usize {
    match *error {
        CommandError::Syntax(SyntaxError { at, .. })
        | CommandError::Unknown { at }
        | CommandError::Charset { at, .. }
        | CommandError::NotUtf8 { at }
        | CommandError::TooManyKeys { at, .. }
        | CommandError::MailboxName { at } => at,
    }
}

/// Answers that repeat what the client wrote.
fn echo(reply: &mut Reply, command: &Command) {
    match command {
        Command::Status(status) => {
            let before = reply.len();
            reply.status(status.mailbox.as_str(), &[]);
            let line = &reply.buffer()[before..];
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), lines(line));
        }
        Command::List(list) => {
            for pattern in list.full_patterns() {
                pattern.matches("INBOX/a/b", '/');
            }
        }
        _ => {}
    }
}

/// One line; two if the name is long and therefore a literal.
fn lines(line: &[u8]) -> usize {
    if line.starts_with(b"* STATUS {") { 2 } else { 1 }
}
