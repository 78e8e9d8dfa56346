//! A user with mail, and what programs that fetch mail need: a place for it, and a program that they
//! pass it on to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{ANY_PORTS, Server, Site, run};

pub const PASSWORD: &str = "secret";
/// How many messages there are.
pub const MANY: usize = 30;
const GETMAIL_FIELD: &str = "X-getmail-retrieved-from-mailbox: INBOX\n";

/// What is delivered: lines with dots, long ones, 8-bit ones, of different sizes.
pub fn message(number: usize) -> String {
    let body = ".\r\n..two\r\n.x\r\ngr\u{fc}n\r\n".repeat(number % 7) + &"x".repeat(number * 13);
    format!("Subject: number {number}\r\nX-Number: {number}\r\n\r\n{body}\r\nend\r\n")
}

/// A server with one user, alice, who has mail.
pub fn serve() -> (Site, Server) {
    let bare = "[lmtp]\nreturn_path = false\nreceived = false\ndelivered_to = false\n";
    let config = ANY_PORTS.replace("[lmtp]\n", bare) + "[login]\nscram = true\n";
    let site = Site::new(&config);
    let server = site.serve();
    site.done(&["user", "add", "alice"], &format!("{PASSWORD}\n"));
    for number in 1..=MANY {
        server.deliver("alice@localhost", &message(number));
    }
    (site, server)
}

/// The port of a service.
pub fn port<'a>(server: &'a Server, service: &str) -> &'a str {
    server.place(service).rsplit_once(':').unwrap().1
}

/// How many messages are left.
pub fn left(server: &Server) -> usize {
    let mut pop3 = server.connect("pop3");
    pop3.line();
    pop3.ask("USER alice", "+OK");
    pop3.ask(&format!("PASS {PASSWORD}"), "+OK");
    let stat = pop3.ask("STAT", "+OK");
    pop3.ask("QUIT", "+OK");
    stat.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A file with secrets in it, as these clients insist on.
pub fn private(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A program that puts what it reads into a Maildir, then does something else.
fn deliverer(site: &Site, maildir: &Path, then: &str) -> PathBuf {
    let program = site.path().join("deliver");
    let new = maildir.join("new");
    let text = format!("#!/bin/sh\ncat > {}/$$.$(date +%N)\n{then}\n", new.display());
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

pub fn maildir(site: &Site) -> PathBuf {
    let maildir = site.path().join("maildir");
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(folder)).unwrap();
    }
    maildir
}

/// The messages in a folder of a Maildir, from their subjects on: clients put fields of their own in
/// front, and write line ends as the system does.
pub fn found(folder: &Path) -> Vec<(usize, String)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let text = String::from_utf8(fs::read(entry.unwrap().path()).unwrap()).unwrap();
            // getmail's field stands last in the header.
            let text = text.replace("\r\n", "\n").replace(GETMAIL_FIELD, "");
            let message = &text[text.find("Subject: number ").unwrap()..];
            let number = message.lines().next().unwrap().rsplit_once(' ').unwrap().1;
            (number.parse().unwrap(), message.to_owned())
        })
        .collect();
    found.sort();
    found
}

/// What has to be found.
pub fn expected() -> Vec<(usize, String)> {
    (1..=MANY).map(|number| (number, message(number).replace("\r\n", "\n"))).collect()
}

/// getmail, which downloads each message once; at last it deletes. `retriever` says from what.
pub fn getmail(site: &Site, server: &Server, retriever: &str) {
    let maildir = maildir(site);
    // It waits for the program that it gives a message to, and misses its end if that comes at once.
    let program = deliverer(site, &maildir, "sleep 0.2");
    let config = |options: &str| {
        format!(
            "[retriever]\n{retriever}server = 127.0.0.1\nusername = alice\npassword = {PASSWORD}\n\
             [destination]\ntype = MDA_external\npath = {}\nallow_root_commands = true\n\
             [options]\nread_all = false\ndelivered_to = false\nreceived = false\n{options}",
            program.display()
        )
    };
    let state = site.path().join("getmail");
    fs::create_dir(&state).unwrap();
    let fetch = |options: &str| {
        let file = private(state.join("rc"), &config(options));
        run(Command::new("getmail").arg("--getmaildir").arg(&state).arg("--rcfile").arg(&file));
    };
    let new = maildir.join("new");
    fetch("");
    assert_eq!(found(&new), expected());
    fetch("delete = false\n");
    assert_eq!(found(&new).len(), MANY);
    assert_eq!(left(server), MANY);
    fetch("delete = true\n");
    assert_eq!(found(&new).len(), MANY);
    assert_eq!(left(server), 0);
}

/// fetchmail, which passes each message on before it deletes it.
pub fn fetchmail(site: &Site, server: &Server, protocol: &str) {
    let maildir = maildir(site);
    let script = deliverer(site, &maildir, ":");
    let config = format!(
        "poll 127.0.0.1 protocol {protocol} port {} auth password\n\
         \x20 user alice password {PASSWORD}\n\
         \x20 mda {} sslproto \"\" nokeep fetchall no rewrite\n",
        port(server, protocol),
        script.display()
    );
    let file = private(site.path().join("fetchmailrc"), &config);
    let mut command = Command::new("fetchmail");
    command.arg("--fetchmailrc").arg(&file).arg("--invisible").arg("--nosyslog");
    command.env("FETCHMAILHOME", site.path()).env("HOME", site.path());
    run(&mut command);
    assert_eq!(found(&maildir.join("new")), expected());
    assert_eq!(left(server), 0);
}
