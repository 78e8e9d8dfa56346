//! Documents changed behind the servers' backs, over MongoDB's own protocol.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::site::Cluster;

/// Some BSON, element by element.
#[derive(Default)]
struct Bson(Vec<u8>);

impl Bson {
    fn element(mut self, kind: u8, name: &str, value: &[u8]) -> Self {
        self.0.push(kind);
        self.0.extend([name.as_bytes(), b"\0", value].concat());
        self
    }

    fn number(self, name: &str, number: i32) -> Self {
        self.element(0x10, name, &number.to_le_bytes())
    }

    fn yes(self, name: &str) -> Self {
        self.element(0x08, name, &[1])
    }

    fn text(self, name: &str, text: &str) -> Self {
        let length = (text.len() as i32 + 1).to_le_bytes();
        self.element(0x02, name, &[&length, text.as_bytes(), b"\0"].concat())
    }

    fn document(self, name: &str, document: Self) -> Self {
        self.element(0x03, name, &document.done())
    }

    /// An array of one document.
    fn only(self, name: &str, document: Self) -> Self {
        self.element(0x04, name, &Self::default().document("0", document).done())
    }

    fn done(self) -> Vec<u8> {
        let length = self.0.len() as i32 + 5;
        [&length.to_le_bytes(), &self.0[..], b"\0"].concat()
    }
}

/// Changes one number in all documents of a collection: `operator` is `$set` or `$inc`.
pub(crate) fn change(cluster: &Cluster, collection: &str, operator: &str, (name, by): (&str, i32)) {
    let change = Bson::default().document(operator, Bson::default().number(name, by));
    let update = Bson::default().document("q", Bson::default()).document("u", change).yes("multi");
    let command = Bson::default()
        .text("update", collection)
        .only("updates", update)
        .text("$db", &cluster.database)
        .done();
    let length = 21 + command.len() as i32;
    let header = [length, 1, 0, 2013, 0].map(i32::to_le_bytes).concat();
    let mut stream = TcpStream::connect(cluster.mongodb()).unwrap();
    stream.write_all(&[&header, &b"\0"[..], &command].concat()).unwrap();
    let mut answer = vec![0; 4];
    stream.read_exact(&mut answer).unwrap();
    let length = i32::from_le_bytes(answer[..].try_into().unwrap());
    answer.resize(length as usize - 4, 0);
    stream.read_exact(&mut answer).unwrap();
    // The answer has this, a number that is not 0, if documents were changed.
    let changed = b"nModified\0";
    let at = answer.windows(changed.len()).position(|found| found == changed);
    let changed = at.map(|at| answer[at + changed.len()]);
    assert!(changed.is_some_and(|count| count > 0), "{}", String::from_utf8_lossy(&answer));
}
