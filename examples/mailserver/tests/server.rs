//! The server as an operator sees it: starting, stopping, users, refusals.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{ANY_PORTS, Site};
use rustix::process::Signal;

#[test]
fn a_newcomer_is_told_what_to_type() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.wait_for_log("made one that is signed by nobody");
    let mode = |path| fs::metadata(site.data().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("control.sock"), mode("tls/key.pem")), (0o700, 0o600, 0o600));
    let (status, printed) = server.stop(Signal::TERM);
    assert!(status.success());
    assert!(printed.contains(" user add alice"), "{printed}");
    assert!(
        printed.contains("\n  http://127.0.0.1:") && printed.contains("\n  mst_0_"),
        "{printed}"
    );
    assert!(site.log().contains("made a root token"), "and it is not in the log itself");
    assert!(!site.log().contains("mst_"), "{}", site.log());
    assert!(printed.contains("smtplib.LMTP(\"127.0.0.1\", "), "{printed}");

    site.done(&["user", "add", "alice", "--no-password"], "");
    let (_, printed) = site.serve().stop(Signal::TERM);
    assert_eq!(printed, "", "nothing once there is a user");
    assert!(!site.log().contains("signed by nobody"), "the certificate is kept");
}

#[test]
fn users_are_managed_while_the_server_runs_and_while_it_does_not() {
    let site = Site::new(ANY_PORTS);
    let add = ["user", "add", "Alice", "--address", "alice@example.com", "--quota-bytes", "9000"];
    assert_eq!(site.done(&add, "sesame\n"), "added alice as account 1\n");
    let server = site.serve();
    assert_eq!(
        site.done(&["user", "add", "bob@b.example"], "x"),
        "added bob@b.example as account 2\n"
    );
    assert_eq!(site.done(&["user", "passwd", "alice"], "other\n"), "alice has a new password\n");
    assert_eq!(site.done(&["user", "disable", "bob@b.example"], ""), "bob@b.example is disabled\n");
    let again = site.refused(&["user", "add", "alice"], "x\n");
    assert_eq!(again, "mailserver: there is already a user alice\n");
    let list = "1\talice\tactive\t9000\t-\talice@example.com\n\
        2\tbob@b.example\tdisabled\t-\t-\tbob@b.example\n";
    assert_eq!(site.done(&["user", "list"], ""), list);
    server.stop(Signal::TERM);
    assert_eq!(site.done(&["user", "list"], ""), list);
    assert_eq!(site.done(&["user", "enable", "bob@b.example"], ""), "bob@b.example is enabled\n");
}

#[test]
fn a_password_must_be_given() {
    let site = Site::new(ANY_PORTS);
    let refused = site.refused(&["user", "add", "alice"], "");
    assert_eq!(refused, "mailserver: asking for the password: nothing was given\n");
    let refused = site.refused(&["user", "add", "alice"], "\n");
    assert_eq!(refused, "mailserver: the password is empty\n");
    assert_eq!(site.done(&["user", "list"], ""), "");
}

#[test]
fn a_second_server_is_refused_by_name() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    let refused = site.refused(&["serve"], "");
    let says = format!("process {} has it open", server.pid());
    assert!(refused.contains(&says) && refused.contains("mailstore-data"), "{refused}");
}

#[test]
fn a_signal_ends_it_cleanly() {
    let site = Site::new(ANY_PORTS);
    for signal in [Signal::TERM, Signal::INT] {
        let server = site.serve();
        let mut idle = server.connect("lmtp");
        assert!(idle.line().starts_with("220 "));
        let (status, _) = server.stop(signal);
        assert_eq!(status.code(), Some(0));
        assert!(idle.rest().starts_with("421 "), "told that it is over");
        assert!(site.log().contains("stopped"));
        assert!(!site.data().join("control.sock").exists());
    }
}

#[test]
fn after_a_kill_it_starts_again() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice", "--no-password"], "");
    server.stop(Signal::KILL);
    assert_eq!(site.done(&["user", "list"], ""), "1\talice\tactive\t-\t-\t\n");
    site.serve();
    assert_eq!(site.done(&["user", "list"], ""), "1\talice\tactive\t-\t-\t\n");
}

#[test]
fn certificates_are_read_again_at_sighup() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    server.signal(Signal::HUP);
    site.wait_for_log("certificates read again");
    fs::write(site.data().join("tls/certificate.pem"), "nonsense").unwrap();
    server.signal(Signal::HUP);
    site.wait_for_log("the old ones stay");
    assert!(server.stop(Signal::TERM).0.success());
}

#[test]
fn a_service_is_switched_off_by_itself() {
    let site = Site::new(&ANY_PORTS.replace("[lmtp]\n", "[lmtp]\nenabled = false\n"));
    let server = site.serve();
    assert!(!server.offers("lmtp"));
    assert!(site.done(&["config"], "").contains("[lmtp]\nenabled = false\n"));
}

#[test]
fn a_mistake_in_the_file_is_named() {
    let site = Site::new("[imap]\nlisen = []\n");
    for command in ["serve", "config"] {
        let refused = site.refused(&[command], "");
        assert!(refused.contains("mailserver.toml"), "{refused}");
        assert!(refused.contains("line 2") && refused.contains("`lisen`"), "{refused}");
    }
    let site = Site::new("[log]\nfilter = \"a=b=c\"\n");
    assert!(site.refused(&["serve"], "").contains("the log filter \"a=b=c\""));
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let site = Site::new(&format!("[lmtp]\nlisten = [\"{address}\"]\n"));
    let refused = site.refused(&["serve"], "");
    assert!(refused.contains(&format!("listening at {address} for lmtp")), "{refused}");
}

#[test]
fn mail_is_delivered_to_a_user() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice", "--address", "alice@example.com"], "sesame\n");
    let mut lmtp = server.connect("lmtp");
    assert!(lmtp.line().starts_with("220 localhost "));
    lmtp.ask("LHLO me.example", "250 ");
    lmtp.ask("MAIL FROM:<me@example.com>", "250 ");
    lmtp.ask("RCPT TO:<Alice+lists@Example.com>", "250 ");
    lmtp.ask("RCPT TO:<alice@localhost>", "250 ");
    lmtp.ask("RCPT TO:<bob@example.com>", "550 5.1.1 ");
    lmtp.ask("DATA", "354 ");
    let replies =
        lmtp.ask("Subject: hello\r\n\r\nHello.\r\n.\r\nNOOP", "250 ") + &lmtp.line() + &lmtp.line();
    assert_eq!(replies.lines().filter(|line| line.starts_with("250 ")).count(), 3, "{replies}");
    let mut imap = server.connect("imap");
    assert!(imap.line().starts_with("* OK "));
    assert!(imap.ask("a LOGIN alice wrong", "a ").contains("a NO [AUTHENTICATIONFAILED]"));
    assert!(imap.ask("b LOGIN alice@example.com sesame", "b ").contains("b OK "));
    assert!(imap.ask("c SELECT INBOX", "c ").contains("* 1 EXISTS"), "one copy for each account");
    let body = imap.ask("d FETCH 1 BODY.PEEK[]", "d ");
    assert!(body.contains("Subject: hello\r\n\r\nHello.\r\n"), "{body}");
    let sound = "read 1 users, 1 addresses, 1 accounts, ";
    let checked = site.done(&["check"], "");
    assert!(checked.starts_with(sound) && checked.ends_with("found 0 faults\n"), "{checked}");
    server.stop(Signal::TERM);
    assert_eq!(site.done(&["check"], ""), checked);
}

#[test]
fn a_check_lists_faults_and_fails() {
    let site = Site::new(ANY_PORTS);
    let nothing = site.refused(&["check"], "");
    assert!(nothing.contains("there is no mail store in it"), "{nothing}");
    site.done(&["user", "add", "alice", "--no-password"], "");
    fs::create_dir_all(site.data().join("blobs/00")).unwrap();
    fs::write(site.data().join("blobs/00/stray"), "x").unwrap();
    let output = site.run(&["check"], "");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("stray") && printed.ends_with("found 1 faults\n"), "{printed}");
}
