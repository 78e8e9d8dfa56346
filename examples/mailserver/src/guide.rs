//! What a newcomer reads at the start.

use std::net::SocketAddr;
use std::path::Path;

use mailstore::store::directory::Secret;

/// Where a service listens.
pub(crate) struct Place {
    /// The service's name.
    pub(crate) service: &'static str,
    /// Where, for people.
    pub(crate) shown: String,
    /// Where, if that is a TCP port.
    pub(crate) tcp: Option<SocketAddr>,
}

/// Where everything is.
pub(crate) fn overview(directory: &Path, places: &[Place]) -> String {
    let mut text = format!("mailserver is running; its data is in {}\n", directory.display());
    for place in places {
        text += &format!("  {:<5} {}\n", place.service, place.shown);
    }
    text + "\n"
}

/// What to type next, as long as there are no users.
pub(crate) fn next_steps(places: &[Place], token: Option<&Secret>) -> String {
    let program = program();
    let mut text = match tcp(places, "http") {
        Some(http) => browse(http, token),
        None => String::new(),
    };
    text += &format!(
        "There are no users yet. In another terminal, add one (a password is asked for):\n\
         \x20 {program} user add alice --address alice@example.com\n"
    );
    if let Some(lmtp) = tcp(places, "lmtp") {
        text += &deliver(lmtp);
    }
    if let Some(imap) = tcp(places, "imap") {
        text += &read(imap);
    }
    if let Some(pop3) = tcp(places, "pop3") {
        text += &download(pop3);
    }
    text + &format!("More: {program} --help; every option is explained in mailserver.toml.\n")
}

/// What to do in a browser. A token is said this once.
fn browse(http: SocketAddr, token: Option<&Secret>) -> String {
    let mut text = format!("In a browser, see everything at:\n  http://{http}/\n");
    if let Some(token) = token {
        text += &format!("with the root token, which is said only now:\n  {}\n", token.expose());
    }
    text
}

fn deliver(lmtp: SocketAddr) -> String {
    let (host, port) = (lmtp.ip(), lmtp.port());
    format!(
        "Deliver a message to her:\n\
         \x20 python3 -c 'import smtplib; smtplib.LMTP(\"{host}\", {port}).sendmail(\
         \"me@example.com\", \"alice@example.com\", \"Subject: hello\\r\\n\\r\\nHello!\\r\\n\")'\n"
    )
}

fn read(imap: SocketAddr) -> String {
    format!(
        "Read it, and put a file beside it:\n\
         \x20 curl -u alice 'imap://{imap}/INBOX;UID=1'\n\
         \x20 curl -u alice -T message.eml 'imap://{imap}/INBOX'\n"
    )
}

fn download(pop3: SocketAddr) -> String {
    format!("Or by POP3:\n  curl -u alice 'pop3://{pop3}/1'\n")
}

fn tcp(places: &[Place], service: &str) -> Option<SocketAddr> {
    places.iter().filter(|place| place.service == service).find_map(|place| place.tcp)
}

/// How this program was called, for the next command to find the same directory.
fn program() -> String {
    let words: Vec<_> = std::env::args().filter(|word| word != "serve").collect();
    words.join(" ")
}
