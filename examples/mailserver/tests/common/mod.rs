//! The binary, run as an operator runs it.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

pub mod maildrop;
pub mod mongodb;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use harness::service;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_mailserver");

/// Every service on a port that the system chooses; all else as without a file.
pub const ANY_PORTS: &str = "[imap]\nlisten = [\"127.0.0.1:0\"]\n\
    [imaps]\nlisten = [\"127.0.0.1:0\"]\n[lmtp]\nlisten = [\"127.0.0.1:0\"]\n\
    [pop3]\nlisten = [\"127.0.0.1:0\"]\n[pop3s]\nlisten = [\"127.0.0.1:0\"]\n\
    [http]\nlisten = [\"127.0.0.1:0\"]\n";

/// The name of the database that a test has on the services that `scripts/services` starts, if
/// `MAILSTORE_TEST_ON` says that it runs there.
fn database() -> Option<String> {
    let unused = || format!("mailstore_test_{:032x}", mailstore::random::Random::draw().0);
    std::env::var_os("MAILSTORE_TEST_ON").map(|_| unused())
}

/// What a configuration says of the store.
fn backend(database: &str) -> String {
    let blobs = match service("MAILSTORE_TEST_ON").as_str() {
        "mongodb" => "store".to_owned(),
        "s3" => format!("s3://mail/{database}"),
        other => panic!("MAILSTORE_TEST_ON={other}: there is none"),
    };
    format!(
        "[backend]\nstore = \"mongodb\"\nblobs = \"{blobs}\"\nbeacon = \"{}\"\n\
         [backend.mongodb]\nuri = \"{}\"\ndatabase = \"{database}\"\n\
         [backend.blob_options]\nendpoint = \"{}\"\nallow_http = \"true\"\n\
         access_key_id = \"key\"\nsecret_access_key = \"secret\"\nregion = \"us-east-1\"\n",
        service("MAILSTORE_TEST_REDIS"),
        service("MAILSTORE_TEST_MONGODB"),
        service("MAILSTORE_TEST_S3"),
    )
}

/// Runs a program that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A directory with a configuration file, in which commands are run.
pub struct Site {
    directory: TempDir,
    database: Option<String>,
}

impl Site {
    pub fn new(config: &str) -> Self {
        let (directory, database) = (tempfile::tempdir().unwrap(), database());
        let backend = database.as_deref().map(backend).unwrap_or_default();
        let config = format!("{config}\n{backend}");
        fs::write(directory.path().join("mailserver.toml"), config).unwrap();
        Self { directory, database }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.path().join("mailstore-data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.path()).env_remove("RUST_LOG");
        command.env_remove("MAILSTORE_PASSWORD");
        command
    }

    /// Runs a command to its end with something to read.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed; what it printed.
    pub fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail; what it said.
    pub fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Starts the server and waits until it runs.
    pub fn serve(&self) -> Server {
        self.serve_in(&[])
    }

    /// The same, with more in its environment.
    pub fn serve_in(&self, environment: &[(&str, &Path)]) -> Server {
        let log = File::create(self.path().join("log")).unwrap();
        let mut command = self.command(&[]);
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut places = HashMap::new();
        loop {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "not started: {}", self.log());
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                [] => break,
                [service, place] => drop(places.insert(service.to_owned(), place.to_owned())),
                _ => {}
            }
        }
        Server { child, stdout, places }
    }

    /// What the server has logged; nothing before it was started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Waits until the server has logged something.
    pub fn wait_for_log(&self, text: &str) {
        for _ in 0..600 {
            if self.log().contains(text) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{text:?} is not in the log: {}", self.log());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(database) = &self.database {
            mongodb::drop_database(&service("MAILSTORE_TEST_MONGODB"), database);
        }
    }
}

/// A running server; killed if it is dropped.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    places: HashMap<String, String>,
}

impl Server {
    pub fn offers(&self, service: &str) -> bool {
        self.places.contains_key(service)
    }

    /// Where a service listens.
    pub fn place(&self, service: &str) -> &str {
        &self.places[service]
    }

    pub fn connect(&self, service: &str) -> Client {
        let stream = TcpStream::connect(&self.places[service]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Client(BufReader::new(stream))
    }

    /// Delivers a message, which ends in a newline, by LMTP.
    pub fn deliver(&self, to: &str, message: &str) {
        let mut lmtp = self.connect("lmtp");
        lmtp.line();
        lmtp.ask("LHLO client.example", "250 ");
        lmtp.ask("MAIL FROM:<bob@example.com>", "250 ");
        lmtp.ask(&format!("RCPT TO:<{to}>"), "250 ");
        lmtp.ask("DATA", "354 ");
        let stuffed = message.replace("\r\n.", "\r\n..");
        lmtp.ask(&format!("{stuffed}."), "250 2.0.0 ");
        lmtp.ask("QUIT", "221 ");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Sends a signal that ends it; how it ended, and what it printed after it was started.
    pub fn stop(mut self, signal: Signal) -> (ExitStatus, String) {
        self.signal(signal);
        let status = self.child.wait().unwrap();
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed).unwrap();
        (status, printed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that speaks in lines.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// Sends a line.
    pub fn send(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// Sends a line and reads until one that starts like that; everything read.
    pub fn ask(&mut self, line: &str, last: &str) -> String {
        self.send(line);
        let mut answer = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "closed after {answer:?}");
            answer += &line;
            if line.starts_with(last) {
                return answer;
            }
        }
    }

    /// Everything until the server closes.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        rest
    }
}
