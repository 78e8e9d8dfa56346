//! Real POP3 clients, as Debian ships them, against the server. A client that is not installed is a
//! failure: `scripts/test` installs them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{ANY_PORTS, Server, Site};

const PASSWORD: &str = "secret";
/// How many messages there are.
const MANY: usize = 30;

/// What is delivered: lines with dots, long ones, 8-bit ones, of different sizes.
fn message(number: usize) -> String {
    let body = ".\r\n..two\r\n.x\r\ngr\u{fc}n\r\n".repeat(number % 7) + &"x".repeat(number * 13);
    format!("Subject: number {number}\r\nX-Number: {number}\r\n\r\n{body}\r\nend\r\n")
}

/// A server with one user, who has mail.
fn serve() -> (Site, Server) {
    let bare = "[lmtp]\nreturn_path = false\nreceived = false\ndelivered_to = false\n";
    let config = ANY_PORTS.replace("[lmtp]\n", bare) + "[login]\nscram = true\n";
    let site = Site::new(&config);
    let server = site.serve();
    site.done(&["user", "add", "alice"], &format!("{PASSWORD}\n"));
    let mut lmtp = server.connect("lmtp");
    lmtp.line();
    lmtp.ask("LHLO test", "250 ");
    for number in 1..=MANY {
        lmtp.ask("MAIL FROM:<a@b.example>", "250");
        lmtp.ask("RCPT TO:<alice@localhost>", "250");
        lmtp.ask("DATA", "354");
        let stuffed = message(number).replace("\r\n.", "\r\n..");
        lmtp.ask(&format!("{stuffed}."), "250");
    }
    (site, server)
}

fn port(server: &Server) -> String {
    server.place("pop3").rsplit_once(':').unwrap().1.to_owned()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A file with secrets in it, as these clients insist on.
fn private(path: PathBuf, text: &str) -> PathBuf {
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

fn maildir(site: &Site) -> PathBuf {
    let maildir = site.path().join("maildir");
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(folder)).unwrap();
    }
    maildir
}

/// The messages in a Maildir, from their numbers on: clients put fields of their own in front, and
/// write line ends as the system does.
fn found(maildir: &Path) -> Vec<(usize, String)> {
    let mut found: Vec<_> = fs::read_dir(maildir.join("new"))
        .unwrap()
        .map(|entry| {
            let text = String::from_utf8(fs::read(entry.unwrap().path()).unwrap()).unwrap();
            let text = text.replace("\r\n", "\n");
            let start = text.find("X-Number: ").unwrap();
            let rest = &text[start + "X-Number: ".len()..];
            let (number, body) = rest.split_once("\n\n").unwrap();
            let number = number.lines().next().unwrap().parse().unwrap();
            (number, body.to_owned())
        })
        .collect();
    found.sort();
    found
}

/// What has to be found.
fn expected() -> Vec<(usize, String)> {
    let body = |number| {
        let text = message(number).replace("\r\n", "\n");
        text.split_once("\n\n").unwrap().1.to_owned()
    };
    (1..=MANY).map(|number| (number, body(number))).collect()
}

/// How many messages are left.
fn left(server: &Server) -> String {
    let mut pop3 = server.connect("pop3");
    pop3.line();
    pop3.ask("USER alice", "+OK");
    pop3.ask(&format!("PASS {PASSWORD}"), "+OK");
    let stat = pop3.ask("STAT", "+OK");
    pop3.ask("QUIT", "+OK");
    stat.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn curl_lists_downloads_and_deletes() {
    let (_site, server) = serve();
    let url = format!("pop3://{}", server.place("pop3"));
    let curl = |arguments: &[&str]| {
        let user = format!("alice:{PASSWORD}");
        let mut command = Command::new("curl");
        let output =
            run(command.args(["--silent", "--show-error", "--user", &user]).args(arguments));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(curl(&[&format!("{url}/")]).lines().count(), MANY);
    assert_eq!(curl(&[&format!("{url}/3")]), message(3));
    assert_eq!(curl(&["--request", "UIDL", &format!("{url}/")]).lines().count(), MANY);
    curl(&["--request", "DELE 3", "--head", &format!("{url}/")]);
    assert_eq!(left(&server), (MANY - 1).to_string());

    let secure = format!("pop3s://{}", server.place("pop3s"));
    assert_eq!(curl(&["--insecure", &format!("{secure}/2")]), message(2));
    assert_eq!(curl(&["--insecure", "--ssl-reqd", &format!("{url}/2")]), message(2));
}

#[test]
fn poplib() {
    let (_site, server) = serve();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/poplib_session.py");
    let secure = server.place("pop3s").rsplit_once(':').unwrap().1;
    let mut command = Command::new("python3");
    let arguments = [&port(&server), secure, "alice", PASSWORD, &MANY.to_string()];
    run(command.arg(script).args(arguments));
    assert_eq!(left(&server), (MANY - 1).to_string());
}

/// Twice: what it has it does not download again. Then it deletes.
#[test]
fn getmail_downloads_each_message_once() {
    let (site, server) = serve();
    let maildir = maildir(&site);
    // It waits for the program that it gives a message to, and misses its end if that comes at once.
    let program = deliverer(&site, &maildir, "sleep 0.2");
    let config = |options: &str| {
        format!(
            "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {}\n\
             username = alice\npassword = {PASSWORD}\n\
             [destination]\ntype = MDA_external\npath = {}\nallow_root_commands = true\n\
             [options]\nread_all = false\ndelivered_to = false\nreceived = false\n{options}",
            port(&server),
            program.display()
        )
    };
    let state = site.path().join("getmail");
    fs::create_dir(&state).unwrap();
    let file = private(state.join("rc"), &config(""));
    let fetch = || {
        let mut command = Command::new("getmail");
        run(command.arg("--getmaildir").arg(&state).arg("--rcfile").arg(&file));
    };
    fetch();
    assert_eq!(found(&maildir), expected());
    fetch();
    assert_eq!(found(&maildir).len(), MANY);
    assert_eq!(left(&server), MANY.to_string());
    private(file.clone(), &config("delete = true\n"));
    fetch();
    assert_eq!(found(&maildir).len(), MANY);
    assert_eq!(left(&server), "0");
}

/// It passes each message on before it deletes it.
#[test]
fn fetchmail_empties_the_maildrop() {
    let (site, server) = serve();
    let maildir = maildir(&site);
    let script = deliverer(&site, &maildir, ":");
    let config = format!(
        "poll 127.0.0.1 protocol pop3 port {} auth password\n  user alice password {PASSWORD}\n\
         \x20 mda {} sslproto \"\" nokeep fetchall no rewrite\n",
        port(&server),
        script.display()
    );
    let file = private(site.path().join("fetchmailrc"), &config);
    let mut command = Command::new("fetchmail");
    command.arg("--fetchmailrc").arg(&file).arg("--invisible").arg("--nosyslog");
    command.env("FETCHMAILHOME", site.path()).env("HOME", site.path());
    run(&mut command);
    assert_eq!(found(&maildir), expected());
    assert_eq!(left(&server), "0");
}

/// Through STLS, pipelined, the password proven and not sent.
#[test]
fn mpop_pipelines_and_proves_its_password() {
    let (site, server) = serve();
    let maildir = maildir(&site);
    let config = format!(
        "account default\nhost 127.0.0.1\nport {}\nuser alice\npassword {PASSWORD}\n\
         tls on\ntls_starttls on\ntls_certcheck off\nauth scram-sha-256\npipelining on\nkeep off\n\
         received_header off\ndelivery maildir {}\nuidls_file {}/uidls\n",
        port(&server),
        maildir.display(),
        site.path().display()
    );
    let file = private(site.path().join("mpoprc"), &config);
    run(Command::new("mpop").arg("--quiet").arg(format!("--file={}", file.display())));
    assert_eq!(found(&maildir), expected());
    assert_eq!(left(&server), "0");
}
