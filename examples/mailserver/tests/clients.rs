//! Real clients, as Debian and npm ship them, against the server. A client that is not installed is
//! a failure: `scripts/test` installs them.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{ANY_PORTS, Server, Site, run};

const PASSWORD: &str = "secret phrase";

/// A server with one user.
fn serve() -> (Site, Server) {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice"], &format!("{PASSWORD}\n"));
    (site, server)
}

/// Runs a script of `tests/clients` with the server's port and the user's password.
fn script(name: &str, server: &Server, directory: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name);
    run(Command::new("python3")
        .arg(script)
        .args([port(server, "imap"), "alice", PASSWORD])
        .arg(directory));
}

fn port<'a>(server: &'a Server, service: &str) -> &'a str {
    server.place(service).rsplit_once(':').unwrap().1
}

#[test]
fn imaplib() {
    let (site, server) = serve();
    script("imaplib_session.py", &server, site.path());
}

/// In clear and within TLS, with IDLE, CONDSTORE and QRESYNC.
#[test]
fn imapflow() {
    let (_site, server) = serve();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ports = ["imap", "imaps", "lmtp"].map(|service| port(&server, service));
    let mut node = Command::new("node");
    node.arg(here.join("tests/clients/imapflow/session.cjs")).args(ports);
    run(node
        .args(["alice", PASSWORD])
        .env("NODE_PATH", here.join("../../target/imapflow/node_modules")));
}

#[test]
fn neomutt_opens_and_copies() {
    let (site, server) = serve();
    script("neomutt_session.py", &server, site.path());
}

/// By QRESYNC: all, then what has changed on both sides; and nothing when nothing has.
#[test]
fn interimap_mirrors_one_user_to_another() {
    let (site, server) = serve();
    site.done(&["user", "add", "bob"], &format!("{PASSWORD}\n"));
    script("interimap_session.py", &server, site.path());
}

/// With UIDs and flags: all, then what has changed; and nothing when nothing has.
#[test]
fn doveadm_backs_up_what_has_changed() {
    let (site, server) = serve();
    script("doveadm_session.py", &server, site.path());
}

#[test]
fn curl_lists_uploads_and_downloads() {
    let (site, server) = serve();
    let url = format!("imap://{}", server.place("imap"));
    let curl = |arguments: &[&str]| {
        let user = format!("alice:{PASSWORD}");
        let mut command = Command::new("curl");
        run(command.args(["--silent", "--show-error", "--user", &user]).args(arguments)).stdout
    };
    let message = b"Subject: odd\r\n\r\nbare \n newline, dot\r\n.\r\nand no end";
    let file = site.path().join("message");
    fs::write(&file, message).unwrap();

    curl(&["--upload-file", file.to_str().unwrap(), &format!("{url}/INBOX")]);
    let list = String::from_utf8(curl(&[&format!("{url}/")])).unwrap();
    assert!(list.contains("INBOX"), "{list}");
    assert_eq!(curl(&[&format!("{url}/INBOX;UID=1")]), message);
}

/// Two-way, with a thousand messages, twice: the second time nothing is left to do. It signs in by the
/// SCRAM of Cyrus SASL.
#[test]
fn mbsync_mirrors_a_thousand_messages() {
    let (site, server) = serve();
    let (host, port) = server.place("imap").rsplit_once(':').unwrap();
    let mail = site.path().join("mail");
    fs::create_dir_all(&mail).unwrap();
    let config = site.path().join("mbsyncrc");
    fs::write(
        &config,
        format!(
            "FSync no\n\nIMAPAccount here\nHost {host}\nPort {port}\nUser alice\nPass \"{PASSWORD}\"\n\
             SSLType None\nAuthMechs SCRAM-SHA-256\n\nIMAPStore far\nAccount here\n\n\
             MaildirStore near\nSubFolders Verbatim\nPath {mail}/\nInbox {mail}/INBOX\n\n\
             Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\n\
             SyncState *\n",
            mail = mail.display()
        ),
    )
    .unwrap();
    let sync = || run(Command::new("mbsync").arg("-c").arg(&config).arg("-a"));

    script("fill.py", &server, site.path());
    sync();
    let inbox = mail.join("INBOX");
    let first = tree(&inbox);
    assert_eq!(first.len(), 1_000);
    sync();
    assert_eq!(tree(&inbox), first);

    // Something new here, something flagged and something gone there.
    fs::write(inbox.join("new/1.local"), b"Subject: from here\n\nbody\n").unwrap();
    script("change.py", &server, site.path());
    sync();
    script("changed.py", &server, site.path());
    let second = tree(&inbox);
    assert_eq!(second.len(), 1_000);
    assert_eq!(second.keys().filter(|name| name.ends_with(":2,F")).count(), 1);
    sync();
    assert_eq!(tree(&inbox), second);
}

/// The messages of a Maildir: their names and sizes.
fn tree(maildir: &Path) -> BTreeMap<String, u64> {
    let folders = ["cur", "new"].map(|folder| fs::read_dir(maildir.join(folder)).unwrap());
    folders
        .into_iter()
        .flatten()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())
        })
        .collect()
}
