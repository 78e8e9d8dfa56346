//! A hundred clients stop reading in the middle of a FETCH: deliveries go on, the write-ahead log
//! stays short, and so does the server's memory.

use std::fs;

use super::peer::{Imap, Lmtp, literal, peak_memory};
use super::site;
use super::workload::{ACCOUNTS, noise};

const CLIENTS: u32 = 100;
/// More than the sockets between them hold.
const BIG: usize = 8_000_000;
const MESSAGES: u32 = 1_500;
const LOG_LIMIT: u64 = 256 << 20;
const MEMORY_LIMIT: usize = 512 << 20;

#[test]
fn who_stops_reading_holds_up_nobody() {
    let site = site();
    let server = site.serve();
    let mut lmtp = Lmtp::open(server.place("lmtp")).unwrap();
    for user in 1..=ACCOUNTS {
        assert!(lmtp.deliver(user, &message(user, BIG)).unwrap().starts_with("250 "));
    }
    let mut clients: Vec<(u32, Imap, usize)> = (0..CLIENTS)
        .map(|client| {
            let user = 1 + client % ACCOUNTS;
            let mut imap = Imap::open(server.place("imap"), user).unwrap();
            imap.0.send(b"x UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n").unwrap();
            let size = literal(&imap.0.line().unwrap()).unwrap();
            imap.0.read(1000).unwrap();
            (user, imap, size)
        })
        .collect();

    let log = site.data().join("mail.sqlite-wal");
    let mut longest = 0;
    for number in 0..MESSAGES {
        let answer = lmtp.deliver(1 + number % ACCOUNTS, &message(100 + number, 200_000));
        assert!(answer.unwrap().starts_with("250 "));
        longest = longest.max(fs::metadata(&log).unwrap().len());
    }
    println!("log {} MB, memory {} MB", longest >> 20, peak_memory(&server) >> 20);
    assert!(longest < LOG_LIMIT, "the log grew to {longest} bytes");
    assert!(peak_memory(&server) < MEMORY_LIMIT, "{} bytes", peak_memory(&server));

    for (user, imap, size) in clients.iter_mut().take(4) {
        let expected = message(*user, BIG);
        assert_eq!(*size, expected.len());
        assert!(imap.0.read(*size - 1000).unwrap() == expected[1000..], "wrong bytes for u{user}");
    }
}

/// Bytes that do not compress, in lines.
fn message(seed: u32, size: usize) -> Vec<u8> {
    let mut raw = b"Content-Type: application/x\r\n\r\n".to_vec();
    for line in data_encoding::BASE64.encode(&noise(seed, size / 4 * 3)).as_bytes().chunks(998) {
        raw.extend_from_slice(line);
        raw.extend_from_slice(b"\r\n");
    }
    raw
}
