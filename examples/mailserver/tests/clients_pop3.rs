//! Real POP3 clients, as Debian ships them, against the server. A client that is not installed is a
//! failure: `scripts/test` installs them.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::Command;

use common::maildrop::{self, MANY, PASSWORD, expected, found, left, message, port, serve};
use common::run;

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
    assert_eq!(left(&server), MANY - 1);

    let secure = format!("pop3s://{}", server.place("pop3s"));
    assert_eq!(curl(&["--insecure", &format!("{secure}/2")]), message(2));
    assert_eq!(curl(&["--insecure", "--ssl-reqd", &format!("{url}/2")]), message(2));
}

#[test]
fn poplib() {
    let (_site, server) = serve();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/poplib_session.py");
    let (plain, secure) = (port(&server, "pop3"), port(&server, "pop3s"));
    let mut command = Command::new("python3");
    run(command.arg(script).args([plain, secure, "alice", PASSWORD, &MANY.to_string()]));
    assert_eq!(left(&server), MANY - 1);
}

#[test]
fn getmail_downloads_each_message_once() {
    let (site, server) = serve();
    let port = port(&server, "pop3");
    maildrop::getmail(&site, &server, &format!("type = SimplePOP3Retriever\nport = {port}\n"));
}

#[test]
fn fetchmail_empties_the_maildrop() {
    let (site, server) = serve();
    maildrop::fetchmail(&site, &server, "pop3");
}

/// Through STLS, pipelined, the password proven and not sent.
#[test]
fn mpop_pipelines_and_proves_its_password() {
    let (site, server) = serve();
    let maildir = maildrop::maildir(&site);
    let config = format!(
        "account default\nhost 127.0.0.1\nport {}\nuser alice\npassword {PASSWORD}\n\
         tls on\ntls_starttls on\ntls_certcheck off\nauth scram-sha-256\npipelining on\nkeep off\n\
         received_header off\ndelivery maildir {}\nuidls_file {}/uidls\n",
        port(&server, "pop3"),
        maildir.display(),
        site.path().display()
    );
    let file = maildrop::private(site.path().join("mpoprc"), &config);
    run(Command::new("mpop").arg("--quiet").arg(format!("--file={}", file.display())));
    assert_eq!(found(&maildir.join("new")), expected());
    assert_eq!(left(&server), 0);
}
