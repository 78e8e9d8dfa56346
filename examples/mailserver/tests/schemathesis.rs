//! schemathesis (PyPI) makes calls of all kinds from the description that the server gives of itself,
//! and finds no failure of the server and nothing that is answered otherwise than described.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{ANY_PORTS, Server, Site};

/// A stream of events does not end, and schemathesis waits for the end of an answer.
const ENDLESS: &str = "stream_events";

/// What takes away what other calls need. Where things that are there are asked for, it has a server
/// of its own.
const TAKES_AWAY: [&str; 3] = ["delete_user", "delete_message", "change_messages"];

/// What is looked at, whatever is sent. What a schema cannot say (that a text is a cursor of that list,
/// a flag, an address) is not asked for.
const ANSWERS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method";

fn program() -> PathBuf {
    harness::service("MAILSTORE_TEST_SCHEMATHESIS").into()
}

/// A server with one user, who has mail.
fn serve() -> (Site, Server, String) {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice", "--address", "alice@example.com"], "sesame\n");
    let printed = site.done(&["token", "add", "--root"], "");
    let token = printed.split_whitespace().find(|word| word.starts_with("mst_")).unwrap();
    for _ in 0..3 {
        server.deliver("alice@example.com", "Subject: hello\r\n\r\nworld\r\n");
    }
    (site, server, token.to_owned())
}

fn run(options: &[&str], operations: &[&str]) {
    let (site, server, token) = serve();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let mut command = Command::new(program());
    command.current_dir(site.path()).env("PYTHONPATH", &here).env("SCHEMATHESIS_HOOKS", "hooks");
    for option in options {
        command.arg(option.replace("HERE", &here.display().to_string()));
    }
    command.arg("run").arg(format!("http://{}/api/v1/openapi.json", server.place("http")));
    command.arg("--header").arg(format!("Authorization: Bearer {token}"));
    command.args(["--checks", &ANSWERS.replace(' ', ""), "--max-examples", "8", "--no-color"]);
    command.args(["--phases", "coverage,fuzzing", "--request-timeout", "60", "--seed", "1"]);
    command.args(operations);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("passed"), "{said}");
}

#[test]
fn it_answers_as_described_whatever_is_asked() {
    run(&[], &["--exclude-operation-id", ENDLESS]);
}

#[test]
fn it_answers_as_described_of_what_is_there() {
    let mut operations = vec!["--exclude-operation-id", ENDLESS];
    operations.extend(TAKES_AWAY.iter().flat_map(|one| ["--exclude-operation-id", one]));
    run(&["--config-file=HERE/things.toml"], &operations);
}

#[test]
fn it_answers_as_described_when_what_is_there_is_taken_away() {
    let operations: Vec<_> =
        TAKES_AWAY.iter().flat_map(|one| ["--include-operation-id", one]).collect();
    run(&["--config-file=HERE/things.toml"], &operations);
}
