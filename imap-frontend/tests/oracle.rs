//! Another codec reads what every script says and hears: the `imap-codec` crate. What it knows of our
//! responses it must understand, and commands that both understand must mean the same.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::cell::RefCell;
use std::net::SocketAddr;

use harness::{Front, On, Scene, Server, Talk};
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use imap_codec::{CommandCodec, GreetingCodec, ResponseCodec};
use imap_frontend::Imap;
use imap_frontend::codec::{CommandText, parse};
use mailstore::{Backend, Mailstore};

use common::Options;
use common::client::Client;

/// What it knows nothing of: a response in which one of these stands need not be understood.
const UNKNOWN: &[&str] = &[
    "* ACL ",
    "* ESEARCH ",
    "* LANGUAGE ",
    "* LISTRIGHTS ",
    "* MYRIGHTS ",
    "* UIDBATCHES ",
    "* XLIST ",
    " UIDFETCH (",
    // In LIST.
    "(\"CHILDINFO\" (",
    "(\"OLDNAME\" (",
    // In STATUS.
    " SIZE ",
    "APPENDLIMIT ",
    "HIGHESTMODSEQ ",
    "MAILBOXID (",
    // In FETCH.
    "BINARY.SIZE[",
    "BINARY[",
    "EMAILID (",
    "PREVIEW ",
    "SAVEDATE ",
    "THREADID (",
    // A quota root without limits.
    "* QUOTA #user/joe ()",
];

thread_local! {
    /// What was heard and said since the last look.
    static HEARD: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    static SAID: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A client that keeps what it hears and says.
struct Overheard(Client);

impl Talk for Overheard {
    async fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::silent(address).await;
        client.line().await;
        client
    }

    async fn silent(address: SocketAddr) -> Self {
        Self(Client::connect_silently(address).await)
    }

    async fn send(&mut self, bytes: &[u8]) {
        SAID.with_borrow_mut(|said| said.push(bytes.to_vec()));
        self.0.send(bytes).await;
    }

    async fn line(&mut self) -> String {
        let line = self.0.line().await;
        HEARD.with_borrow_mut(|heard| heard.push([&line[..], b"\r\n"].concat()));
        String::from_utf8_lossy(&line).into_owned()
    }
}

#[derive(Default)]
struct Scenery(Options);

impl Front for Scenery {
    type Protocol = Imap;

    fn store(&self, backend: Backend) -> Mailstore {
        self.0.store(backend)
    }

    fn serve(self, store: Mailstore) -> (Imap, wire::Settings) {
        self.0.serve(store)
    }
}

impl Scene for Scenery {
    type Client = Overheard;

    fn set(&mut self, name: &str, value: &str) {
        self.0.set(name, value);
    }

    async fn act(server: &Server, what: &str) -> Result<(), String> {
        Options::act(server, what).await
    }
}

/// Plays all scripts, one after the other, in this thread.
#[tokio::test]
async fn another_codec_agrees() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
    let (mut understood, mut same) = (0, 0);
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        harness::play::<Scenery>(&name, &text, On::Memory).await;
        for response in HEARD.take().into_iter().filter(|line| line.len() > 2) {
            match understands(&response) {
                true => understood += 1,
                false => wrong.push(format!("{name}: {}", String::from_utf8_lossy(&response))),
            }
        }
        for command in SAID.take() {
            match differs(&command) {
                Some(false) => same += 1,
                Some(true) => wrong.push(format!("{name}: {}", String::from_utf8_lossy(&command))),
                None => {}
            }
        }
    }
    println!("{understood} responses understood, {same} commands the same");
    assert!(wrong.is_empty(), "{} wrong: {}", wrong.len(), wrong.concat());
    assert!(understood > 2_000 && same > 500, "{understood} responses, {same} commands");
}

fn understands(response: &[u8]) -> bool {
    let whole = ResponseCodec::default().decode(response).is_ok_and(|(rest, _)| rest.is_empty());
    let text = String::from_utf8_lossy(response);
    whole
        || GreetingCodec::default().decode(response).is_ok()
        || UNKNOWN.iter().any(|unknown| text.contains(unknown))
        // Names in UTF-8 it knows only without the other extensions.
        || (text.starts_with("* LIST (") && !text.is_ascii())
}

/// Do both understand a command, and each in another way? The other codec writes it anew; to us that
/// must mean what it meant as it came.
fn differs(command: &[u8]) -> Option<bool> {
    let (rest, theirs) = CommandCodec::default().decode(command).ok()?;
    let ours = parse(&CommandText::new(command.to_vec())).ok().filter(|_| rest.is_empty())?;
    let anew = CommandCodec::default().encode(&theirs).dump();
    Some(parse(&CommandText::new(anew)) != Ok(ours))
}
