//! Plays transcripts.
//!
//! ```text
//! # A comment.
//! A: append text        something happens in joe's INBOX: append TEXT, expunge FIRST LAST,
//!                       move FROM TO, copy FROM TO (all messages), set PROPERTY VALUE
//! A: INBOX has 2        so many messages are in a mailbox of joe's, and `seen 1`: so many are \Seen
//! C: STAT               connection 1 sends a line; C2: the second connection does
//! S: +OK <any>          the next line from the server to connection 1
//! S..: .                passes over lines until one matches
//! S: <closed>           the server closes the connection
//! X: 2                  that connection is dropped
//! @idle_ms 1000         a setting, before the first line
//! @takes scram          what the directory takes beside passwords: scram or bearer
//! ```
//!
//! A connection is made when it is first used, and its greeting passed over, unless its name ends
//! in a `!` (`S!:`). In patterns `<any>` is any text, `<id:x>` a word that is remembered as x, and
//! `<=x>` that word again. In all lines `<CRLF>`, `<CR>`, `<LF>` and `<NUL>` are what they say, and
//! `<1000*x>` is a thousand x.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mailstore::change::Transfer;
use mailstore::flags::SystemFlag;
use mailstore::store::directory::Takes;
use mailstore::uid::{Uid, UidSet};
use pop3_frontend::{Dele, LineEnds, Retr};

use super::client::Client;
use super::{On, Options, People, Server};

pub async fn play(name: &str, text: &str, on: On) {
    let mut options = Options::default();
    for line in text.lines().filter(|line| line.starts_with('@')) {
        set(&mut options, line);
    }
    let server = Server::start(on, options).await;
    let (clients, words) = (HashMap::new(), HashMap::new());
    let mut player = Player { name, on, server: &server, clients, words, line: 0 };
    player.run(text).await;
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
    let number = || value.trim().parse::<u64>().expect("a number");
    match name {
        "dele" if value == "trash" => options.pop3.dele = Dele::Trash,
        "retr" if value == "unchanged" => options.pop3.retr = Retr::Unchanged,
        "line_ends" if value == "any" => options.pop3.line_ends = LineEnds::AnyLf,
        "login_delay_s" => options.pop3.login_delay = Duration::from_secs(number()),
        "errors" => options.pop3.errors = number() as u32,
        "commands_before_login" => options.pop3.commands_before_login = number() as u32,
        "login_ms" => options.wire.timeouts.login = Duration::from_millis(number()),
        "idle_ms" => options.wire.timeouts.idle = Duration::from_millis(number()),
        "command_ms" => options.wire.timeouts.command = Duration::from_millis(number()),
        other => panic!("unknown setting {other} {value}"),
    }
}

struct Player<'a> {
    name: &'a str,
    on: On,
    server: &'a Server,
    clients: HashMap<String, Client>,
    words: HashMap<String, String>,
    line: usize,
}

impl Player<'_> {
    async fn run(&mut self, text: &str) {
        for (number, line) in text.lines().enumerate() {
            self.line = number + 1;
            if line.is_empty() || line.starts_with(['#', '@']) {
                continue;
            }
            let (head, rest) = line.split_once(':').expect("a colon");
            let rest = self.unescape(rest.strip_prefix(' ').unwrap_or(rest));
            match (&head[..1], &head[1..]) {
                ("A", _) => self.act(&rest).await,
                ("X", _) => drop(self.clients.remove(rest.trim_start_matches('1'))),
                ("C", name) => {
                    let client = self.client(name).await;
                    client.send(&[rest.as_bytes(), b"\r\n"].concat()).await;
                }
                ("S", name) => match name.strip_suffix("..") {
                    Some(name) => self.pass_over(name, &rest).await,
                    None => {
                        let said = self.client(name).await.line().await;
                        self.expect(&rest, &said);
                    }
                },
                _ => panic!("{}: {line:?}", self.at()),
            }
        }
    }

    async fn pass_over(&mut self, name: &str, pattern: &str) {
        loop {
            let said = self.client(name).await.line().await;
            if matches(pattern, &said, &mut self.words) {
                return;
            }
            assert!(!said.is_empty(), "{}: closed, not {pattern:?}", self.at());
        }
    }

    async fn act(&mut self, what: &str) {
        let words: Vec<_> = what.split(' ').collect();
        match words.as_slice() {
            ["append", ..] => self.server.append(what["append ".len()..].to_owned()).await,
            ["expunge", first, last] => {
                let uid = |text: &str| Uid::new(text.parse().unwrap()).unwrap();
                self.server.expunge(UidSet::range(uid(first)..=uid(last))).await;
            }
            ["set", key, value] => self.server.set(key, value).await,
            ["move", from, to] => self.server.transfer(from, to, Transfer::Move).await,
            ["copy", from, to] => self.server.transfer(from, to, Transfer::Copy).await,
            [mailbox, "has", count, rest @ ..] => {
                let rows = self.server.rows(mailbox).await;
                assert_eq!(rows.len().to_string(), *count, "{}", self.at());
                if let ["seen", seen] = rest {
                    let found = rows.iter().filter(|row| row.flags.has(SystemFlag::Seen)).count();
                    assert_eq!(found.to_string(), *seen, "{}", self.at());
                }
            }
            _ => panic!("{}: {what:?}", self.at()),
        }
    }

    fn at(&self) -> String {
        format!("{}.pop3:{} on {:?}", self.name, self.line, self.on)
    }

    async fn client(&mut self, name: &str) -> &mut Client {
        if !self.clients.contains_key(name) {
            let client = match name.ends_with('!') {
                true => Client::connect_silently(self.server.address).await,
                false => Client::connect(self.server.address).await,
            };
            self.clients.insert(name.to_owned(), client);
        }
        self.clients.get_mut(name).unwrap()
    }

    fn expect(&mut self, pattern: &str, said: &str) {
        if pattern == "<closed>" {
            assert_eq!(said, "", "{}: the connection is open", self.at());
        } else {
            let matches = matches(pattern, said, &mut self.words);
            assert!(matches, "{}\nwanted {pattern:?}\n  said {said:?}", self.at());
        }
    }

    fn unescape(&self, line: &str) -> String {
        let mut line = line.replace("<CRLF>", "\r\n").replace("<CR>", "\r");
        line = line.replace("<LF>", "\n").replace("<NUL>", "\0");
        while let Some((before, (count, text), after)) = repeated(&line) {
            line = [before, &text.repeat(count), after].concat();
        }
        for (name, word) in &self.words {
            line = line.replace(&format!("<={name}>"), word);
        }
        line
    }
}

fn repeated(line: &str) -> Option<(&str, (usize, &str), &str)> {
    line.match_indices('<').find_map(|(start, _)| {
        let (inner, after) = line[start + 1..].split_once('>')?;
        let (count, text) = inner.split_once('*')?;
        Some((&line[..start], (count.parse().ok()?, text), after))
    })
}

/// Does the line match? Remembers its words if it does.
fn matches(pattern: &str, said: &str, words: &mut HashMap<String, String>) -> bool {
    let wild = ["<any>", "<id:"].iter().filter_map(|wild| pattern.find(wild)).min();
    let Some(start) = wild else { return pattern == said };
    let Some(said) = said.strip_prefix(&pattern[..start]) else { return false };
    let (wild, rest) = pattern[start + 1..].split_once('>').expect("a >");
    match wild.split_once(':') {
        None => {
            let mut ends = said.char_indices().map(|(at, _)| at).chain([said.len()]);
            ends.any(|at| matches(rest, &said[at..], words))
        }
        Some((_, name)) => {
            let end = said.find(' ').unwrap_or(said.len());
            words.insert(name.to_owned(), said[..end].to_owned());
            end > 0 && matches(rest, &said[end..], words)
        }
    }
}
