//! As much of MongoDB's own protocol as tests need behind the servers' backs.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Some BSON, element by element.
#[derive(Default)]
pub struct Bson(Vec<u8>);

impl Bson {
    pub fn element(mut self, kind: u8, name: &str, value: &[u8]) -> Self {
        self.0.push(kind);
        self.0.extend([name.as_bytes(), b"\0", value].concat());
        self
    }

    pub fn number(self, name: &str, number: i32) -> Self {
        self.element(0x10, name, &number.to_le_bytes())
    }

    pub fn yes(self, name: &str) -> Self {
        self.element(0x08, name, &[1])
    }

    pub fn text(self, name: &str, text: &str) -> Self {
        let length = (text.len() as i32 + 1).to_le_bytes();
        self.element(0x02, name, &[&length, text.as_bytes(), b"\0"].concat())
    }

    pub fn document(self, name: &str, document: Self) -> Self {
        self.element(0x03, name, &document.done())
    }

    /// An array of one document.
    pub fn only(self, name: &str, document: Self) -> Self {
        self.element(0x04, name, &Self::default().document("0", document).done())
    }

    pub fn done(self) -> Vec<u8> {
        let length = self.0.len() as i32 + 5;
        [&length.to_le_bytes(), &self.0[..], b"\0"].concat()
    }
}

/// A message with a command or an answer in it.
pub fn message(content: Bson, answers: i32) -> Vec<u8> {
    let content = content.done();
    let length = 21 + content.len() as i32;
    let header = [length, 1, answers, 2013, 0].map(i32::to_le_bytes).concat();
    [&header, &b"\0"[..], &content].concat()
}

/// The host and port that a URI says first.
pub fn host(uri: &str) -> &str {
    let rest = uri.strip_prefix("mongodb://").unwrap();
    let hosts = rest.split(['/', '?']).next().unwrap();
    hosts.rsplit('@').next().unwrap().split(',').next().unwrap()
}

/// Sends a command; the whole answer.
pub fn ask(host: &str, command: Bson) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(&message(command, 0))?;
    let mut answer = vec![0; 4];
    stream.read_exact(&mut answer)?;
    let length = i32::from_le_bytes(answer[..].try_into().unwrap());
    answer.resize(length as usize - 4, 0);
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Drops a database of a test at its end, as [`harness::drop_database`] says. A server that asks who
/// is there keeps it.
pub fn drop_database(uri: &str, database: &str) {
    let command = Bson::default().number("dropDatabase", 1).text("$db", database);
    let host = host(uri).to_owned();
    harness::drop_database(uri, database, async move {
        let (answer, refusal) = (ask(&host, command)?, b"errmsg\0");
        match answer.windows(refusal.len()).any(|at| at == refusal) {
            true => Err(io::Error::other("the server has refused")),
            false => Ok(()),
        }
    });
}
