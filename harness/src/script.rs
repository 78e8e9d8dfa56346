//! Plays transcripts.
//!
//! ```text
//! # A comment.
//! C: a1 NOOP            connection 1 sends a line; C2: the second connection does
//! R: BDAT 3<CRLF>abc    connection 1 sends this and no line end
//! S: a1 OK <any>        the next line from the server to connection 1
//! S~: * 1 EXISTS        lines in a row that begin like this may come in any order
//! S..: a1 OK <any>      passes over lines until one matches
//! S: <closed>           the server closes the connection
//! X: 2                  that connection is dropped
//! A: append text        something happens behind the server's back, or is checked there
//! @max_message 1000     a setting, before the first line
//! ```
//!
//! A connection is made when it is first used, and its greeting passed over, unless its name ends
//! in a `!` (`S!:`). In patterns `<any>` is any text, `<num>` a number, `<num:x>` a number and
//! `<id:x>` a word that is remembered as x, `<=x>` that again, `<above:x>` a larger number. In all
//! lines `<CRLF>`, `<CR>`, `<LF>` and `<NUL>` are what they say, `<1000*x>` is a thousand x; `[[text]]`
//! is a literal of IMAP's that is sent without waiting.

use std::collections::HashMap;
use std::iter::Peekable;
use std::net::SocketAddr;
use std::str::Lines;

use crate::on::On;
use crate::pattern::Words;
use crate::server::{Front, Server};

/// A client that a script speaks through.
pub trait Talk: Sized {
    /// Connects, and passes over the greeting.
    async fn greeted(address: SocketAddr) -> Self;

    /// Connects.
    async fn silent(address: SocketAddr) -> Self;

    /// Sends bytes.
    async fn send(&mut self, bytes: &[u8]);

    /// The next line; empty at the end of the connection.
    async fn line(&mut self) -> String;
}

/// A front-end whose scripts are played.
pub trait Scene: Front + Default {
    /// The client.
    type Client: Talk;

    /// Sets what a line `@name value` says.
    fn set(&mut self, name: &str, value: &str);

    /// Does what a line `A:` says, or says why it is not so.
    async fn act(server: &Server, what: &str) -> Result<(), String> {
        Err(format!("{} does nothing: {what}", server.address))
    }
}

/// Plays a script.
pub async fn play<S: Scene>(name: &str, text: &str, on: On) {
    let mut scene = S::default();
    for line in text.lines().filter_map(|line| line.strip_prefix('@')) {
        let (name, value) = line.split_once(' ').expect("@name value");
        scene.set(name, value.trim());
    }
    let server = Server::start(on, scene).await;
    let (clients, words) = (HashMap::new(), Words::default());
    let mut player = Player::<S> { name, on, server: &server, clients, words, line: 0 };
    player.run(text).await;
    player.clients.clear();
    server.stop().await;
}

struct Player<'a, S: Scene> {
    name: &'a str,
    on: On,
    server: &'a Server,
    clients: HashMap<String, S::Client>,
    words: Words,
    line: usize,
}

/// The lines of a script that are left, with their numbers.
type Rest<'a> = Peekable<std::iter::Enumerate<Lines<'a>>>;

impl<S: Scene> Player<'_, S> {
    async fn run(&mut self, text: &str) {
        let mut lines = text.lines().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            self.line = number + 1;
            if line.is_empty() || line.starts_with(['#', '@']) {
                continue;
            }
            let (head, rest) = split(line);
            let rest = self.words.unescape(rest);
            match head {
                Head::Act => {
                    let done = S::act(self.server, &rest).await;
                    done.unwrap_or_else(|error| panic!("{}: {error}", self.at()));
                }
                Head::Drop => drop(self.clients.remove(rest.trim_start_matches('1'))),
                Head::Line(name) => {
                    self.client(name).await.send(&[rest.as_bytes(), b"\r\n"].concat()).await;
                }
                Head::Raw(name) => self.client(name).await.send(rest.as_bytes()).await,
                Head::Server(name) => {
                    let said = self.client(name).await.line().await;
                    self.expect(&rest, &said);
                }
                Head::Until(name) => self.pass_over(name, &rest).await,
                Head::AnyOrder(name) => self.in_any_order(name, rest, &mut lines).await,
            }
        }
    }

    async fn pass_over(&mut self, name: &str, pattern: &str) {
        loop {
            let said = self.client(name).await.line().await;
            if self.words.matches(pattern, &said) {
                return;
            }
            assert!(!said.is_empty(), "{}: closed, not {pattern:?}", self.at());
        }
    }

    async fn in_any_order(&mut self, name: &str, first: String, lines: &mut Rest<'_>) {
        let mut wanted = vec![first];
        while let Some((number, line)) = lines.peek()
            && let (Head::AnyOrder(next), more) = split(line)
            && next == name
        {
            self.line = number + 1;
            wanted.push(self.words.unescape(more));
            lines.next();
        }
        while !wanted.is_empty() {
            let said = self.client(name).await.line().await;
            let found = (0..wanted.len()).find(|i| self.words.matches(&wanted[*i], &said));
            let Some(found) = found else {
                panic!("{}: {said:?} is none of {wanted:?}", self.at());
            };
            wanted.remove(found);
        }
    }

    fn at(&self) -> String {
        format!("{}:{} on {:?}", self.name, self.line, self.on)
    }

    async fn client(&mut self, name: &str) -> &mut S::Client {
        if !self.clients.contains_key(name) {
            let client = match name.ends_with('!') {
                true => S::Client::silent(self.server.address).await,
                false => S::Client::greeted(self.server.address).await,
            };
            self.clients.insert(name.to_owned(), client);
        }
        self.clients.get_mut(name).unwrap()
    }

    fn expect(&mut self, pattern: &str, said: &str) {
        if pattern == "<closed>" {
            assert_eq!(said, "", "{}: the connection is open", self.at());
        } else {
            let matches = self.words.matches(pattern, said);
            assert!(matches, "{}\nwanted {pattern:?}\n  said {said:?}", self.at());
        }
    }
}

/// What a line of a script is.
enum Head<'a> {
    Act,
    Drop,
    Line(&'a str),
    Raw(&'a str),
    Server(&'a str),
    AnyOrder(&'a str),
    Until(&'a str),
}

fn split(line: &str) -> (Head<'_>, &str) {
    let (head, rest) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let name = &head[1..];
    let head = match &head[..1] {
        "A" => Head::Act,
        "X" => Head::Drop,
        "C" => Head::Line(name),
        "R" => Head::Raw(name),
        "S" => match (name.strip_suffix(".."), name.strip_suffix('~')) {
            (Some(name), _) => Head::Until(name),
            (_, Some(name)) => Head::AnyOrder(name),
            _ => Head::Server(name),
        },
        _ => panic!("not a line of a script: {line:?}"),
    };
    (head, rest)
}
