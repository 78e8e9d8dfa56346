//! The POP3 codec takes any bytes: whole or one by one they are the same commands, what is held is
//! bounded, replies are lines, and a message that is sent comes back.

use bytes::BytesMut;
use pop3_frontend::LineEnds;
use pop3_frontend::codec::command::Command;
use pop3_frontend::codec::line::{Line, Lines};
use pop3_frontend::codec::reply::{No, Reply};
use pop3_frontend::codec::stuffing::{Stuffing, decode, encode};
use pop3_frontend::codec::top::Top;

const LINE: usize = 256;

/// Runs the codec over these bytes.
pub(crate) fn run(data: &[u8]) {
    let whole = talk(data.chunks(data.len().max(1)));
    let bytewise = talk(data.chunks(1));
    assert_eq!(whole, bytewise);
    comes_back(data);
    is_a_beginning(data);
}

/// The server's side of a connection on which these pieces arrive: what it understood.
fn talk<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut lines, mut input) = (Lines::new(LINE), BytesMut::new());
    let mut understood = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        while let Some(line) = lines.next(&mut input) {
            understood.push(format!("{:?}", command(&line)));
        }
        assert!(input.len() < LINE);
    }
    understood
}

fn command(line: &Line) -> Option<Command> {
    let Line::Complete(line) = line else { return None };
    match Command::parse(line) {
        Ok(command) => Some(command),
        Err(error) => {
            let quoted = format!("{error} {}", String::from_utf8_lossy(line));
            let mut reply = Reply::default();
            reply.no(&No::plain(quoted));
            let said = reply.buffer();
            assert_eq!(said.iter().position(|byte| *byte == b'\n'), Some(said.len() - 1));
            assert!(said.ends_with(b"\r\n") && said.len() <= 512);
            None
        }
    }
}

/// A message comes back, with a CRLF at its end, however it is cut.
fn comes_back(message: &[u8]) {
    let wire = encode(message, LineEnds::Crlf);
    let (mut bytewise, mut stuffing) = (Vec::new(), Stuffing::new(LineEnds::Crlf));
    message.chunks(1).for_each(|byte| stuffing.put(byte, &mut bytewise));
    stuffing.finish(&mut bytewise);
    assert_eq!(wire, bytewise);
    let mut expected = message.to_vec();
    if !expected.is_empty() && !expected.ends_with(b"\r\n") {
        expected.extend_from_slice(b"\r\n");
    }
    assert_eq!(decode(&wire), Some((expected, wire.len())));
}

/// What TOP sends is the beginning of the message, the same however it is cut, and the more lines
/// the longer.
fn is_a_beginning(message: &[u8]) {
    let mut last = 0;
    for lines in [0, 1, 2, u64::MAX] {
        let whole = Top::new(lines).take(message);
        let mut top = Top::new(lines);
        let bytewise: usize = message.chunks(1).map(|byte| top.take(byte)).sum();
        assert_eq!(whole, bytewise);
        assert!(last <= whole && whole <= message.len());
        last = whole;
    }
    assert_eq!(last, message.len());
}
