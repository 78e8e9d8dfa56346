//! A user turns on a second factor over HTTP: from then on the account password is good there only,
//! with a code, and programs need passwords of their own.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{ANY_PORTS, Server, Site};
use harness::totp;
use serde_json::{Value, json};

/// Calls the API; the status, and what was answered.
fn call(server: &Server, (method, path): (&str, &str), token: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(server.place("http")).unwrap();
    let request = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn sign_in(server: &Server, code: Option<&str>) -> (u16, Value) {
    let shown = json!({ "name": "alice", "password": "sesame", "code": code });
    call(server, ("POST", "/session"), "", &shown)
}

/// What IMAP and POP3 say to a password.
fn log_in(server: &Server, password: &str) -> [bool; 2] {
    let mut imap = server.connect("imap");
    imap.line();
    let imap = imap.ask(&format!("a LOGIN alice {password}"), "a ").contains("a OK");
    let mut pop3 = server.connect("pop3");
    pop3.line();
    pop3.ask("USER alice", "+OK");
    pop3.send(&format!("PASS {password}"));
    let in_pop3 = pop3.line().starts_with("+OK");
    if in_pop3 {
        pop3.ask("QUIT", "+OK");
    }
    [imap, in_pop3]
}

fn served() -> (Site, Server) {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice", "--address", "alice@example.com"], "sesame\n");
    (site, server)
}

#[test]
fn with_one_the_password_opens_the_account_and_no_mail() {
    let (_site, server) = served();
    let (_, signed_in) = sign_in(&server, None);
    let token = signed_in["token"].as_str().unwrap();
    assert_eq!(log_in(&server, "sesame"), [true, true]);

    let path = "/users/me/second-factor";
    let (_, begun) = call(&server, ("POST", path), token, &Value::Null);
    let secret = begun["secret"].as_str().unwrap();
    let shown = json!({ "code": totp(secret, 0) });
    let (status, on) = call(&server, ("PUT", path), token, &shown);
    assert_eq!(status, 200, "{on}");
    assert_eq!(log_in(&server, "sesame"), [false, false]);
    let (status, problem) = sign_in(&server, None);
    assert_eq!((status, &problem["code"]), (401, &json!("code-wanted")));
    assert_eq!(sign_in(&server, Some(&totp(secret, 1))).0, 201);
    let recovery = on["recovery_codes"][0].as_str();
    assert_eq!(sign_in(&server, recovery).0, 201);
    assert_eq!(sign_in(&server, recovery).0, 401);

    let new = json!({ "label": "phone", "good_for": ["imap", "pop3"] });
    let (_, made) = call(&server, ("POST", "/users/me/app-passwords"), token, &new);
    assert_eq!(log_in(&server, made["password"].as_str().unwrap()), [true, true]);

    assert_eq!(call(&server, ("DELETE", path), token, &Value::Null).0, 204);
    assert_eq!(log_in(&server, "sesame"), [true, true]);
}

/// What is chosen over HTTP is what POP3 does.
#[test]
fn a_user_chooses_what_pop3_does() {
    let (_site, server) = served();
    let (_, signed_in) = sign_in(&server, None);
    let token = signed_in["token"].as_str().unwrap();
    server.deliver("alice@example.com", "Subject: hello\r\n\r\nworld\r\n");
    let chosen = json!({ "dele": "trash" });
    assert_eq!(call(&server, ("PUT", "/users/me/pop3"), token, &chosen), (200, chosen));

    let mut pop3 = server.connect("pop3");
    pop3.line();
    pop3.ask("USER alice", "+OK");
    pop3.ask("PASS sesame", "+OK");
    pop3.ask("DELE 1", "+OK");
    pop3.ask("QUIT", "+OK");
    let (_, mailboxes) = call(&server, ("GET", "/users/me/mailboxes"), token, &Value::Null);
    let of = |name: &str| {
        let all = mailboxes["items"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["messages"].clone()
    };
    assert_eq!((of("INBOX"), of("Trash")), (json!(0), json!(1)), "{mailboxes}");
}
