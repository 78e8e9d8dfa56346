//! Real LMTP clients, as Debian ships them, against the server: swaks, Postfix's smtp-source, and
//! Postfix itself. What is not installed is a failure: `scripts/test` installs it.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use common::{ANY_PORTS, Server, Site};

const PASSWORD: &str = "secret";

/// A server with two users; `more` stands in `[lmtp]`.
fn serve(more: &str) -> (Site, Server) {
    let site = Site::new(&ANY_PORTS.replace("[lmtp]\n", &format!("[lmtp]\n{more}\n")));
    let server = site.serve();
    for user in ["alice", "bob"] {
        let address = format!("{user}@hosted.example");
        site.done(&["user", "add", user, "--address", &address], &format!("{PASSWORD}\n"));
    }
    (site, server)
}

fn port(server: &Server) -> String {
    server.place("lmtp").rsplit_once(':').unwrap().1.to_owned()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&said));
    output
}

/// The messages of a user, by POP3.
fn messages(server: &Server, user: &str) -> Vec<String> {
    let mut pop3 = server.connect("pop3");
    pop3.line();
    pop3.ask(&format!("USER {user}"), "+OK");
    pop3.ask(&format!("PASS {PASSWORD}"), "+OK");
    let stat = pop3.ask("STAT", "+OK");
    let count: usize = stat.split(' ').nth(1).unwrap().parse().unwrap();
    let messages = (1..=count)
        .map(|number| {
            let answer = pop3.ask(&format!("RETR {number}"), ".\r\n");
            let message = answer.split_once("\r\n").unwrap().1;
            message.strip_suffix(".\r\n").unwrap().to_owned()
        })
        .collect();
    // The maildrop is free for the next session once this is answered.
    pop3.ask("QUIT", "+OK");
    messages
}

/// Waits until a user has so many messages.
fn wait_for(server: &Server, user: &str, count: usize) -> Vec<String> {
    for _ in 0..600 {
        let found = messages(server, user);
        if found.len() >= count {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{user} has not got {count} messages");
}

#[test]
fn swaks_delivers_to_several_through_tls_and_as_a_proxy() {
    let (_site, server) = serve("xclient = [\"127.0.0.1\"]");
    let swaks = |arguments: &[&str]| {
        let mut command = Command::new("swaks");
        let to = "alice@hosted.example,bob@hosted.example";
        command.args(["--protocol", "LMTP", "--server", "127.0.0.1", "--port", &port(&server)]);
        command.args(["--from", "me@example.com", "--to", to]).args(arguments);
        String::from_utf8(run(&mut command).stdout).unwrap()
    };
    swaks(&["--header", "Subject: first", "--body", "hello"]);
    swaks(&["--tls", "--header", "Subject: second", "--body", ".\n.."]);
    let xclient = ["--xclient-addr", "192.0.2.7", "--xclient-name", "mx.example"];
    swaks(&[&xclient[..], &["--header", "Subject: third"]].concat());
    for user in ["alice", "bob"] {
        let found = messages(&server, user);
        assert_eq!(found.len(), 3);
        for (message, subject) in found.iter().zip(["first", "second", "third"]) {
            assert!(message.contains(&format!("\r\nSubject: {subject}\r\n")), "{message}");
            assert!(message.contains(&format!("Delivered-To: {user}@hosted.example\r\n")));
        }
        assert!(found[1].contains(" with LMTPS\r\n"), "{}", found[1]);
        assert!(found[2].contains("(mx.example [192.0.2.7])"), "{}", found[2]);
    }
}

/// Several connections at a time, several recipients a message, all to one mailbox.
#[test]
fn smtp_source_delivers_as_much_as_it_says() {
    let (site, server) = serve("");
    site.done(&["user", "add-address", "alice", "*@many.example"], "");
    let mut command = Command::new("/usr/sbin/smtp-source");
    command.args(["-L", "-s", "4", "-m", "40", "-r", "3", "-l", "3000"]);
    command.args(["-f", "me@example.com", "-t", "x@many.example"]);
    run(command.arg(format!("127.0.0.1:{}", port(&server))));
    let found = messages(&server, "alice");
    assert_eq!(found.len(), 40, "each message once, whoever else it is for");
    assert!(found.iter().all(|message| message.len() > 3_000));
}

/// A whole mail transfer agent in a directory of its own.
struct Postfix<'a> {
    directory: &'a Path,
    port: u16,
}

impl<'a> Postfix<'a> {
    fn start(site: &'a Site, server: &Server) -> Self {
        let directory = site.path();
        // Its processes are other users.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["queue", "data"] {
            fs::create_dir(directory.join(folder)).unwrap();
        }
        run(Command::new("chown").arg("postfix").arg(directory.join("data")));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let main = include_str!("clients/postfix_main.cf")
            .replace("DIRECTORY", directory.to_str().unwrap())
            .replace("LMTP", server.place("lmtp"));
        let master = include_str!("clients/postfix_master.cf").replace("PORT", &port.to_string());
        fs::write(directory.join("main.cf"), main).unwrap();
        fs::write(directory.join("master.cf"), master).unwrap();
        let postfix = Self { directory, port };
        run(&mut postfix.command("start"));
        postfix
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.directory).arg(what);
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("maillog")).unwrap()
    }
}

impl Drop for Postfix<'_> {
    fn drop(&mut self) {
        let _ = self.command("stop").status();
    }
}

/// Real mail, with recipients that are there and one that is not: it is bounced, the others are
/// delivered.
#[test]
fn postfix_delivers() {
    let (site, server) = serve("");
    let postfix = Postfix::start(&site, &server);
    let swaks = |to: &str, body: &str| {
        let mut command = Command::new("swaks");
        command.args(["--server", "127.0.0.1", "--port", &postfix.port.to_string()]);
        command.args(["--from", "bob@hosted.example", "--to", to, "--body", body]);
        run(&mut command);
    };
    let long = "gr\u{fc}n .\n.\n..\n".repeat(2_000);
    swaks("alice@hosted.example", &long);
    let alice = wait_for(&server, "alice", 1);
    assert!(alice[0].contains("Return-Path: <bob@hosted.example>\r\n"), "{}", postfix.log());
    let mut command = Command::new("/usr/sbin/smtp-source");
    command.args(["-s", "3", "-m", "30", "-l", "20000", "-f", "me@example.com"]);
    command.args(["-t", "alice@hosted.example"]);
    run(command.arg(format!("127.0.0.1:{}", postfix.port)));
    assert_eq!(wait_for(&server, "alice", 31).len(), 31);

    swaks("nobody@hosted.example,alice@hosted.example", "to one who is not there");
    assert_eq!(wait_for(&server, "alice", 32).len(), 32);
    let bounce = wait_for(&server, "bob", 1);
    assert!(bounce[0].contains("550 5.1.1 <nobody@hosted.example>"), "{}", bounce[0]);
    assert!(postfix.log().contains("status=sent (250 2.0.0 <alice@hosted.example> "));
}
