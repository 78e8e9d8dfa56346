//! The LMTP codec takes any bytes: whole or one by one they are the same commands and messages,
//! what is held is bounded, errors lie within the line, and what is encoded comes back.

use bytes::{Buf, BytesMut};
use lmtp_frontend::codec::chunk::Chunk;
use lmtp_frontend::codec::command::{Command, CommandError};
use lmtp_frontend::codec::content::{Content, Framing};
use lmtp_frontend::codec::data::{self, DataDecoder};
use lmtp_frontend::codec::line::{Line, Lines};
use lmtp_frontend::codec::path::ReversePath;

const LINE: usize = 256;
const MESSAGE: u64 = 1024;

/// Runs the codec over these bytes.
pub(crate) fn run(data: &[u8]) {
    let whole = talk(data.chunks(data.len().max(1)));
    let bytewise = talk(data.chunks(1));
    assert_eq!(whole, bytewise);
    comes_back(data);
}

/// The server's side of a connection on which these pieces arrive: what it understood.
fn talk<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut server = Server { lines: Lines::new(LINE), body: None, understood: Vec::new() };
    let mut input = BytesMut::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        while server.step(&mut input) {}
        assert!(input.len() < LINE);
    }
    server.understood
}

struct Server {
    lines: Lines,
    /// The message that is coming in.
    body: Option<(Box<dyn Framing>, Content)>,
    understood: Vec<String>,
}

impl Server {
    /// Whether there may be more to take from the input.
    fn step(&mut self, input: &mut BytesMut) -> bool {
        let Some((mut framing, mut content)) = self.body.take() else {
            return self.line(input);
        };
        let taken = framing.decode(input, &mut content);
        input.advance(taken);
        if framing.is_done() {
            self.understood.push(format!("{} bytes: {:?}", content.size(), content.finish()));
            return true;
        }
        assert!(input.is_empty());
        self.body = Some((framing, content));
        false
    }

    fn line(&mut self, input: &mut BytesMut) -> bool {
        let Some(line) = self.lines.next(input) else { return false };
        if let Line::Complete(line) = &line {
            self.command(line);
        }
        self.understood.push(format!("{line:?}"));
        true
    }

    fn command(&mut self, line: &[u8]) {
        match Command::parse(line) {
            Ok(Command::Data) => self.receive(Box::new(DataDecoder::new())),
            Ok(Command::Bdat(bdat)) => self.receive(Box::new(Chunk::new(bdat.size))),
            Ok(Command::Mail(mail)) => is_stable(&mail.from),
            Ok(_) => {}
            Err(error) => {
                assert!(position(&error) <= line.len());
                assert!(error.reply().to_string().ends_with("\r\n"));
            }
        }
    }

    fn receive(&mut self, framing: Box<dyn Framing>) {
        self.body = Some((framing, Content::new(MESSAGE)));
    }
}

fn position(error: &CommandError) -> usize {
    match error {
        CommandError::Syntax(error) => error.at,
        CommandError::UnknownParameter { at } => *at,
        _ => 0,
    }
}

/// A path that is written is read as the same path.
fn is_stable(path: &ReversePath) {
    let line = format!("MAIL FROM:{path}");
    match Command::parse(line.as_bytes()) {
        Ok(Command::Mail(mail)) => assert_eq!(&mail.from, path),
        other => panic!("{line:?} gives {other:?}"),
    }
}

/// What is encoded comes back, with a CRLF at its end.
fn comes_back(message: &[u8]) {
    let wire = data::encode(message);
    let (mut decoder, mut content) = (DataDecoder::new(), Content::new(u64::MAX));
    assert_eq!(decoder.decode(&wire, &mut content), wire.len());
    assert!(decoder.is_done());
    let mut expected = message.to_vec();
    if !expected.is_empty() && !expected.ends_with(b"\r\n") {
        expected.extend_from_slice(b"\r\n");
    }
    assert_eq!(content.finish(), Some(expected));
}
