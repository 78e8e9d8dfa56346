//! How much memory one session can make the process use, by whatever its client sends: measured, by
//! an allocator that counts.
//!
//! Each figure is what the process has at most beyond what it has while the session is silent.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod results;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use common::{On, Options, Server};
use flate2::{Compress, Compression, FlushCompress};
use harness::{PATIENCE, People};
use mailstore::store::directory::Takes;
use peak_alloc::PeakAlloc;
use tokio::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What else is running would be measured, too.
static ALONE: Mutex<()> = Mutex::const_new(());

const KIB: usize = 1024;
/// What a client may make a session use before it has logged in, and after.
const BEFORE: usize = 16 * KIB;
const AFTER: usize = 256 * KIB;
/// How much more with COMPRESS.
const COMPRESSED: usize = 320 * KIB;
/// A command that is longer takes, out of the budget of the process, so much for each byte.
const LONG: usize = 2 * KIB;
const PER_BYTE: usize = 64;

/// A client that needs no memory: it says pieces again and again, and forgets what it hears.
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self(stream);
        client.until(b" ready\r\n");
        client
    }

    fn in_inbox(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.say(b"x LOGIN joe secret\r\nx SELECT INBOX\r\n");
        client.until(b"x OK [READ-WRITE] Selected\r\n");
        client
    }

    /// Hears the end of what was said: a server that has hung up has heard enough.
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    fn repeat(&mut self, piece: &[u8], times: usize) {
        let mut block = [0; 4096];
        let each = block.len() / piece.len();
        for slot in block.chunks_exact_mut(piece.len()) {
            slot.copy_from_slice(piece);
        }
        for _ in 0..times / each {
            self.say(&block[..each * piece.len()]);
        }
        for _ in 0..times % each {
            self.say(piece);
        }
    }

    /// Reads up to this, or to the end.
    fn until(&mut self, end: &[u8]) {
        let (mut block, mut last) = ([0; 4096], [0; 64]);
        loop {
            let count = self.0.read(&mut block).unwrap_or(0);
            if count == 0 {
                return;
            }
            for byte in &block[..count] {
                last.rotate_left(1);
                last[63] = *byte;
            }
            if last.ends_with(end) {
                return;
            }
        }
    }
}

/// How many bytes the process has more, at most, while this is done.
fn growth(client: &mut Client, hostile: impl FnOnce(&mut Client)) -> usize {
    // What came before is over when nothing is given back any more.
    let mut silent = MEMORY.current_usage();
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let now = MEMORY.current_usage();
        if now == silent {
            break;
        }
        silent = now;
    }
    MEMORY.reset_peak_usage();
    hostile(client);
    MEMORY.peak_usage().saturating_sub(silent)
}

type Hostile = fn(&mut Client);

/// Each of them on a session of its own: what the process has more, in bytes.
async fn figures(
    enter: fn(SocketAddr) -> Client,
    all: &'static [(&'static str, Hostile)],
) -> Vec<(&'static str, usize)> {
    let _alone = ALONE.lock().await;
    let takes = Takes { scram: true, bearer: true };
    let directory = Arc::new(People { takes, ..People::default() });
    let mut options = Options { directory, ..Options::default() };
    // What is measured is memory, and not patience.
    options.wire.auth.delay = Duration::ZERO;
    let server = Server::start(On::Memory, options).await;
    let address = server.address;
    let figures = tokio::task::spawn_blocking(move || {
        let measure = |(name, hostile): &(&'static str, Hostile)| {
            let mut client = enter(address);
            (*name, growth(&mut client, hostile))
        };
        // The least of three: the first time what is made once for all is made, too.
        let mut least: Vec<_> = all.iter().map(measure).collect();
        for _ in 0..2 {
            for (known, again) in least.iter_mut().zip(all.iter().map(measure)) {
                known.1 = known.1.min(again.1);
            }
        }
        least
    });
    figures.await.unwrap()
}

async fn each(
    most: usize,
    enter: fn(SocketAddr) -> Client,
    all: &'static [(&'static str, Hostile)],
) {
    let figures = figures(enter, all).await;
    eprintln!("{figures:?}");
    let above: Vec<_> = figures.iter().filter(|(_, bytes)| *bytes > most).collect();
    assert!(above.is_empty(), "above {most} bytes: {above:?}");
}

/// LOGIN with these strings.
fn login(client: &mut Client, start: &[u8], piece: &[u8], end: &[u8]) {
    client.say(start);
    client.repeat(piece, 4_000 / piece.len());
    client.say(end);
    client.say(b"\r\nz LOGOUT\r\n");
    client.until(b"OK Done\r\n");
}

/// An exchange in which the client says these messages, first one by one and then at once.
fn exchange(client: &mut Client, mechanism: &str, messages: &[&[u8]]) {
    for initial in [false, true] {
        client.say(format!("a AUTHENTICATE {mechanism}").as_bytes());
        if !initial {
            client.say(b"\r\n");
            client.until(b"\r\n");
        }
        for (at, message) in messages.iter().enumerate() {
            client.say(if initial && at == 0 { b" " } else { b"" });
            client.say(message);
            client.say(b"\r\n");
            client.until(b"\r\n");
        }
    }
    client.say(b"a LOGOUT\r\n");
    client.until(b"OK Done\r\n");
}

/// What a client says as base64, with a filling that makes it this long.
fn filled_base64(start: &[u8], end: &[u8], len: usize) -> Vec<u8> {
    let filling = vec![b'x'; len / 4 * 3 - start.len() - end.len()];
    data_encoding::BASE64.encode(&[start, &filling, end].concat()).into_bytes()
}

macro_rules! said {
    ($($name:ident = $start:literal $end:literal $len:expr;)*) => {
        $(static $name: LazyLock<Vec<u8>> = LazyLock::new(|| filled_base64($start, $end, $len));)*
    };
}

said! {
    PLAIN = b"\0joe\0" b"" LINE;
    PLAIN_NAME = b"\0" b"\0pw" LINE;
    BEARER = b"n,a=joe,\x01host=a\x01auth=Bearer " b"\x01\x01" LINE;
    XOAUTH2 = b"user=joe\x01auth=Bearer " b"\x01\x01" LINE;
    NAME = b"" b"" 1360;
    LONG_NAME = b"" b"" LINE;
    FIRST = b"n,,n=joe,r=" b"" 1020;
    LONG_FIRST = b"n,,n=joe,r=" b"" LINE;
    LONG_AUTHZID = b"n,a=" b",n=joe,r=abc" 1020;
}
/// Of base64, before a login: with AUTHENTICATE in front of it as long as may be.
const LINE: usize = 8_152;

/// Logging in takes the whole line, what is made of it, and what asks the directory.
#[tokio::test(flavor = "multi_thread")]
async fn logins() {
    const ALL: &[(&str, Hostile)] = &[
        ("LOGIN, a long password", |client| login(client, b"a LOGIN joe ", b"x", b"")),
        ("LOGIN, quoted", |client| login(client, b"a LOGIN \"joe\" \"", b"x", b"\"")),
        ("LOGIN, escaped", |client| login(client, b"a LOGIN joe \"", b"\\\"", b"\"")),
        ("LOGIN, a long name", |client| login(client, b"a LOGIN ", b"x", b" secret")),
        ("LOGIN, literals", |client| {
            login(client, b"a LOGIN {3+}\r\njoe {4000+}\r\n", b"x", b"");
        }),
        ("LOGIN, a literal that was asked for", |client| {
            client.say(b"a LOGIN joe {4000}\r\n");
            client.until(b"+ Go on\r\n");
            login(client, b"", b"x", b"");
        }),
        ("PLAIN", |client| exchange(client, "PLAIN", &[&PLAIN])),
        ("PLAIN, a long name", |client| exchange(client, "PLAIN", &[&PLAIN_NAME])),
        ("LOGIN", |client| exchange(client, "LOGIN", &[&NAME, &PLAIN])),
        ("LOGIN, a long name", |client| exchange(client, "LOGIN", &[&LONG_NAME])),
        ("OAUTHBEARER", |client| exchange(client, "OAUTHBEARER", &[&BEARER, &PLAIN])),
        ("XOAUTH2", |client| exchange(client, "XOAUTH2", &[&XOAUTH2, b""])),
        ("SCRAM", |client| exchange(client, "SCRAM-SHA-256", &[&FIRST, &FIRST])),
        ("SCRAM, an end", |client| exchange(client, "SCRAM-SHA-256", &[&FIRST, &PLAIN])),
        ("SCRAM, a name", |client| exchange(client, "SCRAM-SHA-256", &[&LONG_AUTHZID, &FIRST])),
        ("SCRAM, too long", |client| exchange(client, "SCRAM-SHA-256", &[&LONG_FIRST])),
    ];
    each(BEFORE, Client::connect, ALL).await;
}

fn endless_line(client: &mut Client) {
    client.say(b"a ");
    client.repeat(b"x", 1 << 20);
    client.say(b"\r\na LOGOUT\r\n");
    client.until(b"OK Done\r\n");
}

/// A command that is this long, and more of the same in one line.
fn filled(client: &mut Client, (start, piece): (&[u8], &[u8]), len: usize) {
    client.say(start);
    client.repeat(piece, (len - start.len()) / piece.len());
    client.say(b"\r\nz LOGOUT\r\n");
    client.until(b"OK Done\r\n");
}

/// A command that is this long, of literals.
fn literals(client: &mut Client, start: &[u8], len: usize) {
    client.say(start);
    for _ in 0..(len - start.len()) / 1010 {
        client.say(b" {1000+}\r\n");
        client.repeat(b"x", 1000);
    }
    client.say(b"\r\nz LOGOUT\r\n");
    client.until(b"OK Done\r\n");
}

macro_rules! filled {
    ($($start:literal $piece:literal)*) => {
        &[$((concat!($start, $piece), |client| {
            filled(client, ($start.as_bytes(), $piece.as_bytes()), LENGTH);
        })),*]
    };
}

/// Commands of which much is made.
macro_rules! bulky {
    () => {
        filled!(
            "a SEARCH " "1 "
            "a SEARCH " "NOT "
            "a SEARCH (" "("
            "a SEARCH " "OR 1 "
            "a SEARCH " "UNSEEN "
            "a SEARCH " "KEYWORD a "
            "a SEARCH " "TEXT a "
            "a SEARCH " "HEADER a a "
            "a FETCH 1 (" "UID "
            "a FETCH 1 (" "BODY[] "
            "a FETCH 1 BODY[HEADER.FIELDS (" "a "
            "a STORE 1 FLAGS (" "a "
            "a FETCH 1" ",1"
            "a UID FETCH 1" ",3,1"
            "a ID (" "\"\" \"\" "
            "a LIST \"\" (" "* "
            "a ENABLE " "x "
            "a SORT (" "DATE "
            "a GETMETADATA \"\" (" "/a "
            "a SETMETADATA \"\" (" "/private/a NIL "
            "a NOTIFY SET " "(personal NONE) "
            "a ESEARCH IN (mailboxes (" "a "
            "a STATUS INBOX (" "UIDNEXT "
        )
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn before_login() {
    const ALL: &[(&str, Hostile)] = &[
        ("an endless line", endless_line),
        ("literals", |client| literals(client, b"a LOGIN", 8 * KIB - 200)),
        ("a literal that is too large", |client| literals(client, b"a LOGIN {1000000+}", 9 * KIB)),
        ("a literal that never ends", |client| {
            client.say(b"a LOGIN {8100+}\r\n");
            client.repeat(b"x", 8_000);
            client.0.shutdown(Shutdown::Write).unwrap();
            client.until(b"never");
        }),
        ("commands behind a long one", |client| {
            client.say(b"a LOGIN joe ");
            client.repeat(b"x", 3_900);
            client.say(b"\r\n");
            client.repeat(b"a CAPABILITY\r\n", 60);
            client.say(b"a LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("commands at once", |client| {
            client.repeat(b"a CAPABILITY\r\n", 60);
            client.say(b"a LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("AUTHENTICATE with much", |client| {
            client.say(b"a AUTHENTICATE PLAIN\r\n");
            client.until(b"+ \r\n");
            client.repeat(b"QUFB", 1990);
            client.say(b"\r\na LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("AUTHENTICATE with too much", |client| {
            client.say(b"a AUTHENTICATE PLAIN\r\n");
            client.until(b"+ \r\n");
            client.repeat(b"QUFB", 100_000);
            client.say(b"\r\na LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("ID", long_id),
    ];
    each(BEFORE, Client::connect, ALL).await;
}

/// The longest ID that there may be.
fn long_id(client: &mut Client) {
    client.say(b"a ID (");
    for field in 0..30 {
        client.say(if field > 0 { b" \"a\" \"" } else { b"\"a\" \"" });
        client.repeat(b"x", 1024);
        client.say(b"\"");
    }
    client.say(b")\r\nz LOGOUT\r\n");
    client.until(b"a OK Pleased to meet you\r\n");
    client.until(b"OK Done\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_before_login() {
    const LENGTH: usize = 8 * KIB - 40;
    const ALL: &[(&str, Hostile)] = filled!(
        "a CAPABILITY " "x"
        "a SEARCH " "1 "
        "a SEARCH (" "("
        "a FETCH 1 (" "UID "
        "a STORE 1 FLAGS (" "a "
        "a FETCH 1" ",1"
        "a ID (" "\"\" \"\" "
        "a LIST \"\" (" "* "
        "a ENABLE " "x "
        "a LANGUAGE " "x "
        "a LOGIN joe " "x"
        "a AUTHENTICATE PLAIN " "QUFB"
    );
    each(BEFORE, Client::connect, ALL).await;
}

/// Of these something is made before it is known that nobody has logged in.
#[tokio::test(flavor = "multi_thread")]
async fn short_before_login() {
    const LENGTH: usize = 256 - 40;
    const ALL: &[(&str, Hostile)] = bulky!();
    each(BEFORE, Client::connect, ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_login() {
    const ALL: &[(&str, Hostile)] = &[
        ("an endless line", endless_line),
        ("literals too many", |client| literals(client, b"a SEARCH OR TEXT", 1000 * KIB)),
        ("literals and no end", |client| {
            client.say(b"a SEARCH TEXT {190000+}\r\n");
            client.repeat(b"x", 189_000);
            client.0.shutdown(Shutdown::Write).unwrap();
            client.until(b"never");
        }),
        ("commands at once", |client| {
            client.repeat(b"a NOOP\r\n", 100_000);
            client.say(b"a LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("commands with long answers behind a long one", |client| {
            client.say(b"a NOOP {190000+}\r\n");
            client.repeat(b"x", 190_000);
            client.say(b"\r\n");
            let mut ears = Client(client.0.try_clone().unwrap());
            let reader = std::thread::spawn(move || ears.until(b"OK Done\r\n"));
            client.repeat(b"a CAPABILITY\r\n", 20_000);
            client.say(b"a LOGOUT\r\n");
            reader.join().unwrap();
        }),
        ("a literal, and then a line", |client| {
            client.say(b"a SEARCH TEXT {190000+}\r\n");
            client.repeat(b"x", 190_000);
            client.repeat(b" ALL", 15_000);
            client.say(b"\r\na LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
        ("half a command", |client| {
            client.say(b"a SEARCH ");
            client.repeat(b"1 ", 30_000);
            client.0.shutdown(Shutdown::Write).unwrap();
            client.until(b"never");
        }),
        ("a message too large, sent all the same", |client| {
            client.say(b"a APPEND INBOX {100000000+}\r\n");
            client.repeat(b"x", 100_000_000);
            client.say(b"\r\na LOGOUT\r\n");
            client.until(b"OK Done\r\n");
        }),
    ];
    each(AFTER, Client::in_inbox, ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_commands() {
    const LENGTH: usize = LONG - 40;
    const ALL: &[(&str, Hostile)] = bulky!();
    each(AFTER, Client::in_inbox, ALL).await;
}

/// What is made of them comes out of the budget of the process.
#[tokio::test(flavor = "multi_thread")]
async fn longer_commands() {
    const LENGTH: usize = 4_200;
    const ALL: &[(&str, Hostile)] = bulky!();
    each(AFTER + LENGTH * PER_BYTE, Client::in_inbox, ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn longest_commands() {
    const LENGTH: usize = 63 * KIB;
    const ALL: &[(&str, Hostile)] = bulky!();
    each(AFTER + LENGTH * PER_BYTE, Client::in_inbox, ALL).await;
}

/// Each takes a little out of the budget of the process, and keeps no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn parts() {
    const COUNT: usize = 8_000;
    const ALL: &[(&str, Hostile)] = &[("parts behind a long line", |client| {
        client.say(b"a NOOP");
        client.repeat(b" ", 60_000);
        client.say(b"\r\na APPEND INBOX CATENATE (");
        client.repeat(b"TEXT {1+}\r\nx ", COUNT);
        client.say(b"TEXT {1+}\r\nx)\r\na LOGOUT\r\n");
        client.until(b"OK Done\r\n");
    })];
    each(AFTER + COUNT * KIB, Client::in_inbox, ALL).await;
}

/// Few bytes that stand for many.
#[tokio::test(flavor = "multi_thread")]
async fn compressed() {
    const ALL: &[(&str, Hostile)] = &[("a bomb", |client| {
        client.say(b"a COMPRESS DEFLATE\r\n");
        client.until(b"active\r\n");
        client.say(BOMB.as_slice());
        client.0.shutdown(Shutdown::Write).unwrap();
        client.until(b"never");
    })];
    each(AFTER + COMPRESSED, Client::in_inbox, ALL).await;
}

/// 16 MiB of one letter, compressed.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut out = Vec::with_capacity(100_000);
    let mut deflate = Compress::new(Compression::best(), false);
    let block = vec![b'x'; 1 << 20];
    for _ in 0..16 {
        deflate.compress_vec(&block, &mut out, FlushCompress::Sync).unwrap();
    }
    out
});
