//! Real IMAP clients that fetch mail, or mirror it message by message, as Debian ships them, against
//! the server; more are in `clients.rs`. A client that is not installed is a failure: `scripts/test`
//! installs them.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::maildrop::{self, MANY, PASSWORD, expected, found, port, serve};
use common::{Client, Server, Site, run};

#[test]
fn getmail_downloads_each_message_once() {
    let (site, server) = serve();
    let port = port(&server, "imap");
    let retriever =
        format!("type = SimpleIMAPRetriever\nport = {port}\nmailboxes = (\"INBOX\",)\n");
    maildrop::getmail(&site, &server, &retriever);
}

#[test]
fn fetchmail_empties_the_inbox() {
    let (site, server) = serve();
    maildrop::fetchmail(&site, &server, "imap");
}

/// Down, then again, when nothing is left to do; then a flag and a new message up.
#[test]
fn offlineimap_mirrors_both_ways() {
    let (site, server) = serve();
    let config = offlineimap(&site, &server);
    let sync = || {
        let mut command = Command::new("offlineimap");
        run(command
            .arg("-o")
            .args(["-u", "basic"])
            .arg("-c")
            .arg(&config)
            .env("HOME", site.path()));
    };
    let inbox = site.path().join("mail/INBOX");
    sync();
    assert_eq!(found(&inbox.join("new")), expected());
    let first = names(&inbox);
    sync();
    assert_eq!(names(&inbox), first);

    let (uid, flagged) = flag(&inbox);
    fs::write(inbox.join("new/1.local"), NEW).unwrap();
    sync();
    let mut imap = login(&server);
    let line = |text: String| format!("{text}\r\na OK ");
    let found = imap.ask("a UID SEARCH FLAGGED", "a ");
    assert!(found.starts_with(&line(format!("* SEARCH {uid}"))), "{found}");
    let new = imap.ask("a UID FETCH 31 BODY.PEEK[]", "a ");
    assert!(new.contains(&NEW.replace('\n', "\r\n")), "{new}");
    let second = names(&inbox);
    assert_eq!(second.len(), MANY + 1);
    assert!(second.contains(&flagged), "{second:?}");
    sync();
    assert_eq!(names(&inbox), second);
}

/// It downloads all, hears of new mail in IDLE, and flags, reads and deletes.
#[test]
fn thunderbird_keeps_a_copy() {
    let (site, server) = serve();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/thunderbird_session.py");
    let mut python = Command::new("python3");
    run(python.args([script, port(&server, "imap"), "alice", PASSWORD]).arg(site.path()));
}

const NEW: &str = "Subject: from here\n\ngr\u{fc}n\n.\nend\n";

/// Its configuration: everything else as it is by default.
fn offlineimap(site: &Site, server: &Server) -> PathBuf {
    let config = format!(
        "[general]\naccounts = all\nmetadata = {directory}/offlineimap\n\n\
         [Account all]\nlocalrepository = near\nremoterepository = far\n\n\
         [Repository near]\ntype = Maildir\nlocalfolders = {directory}/mail\n\n\
         [Repository far]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = {port}\n\
         remoteuser = alice\nremotepass = {PASSWORD}\nssl = no\nstarttls = no\n",
        directory = site.path().display(),
        port = port(server, "imap")
    );
    maildrop::private(site.path().join("offlineimaprc"), &config)
}

/// Flags a message of a Maildir; its UID, which stands in its name, and its new path.
fn flag(inbox: &Path) -> (u32, PathBuf) {
    let old = names(inbox).into_iter().next().unwrap();
    let name = old.file_name().unwrap().to_str().unwrap();
    let uid = name.split_once("U=").unwrap().1.split(',').next().unwrap().parse().unwrap();
    let base = name.split_once(':').map_or(name, |(base, _)| base);
    let new = inbox.join("cur").join(format!("{base}:2,F"));
    fs::rename(&old, &new).unwrap();
    (uid, new)
}

/// The messages of a Maildir.
fn names(maildir: &Path) -> BTreeSet<PathBuf> {
    let folders = ["cur", "new"].map(|folder| fs::read_dir(maildir.join(folder)).unwrap());
    folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn login(server: &Server) -> Client {
    let mut imap = server.connect("imap");
    imap.line();
    imap.ask(&format!("a LOGIN alice {PASSWORD}"), "a OK");
    imap.ask("a SELECT INBOX", "a OK");
    imap
}
