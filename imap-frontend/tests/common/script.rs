//! Plays transcripts.
//!
//! ```text
//! # A comment.
//! C: a1 NOOP            connection 1 sends a line; C2: the second connection does
//! S: a1 OK <any>        the next line from the server to connection 1
//! S~: * 1 EXISTS        lines in a row that begin like this may come in any order
//! S..: a1 OK <any>      passes over lines until one matches
//! S: <closed>           the server closes the connection
//! @max_message 1000     a setting, before the first line
//! @takes scram          what the directory takes beside passwords: scram or bearer
//! ```
//!
//! A connection is made when it is first used, and its greeting passed over, unless its name ends
//! in a `!` (`S!:`). In patterns `<any>` is any text, `<num>` a number, `<num:x>` a number that is
//! remembered as x, `<=x>` that number again, `<above:x>` a larger one. In all lines `<CRLF>` is a
//! line end, `<LF>` and `<NUL>` are what they say, `<1000*x>` is a thousand x; `[[text]]` is a
//! literal that is sent without waiting.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imap_frontend::Literals;
use mailstore::store::directory::Takes;

use super::client::Client;
use super::{On, Options, People, Server};

pub async fn play(name: &str, text: &str, on: On) {
    let mut player = Player { name, on, clients: HashMap::new(), numbers: HashMap::new(), line: 0 };
    let mut options = Options::default();
    for line in text.lines().filter(|line| line.starts_with('@')) {
        set(&mut options, line);
    }
    let server = Server::start(on, options).await;
    player.run(text, server.address).await;
    player.clients.clear();
    server.stop().await;
}

fn set(options: &mut Options, line: &str) {
    let (name, value) = line[1..].split_once(' ').expect("@name value");
    if name == "takes" {
        let takes = Takes { scram: value == "scram", bearer: value == "bearer" };
        options.directory = Arc::new(People { takes });
        return;
    }
    let number: u64 = value.trim().parse().expect("a number");
    match name {
        "max_message" => options.store.max_message = number,
        "memory" => options.store.memory = number,
        "memory_wait_ms" => options.imap.memory_wait = Duration::from_millis(number),
        "sessions_per_account" => options.imap.sessions_per_account = number as u32,
        "commands_before_login" => options.imap.commands_before_login = number as u32,
        "progress_ms" => options.imap.progress = Duration::from_millis(number),
        "literal_minus" => options.imap.literals = Literals::Minus,
        "bad_commands" => options.imap.bad_commands = number as u32,
        "login_ms" => options.wire.timeouts.login = Duration::from_millis(number),
        "idle_ms" => options.wire.timeouts.idle = Duration::from_millis(number),
        "command_ms" => options.wire.timeouts.command = Duration::from_millis(number),
        other => panic!("unknown setting {other}"),
    }
}

struct Player<'a> {
    name: &'a str,
    on: On,
    clients: HashMap<String, Client>,
    numbers: HashMap<String, u64>,
    line: usize,
}

impl Player<'_> {
    async fn run(&mut self, text: &str, address: SocketAddr) {
        let mut lines = text.lines().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            self.line = number + 1;
            if line.is_empty() || line.starts_with(['#', '@']) {
                continue;
            }
            let (head, rest) = split(line);
            let rest = self.unescape(rest);
            match head {
                Head::Client(name) => {
                    let client = self.client(name, address).await;
                    client.send(&[rest.as_bytes(), b"\r\n"].concat()).await;
                }
                Head::Server(name) => {
                    let said = self.hear(name, address).await;
                    self.expect(&rest, &said);
                }
                Head::Until(name) => loop {
                    let said = self.hear(name, address).await;
                    if self.matches(&rest, &said) {
                        break;
                    }
                    assert!(!said.is_empty(), "{}: closed, not {rest:?}", self.at());
                },
                Head::AnyOrder(name) => {
                    let mut wanted = vec![rest];
                    while let Some((number, line)) = lines.peek()
                        && let (Head::AnyOrder(next), more) = split(line)
                        && next == name
                    {
                        self.line = number + 1;
                        wanted.push(self.unescape(more));
                        lines.next();
                    }
                    while !wanted.is_empty() {
                        let said = self.hear(name, address).await;
                        let found = (0..wanted.len()).find(|i| self.matches(&wanted[*i], &said));
                        let Some(found) = found else {
                            panic!("{}: {said:?} is none of {wanted:?}", self.at());
                        };
                        wanted.remove(found);
                    }
                }
            }
        }
    }

    fn at(&self) -> String {
        format!("{}.imap:{} on {:?}", self.name, self.line, self.on)
    }

    async fn client(&mut self, name: &str, address: SocketAddr) -> &mut Client {
        if !self.clients.contains_key(name) {
            let client = match name.ends_with('!') {
                true => Client::connect_silently(address).await,
                false => Client::connect(address).await,
            };
            self.clients.insert(name.to_owned(), client);
        }
        self.clients.get_mut(name).unwrap()
    }

    async fn hear(&mut self, name: &str, address: SocketAddr) -> String {
        let line = self.client(name, address).await.line().await;
        String::from_utf8_lossy(&line).into_owned()
    }

    fn expect(&mut self, pattern: &str, said: &str) {
        if pattern == "<closed>" {
            assert_eq!(said, "", "{}: the connection is open", self.at());
        } else {
            assert!(
                self.matches(pattern, said),
                "{}\nwanted {pattern:?}\n  said {said:?}",
                self.at()
            );
        }
    }

    fn unescape(&self, line: &str) -> String {
        let mut line = line.replace("<CRLF>", "\r\n").replace("<LF>", "\n").replace("<NUL>", "\0");
        while let Some((before, (count, text), after)) = repeated(&line) {
            line = [before, &text.repeat(count), after].concat();
        }
        while let Some((before, rest)) = line.split_once("[[") {
            let (literal, after) = rest.split_once("]]").expect("]]");
            line = format!("{before}{{{}+}}\r\n{literal}{after}", literal.len());
        }
        for (name, number) in &self.numbers {
            line = line.replace(&format!("<={name}>"), &number.to_string());
        }
        line
    }

    /// Does the line match? Remembers its numbers if it does.
    fn matches(&mut self, pattern: &str, said: &str) -> bool {
        let mut numbers = self.numbers.clone();
        let matches = matches(pattern, said, &mut numbers);
        if matches {
            self.numbers = numbers;
        }
        matches
    }
}

fn repeated(line: &str) -> Option<(&str, (usize, &str), &str)> {
    line.match_indices('<').find_map(|(start, _)| {
        let (inner, after) = line[start + 1..].split_once('>')?;
        let (count, text) = inner.split_once('*')?;
        Some((&line[..start], (count.parse().ok()?, text), after))
    })
}

enum Head<'a> {
    Client(&'a str),
    Server(&'a str),
    AnyOrder(&'a str),
    Until(&'a str),
}

fn split(line: &str) -> (Head<'_>, &str) {
    let (head, rest) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let name = &head[1..];
    let head = match (&head[..1], name) {
        ("C", name) => Head::Client(name),
        (_, name) if name.ends_with("..") => Head::Until(&name[..name.len() - 2]),
        (_, name) if name.ends_with('~') => Head::AnyOrder(&name[..name.len() - 1]),
        (_, name) => Head::Server(name),
    };
    (head, rest)
}

fn matches(pattern: &str, said: &str, numbers: &mut HashMap<String, u64>) -> bool {
    let start = pattern.match_indices('<').map(|(at, _)| at).find(|at| is_wild(&pattern[*at..]));
    let start = start.unwrap_or(pattern.len());
    let (plain, rest) = pattern.split_at(start);
    let Some(said) = said.strip_prefix(plain) else { return false };
    if rest.is_empty() {
        return said.is_empty();
    }
    let Some((wild, rest)) = rest[1..].split_once('>') else { return said == pattern };
    if wild == "any" {
        let ends = said.char_indices().map(|(at, _)| at).chain([said.len()]);
        return ends.into_iter().any(|at| matches(rest, &said[at..], numbers));
    }
    let digits = said.len() - said.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let Ok(number) = said[..digits].parse::<u64>() else { return false };
    let fits = match wild.split_once(':') {
        None => wild == "num",
        Some(("num", name)) => {
            numbers.insert(name.to_owned(), number);
            true
        }
        Some(("above", name)) => number > numbers[name],
        Some(_) => false,
    };
    fits && matches(rest, &said[digits..], numbers)
}

/// A wildcard, and not a `<` of IMAP's.
fn is_wild(pattern: &str) -> bool {
    ["<any>", "<num>", "<num:", "<above:"].iter().any(|wild| pattern.starts_with(wild))
}
