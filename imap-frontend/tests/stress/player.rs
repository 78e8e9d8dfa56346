//! One client: it says random things, and checks what it hears.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::common::client::Client;
use super::dice::Dice;
use super::order::{By, Check, MAILBOXES, Order, Orders};
use super::value::Value;
use super::view::{Flags, Gate, View, expanded, untagged};
use super::world::World;

/// How many lines are shown of a session that went wrong.
const SHOWN: usize = 120;

static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// One client.
pub struct Player {
    pub index: usize,
    pub dice: Dice,
    pub world: Arc<World>,
    pub address: SocketAddr,
    /// Flags that only this client changes; none if everybody changes everything.
    pub own: Flags,
    pub owned: bool,
    pub line: Option<Line>,
    /// What it knew of mailboxes when it left them, for QRESYNC.
    pub left: HashMap<String, View>,
    pub log: VecDeque<String>,
}

/// A connection that has logged in.
pub struct Line {
    client: Client,
    tags: u32,
    pub condstore: bool,
    qresync: bool,
    pub view: Option<View>,
}

/// What was heard for one command.
#[derive(Default)]
pub struct Heard {
    /// The items of each FETCH, by number.
    pub fetched: BTreeMap<u32, Vec<String>>,
    pub numbers: Option<Vec<u32>>,
    pub thread: Option<Vec<Value>>,
    pub lists: Vec<Vec<Value>>,
    pub status: Vec<Vec<Value>>,
    /// UIDs that are gone, before the present state (QRESYNC).
    pub earlier: Vec<u32>,
    /// FETCH and EXISTS as they came, while a mailbox is entered.
    pub raw: Vec<Vec<Value>>,
    /// HIGHESTMODSEQ came after the last of them: it counts, and no MODSEQ of theirs.
    pub highest_last: bool,
    /// The codes of untagged OK.
    pub codes: Vec<String>,
    /// `OK [CODE x] text`.
    pub end: String,
}

impl Heard {
    /// The code of the tagged answer.
    pub fn code(&self) -> &str {
        code_of(&self.end).unwrap_or_default()
    }
}

fn code_of(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once(' ')?;
    let rest = rest.strip_prefix('[')?;
    Some(&rest[..rest.rfind(']')?])
}

impl Player {
    /// Ends the test, with what was said.
    pub fn wrong(&self, what: &str) -> ! {
        let log: Vec<_> = self.log.iter().map(String::as_str).collect();
        panic!("client {}: {what}\n{}", self.index, log.join("\n"));
    }

    fn noted(&mut self, who: &str, bytes: &[u8]) {
        let text: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
        self.log.push_back(format!("{who} {}", text.replace("\r\n", "<CRLF>")));
        if self.log.len() > SHOWN {
            self.log.pop_front();
        }
    }

    pub fn view(&self) -> Option<&View> {
        self.line.as_ref()?.view.as_ref()
    }

    /// Logs in, unless it has.
    pub async fn connect(&mut self) {
        if self.line.is_some() {
            return;
        }
        self.noted("--", b"connects");
        let client = Client::connect(self.address).await;
        let (condstore, qresync) = (self.dice.percent(50), self.dice.percent(30));
        self.line = Some(Line { client, tags: 0, condstore, qresync, view: None });
        self.fine("LOGIN joe secret").await;
        if qresync {
            self.line.as_mut().expect("a line").condstore = true;
            self.fine("ENABLE QRESYNC").await;
        }
    }

    async fn fine(&mut self, text: &str) -> Heard {
        let order = Order::new(text, Gate::News, Check::Fine);
        self.batch(vec![order]).await.remove(0)
    }

    /// Sends commands all at once, then hears the answers.
    pub async fn batch(&mut self, orders: Vec<Order>) -> Vec<Heard> {
        let mut out = Vec::new();
        let first = self.line.as_ref().expect("a line").tags;
        for (tag, order) in (first + 1..).zip(&orders) {
            let text = [format!("a{tag} ").as_bytes(), &order.text, b"\r\n"].concat();
            self.noted("C:", &text);
            out.extend(text);
        }
        let line = self.line.as_mut().expect("a line");
        line.tags += orders.len() as u32;
        line.client.send(&out).await;
        let mut all = Vec::new();
        for (tag, order) in (first + 1..).zip(&orders) {
            all.push(self.answer(tag, order).await);
        }
        all
    }

    /// Hears the answer to one command, and checks it.
    async fn answer(&mut self, tag: u32, order: &Order) -> Heard {
        let before = self.view().cloned();
        if let (Check::Store(_), Some(view)) = (&order.check, self.view_mut()) {
            view.changing = uids_of(view, order).into_iter().collect();
        }
        let end = format!("a{tag} ");
        let mut heard = Heard::default();
        loop {
            let line = self.hear().await;
            if let Some(said) = line.strip_prefix(end.as_bytes()) {
                heard.end = String::from_utf8_lossy(said).into_owned();
                break;
            }
            self.told(&line, order.gate, &mut heard);
        }
        self.ended(&heard);
        self.check(order, before.as_ref(), &heard);
        heard
    }

    pub async fn hear(&mut self) -> Vec<u8> {
        let line = self.line.as_mut().expect("a line").client.line().await;
        self.noted("S:", &line);
        if line.is_empty() {
            self.wrong("the server hung up");
        }
        line
    }

    pub fn view_mut(&mut self) -> Option<&mut View> {
        self.line.as_mut()?.view.as_mut()
    }

    fn ended(&mut self, heard: &Heard) {
        let code = heard.code().to_owned();
        let Some(view) = self.view_mut() else { return };
        view.answered();
        let outcome = view.code(&code);
        let recent = view.writable && view.recent > view.count();
        if let Err(error) = outcome {
            self.wrong(&error);
        }
        if recent {
            self.wrong("more messages are recent than there are");
        }
    }

    /// One untagged line.
    pub fn told(&mut self, line: &[u8], gate: Gate, heard: &mut Heard) {
        if let Err(error) = self.take(line, gate, heard) {
            self.wrong(&format!("{error}: {}", String::from_utf8_lossy(line)));
        }
    }

    fn take(&mut self, line: &[u8], gate: Gate, heard: &mut Heard) -> Result<(), String> {
        if !line.starts_with(b"* ") {
            return Err("not an untagged response".to_owned());
        }
        let Some(values) = untagged(line) else {
            return self.said(&String::from_utf8_lossy(&line[2..]), heard);
        };
        if values[0].word().bytes().all(|byte| byte.is_ascii_digit()) {
            return self.news(values, gate, heard);
        }
        let rest = &values[1..];
        match values[0].word() {
            "FLAGS" => self.view_mut().map_or(Ok(()), |view| view.flags(rest[0].list())),
            "VANISHED" => match rest {
                [Value::List(_), set] => {
                    heard.earlier = expanded(set.word());
                    Ok(())
                }
                [set] if gate == Gate::News => {
                    self.view_mut().map_or(Ok(()), |view| view.vanished(set.word()))
                }
                _ => Err("VANISHED now".to_owned()),
            },
            "SEARCH" | "SORT" => {
                let mut numbers = rest.iter().filter(|value| !matches!(value, Value::List(_)));
                let numbers = numbers.by_ref().map(|value| value.number() as u32).collect();
                match heard.numbers.replace(numbers) {
                    None => Ok(()),
                    Some(_) => Err("told twice".to_owned()),
                }
            }
            "THREAD" => {
                heard.thread = Some(rest.to_vec());
                Ok(())
            }
            "LIST" | "STATUS" => {
                let all =
                    if values[0].word() == "LIST" { &mut heard.lists } else { &mut heard.status };
                all.push(rest.to_vec());
                Ok(())
            }
            "ENABLED" | "CAPABILITY" => Ok(()),
            _ => Err("unexpected".to_owned()),
        }
    }

    fn said(&mut self, said: &str, heard: &mut Heard) -> Result<(), String> {
        if !said.starts_with("OK") {
            return Err("that is no OK".to_owned());
        }
        let Some(code) = code_of(said) else { return Ok(()) };
        heard.codes.push(code.to_owned());
        heard.highest_last |= code.starts_with("HIGHESTMODSEQ");
        self.view_mut().map_or(Ok(()), |view| view.code(code))
    }

    /// What is told by number.
    fn news(&mut self, values: Vec<Value>, gate: Gate, heard: &mut Heard) -> Result<(), String> {
        let number = values[0].number() as u32;
        let world = Arc::clone(&self.world);
        let Some(view) = self.line.as_mut().and_then(|line| line.view.as_mut()) else {
            return Err("no mailbox is selected".to_owned());
        };
        if view.session == 0 {
            heard.raw.push(values);
            heard.highest_last = false;
            return Ok(());
        }
        match (values[1].word(), gate) {
            ("FETCH", Gate::Fetch | Gate::News) => {
                let items = view.fetch(number, values[2].list(), &world)?;
                heard.fetched.entry(number).or_default().extend(items);
                Ok(())
            }
            ("EXISTS", Gate::News) => view.exists(number as usize),
            ("EXPUNGE", Gate::News) => view.expunge(number as usize),
            ("RECENT", Gate::News) => {
                view.recent = number;
                Ok(())
            }
            _ => Err(format!("not before the answer ({gate:?})")),
        }
    }

    /// Enters a mailbox, with what it knew of it when QRESYNC is on.
    pub async fn select(&mut self) {
        let mailbox = if self.dice.percent(70) { MAILBOXES[0] } else { MAILBOXES[1] };
        let writable = self.dice.percent(85);
        let line = self.line.as_mut().expect("a line");
        let (condstore, qresync) = (line.condstore, line.qresync);
        // Nothing is checked until all is told.
        line.view = Some(View::new(mailbox, 0, self.own.clone()));
        let known = self.left.remove(mailbox).filter(|_| qresync);
        let word = if writable { "SELECT" } else { "EXAMINE" };
        let extra = match &known {
            Some(known) => format!(" (QRESYNC ({} {}))", known.validity, known.highest),
            None if condstore => " (CONDSTORE)".to_owned(),
            None => String::new(),
        };
        let heard = self.fine(&format!("{word} {mailbox}{extra}")).await;
        let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
        let mut view = self.line.as_mut().and_then(|line| line.view.take()).expect("a view");
        (view.session, view.writable) = (session, writable);
        if writable != heard.code().starts_with("READ-WRITE") {
            self.wrong("not as it was asked for");
        }
        let outcome = entered(&mut view, known, (&heard, &self.world));
        if let Err(error) = outcome {
            self.wrong(&error);
        }
        self.line.as_mut().expect("a line").view = Some(view);
    }

    /// Leaves the mailbox, the server, or neither.
    pub async fn wander(&mut self) {
        if self.line.is_some() && self.dice.percent(20) {
            match self.dice.below(5) {
                0 => self.log_out().await,
                1 => self.hang_up().await,
                2 => self.leave("UNSELECT").await,
                3 if self.view().is_some_and(|view| !view.writable || self.dice_closes()) => {
                    self.leave("CLOSE").await;
                }
                _ => {}
            }
        }
        self.connect().await;
        if self.view().is_none() || self.dice.percent(5) {
            self.keep();
            self.select().await;
        }
    }

    fn dice_closes(&self) -> bool {
        self.dice.clone().percent(50)
    }

    /// Remembers what it knows, if that is all.
    fn keep(&mut self) {
        let Some(view) = self.line.as_mut().and_then(|line| line.view.take()) else { return };
        let whole = |view: &View| {
            view.messages.iter().all(|message| message.uid.is_some() && message.flags.is_some())
        };
        if whole(&view) && view.highest > 0 {
            self.left.insert(view.mailbox.clone(), view);
        }
    }

    async fn leave(&mut self, word: &str) {
        if self.view().is_some() {
            self.keep();
            self.fine(word).await;
        }
    }

    async fn log_out(&mut self) {
        self.keep();
        let mut line = self.line.take().expect("a line");
        self.noted("C:", b"NOOP, LOGOUT");
        line.client.send(b"x1 CAPABILITY\r\nx2 LOGOUT\r\n").await;
        let rest = line.client.rest().await;
        if !String::from_utf8_lossy(&rest).contains("\r\nx2 OK ") {
            self.wrong("no goodbye");
        }
    }

    /// In the midst of something that has no effect until it is whole.
    async fn hang_up(&mut self) {
        self.keep();
        let mut line = self.line.take().expect("a line");
        self.noted("--", b"hangs up");
        let half: &[u8] = match self.dice.below(4) {
            0 => b"x APPEND INBOX {1000+}\r\nSubject: half",
            1 => b"x APPEND INBOX {1000}\r\n",
            2 => b"x STORE 1:* FLAGS (\\Seen",
            _ => b"x FETCH 1:* (BODY.PEEK[] ENVELOPE)\r\n",
        };
        line.client.send(half).await;
    }

    /// Some commands, all at once; or IDLE.
    pub async fn play(&mut self) {
        if self.dice.percent(10) {
            return self.idle().await;
        }
        let Self { line, world, dice, owned, .. } = self;
        let line = line.as_ref().expect("a line");
        let view = line.view.as_ref().expect("a view");
        let (condstore, owned) = (line.condstore, *owned);
        let mut orders = Orders { dice, view, world, condstore, owned };
        let mut batch = Vec::new();
        if view.count() > 0 {
            let many = orders.dice.below(4);
            batch.extend((0..many).map(|_| orders.by_number()));
            if orders.dice.percent(10) {
                batch.push(orders.copy(By::Seq));
            }
        }
        let many = orders.dice.below(4);
        batch.extend((0..many).map(|_| orders.with_news()));
        self.batch(batch).await;
    }

    async fn idle(&mut self) {
        let line = self.line.as_mut().expect("a line");
        line.tags += 1;
        let tag = format!("a{} ", line.tags);
        line.client.send(format!("{tag}IDLE\r\n").as_bytes()).await;
        self.noted("C:", b"IDLE");
        let mut heard = Heard::default();
        let mut left = 1 + self.dice.below(4);
        loop {
            let said = self.hear().await;
            if said.starts_with(b"+ ") {
                left = 0;
            } else if let Some(end) = said.strip_prefix(tag.as_bytes()) {
                heard.end = String::from_utf8_lossy(end).into_owned();
                break;
            } else {
                self.told(&said, Gate::News, &mut heard);
            }
            if left == 0 {
                left = usize::MAX;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                self.line.as_mut().expect("a line").client.send(b"DONE\r\n").await;
            }
        }
        self.ended(&heard);
        if !heard.end.starts_with("OK") {
            self.wrong("IDLE failed");
        }
    }
}

/// The UIDs that a command names, as far as the client knows them.
pub fn uids_of(view: &View, order: &Order) -> Vec<u32> {
    match order.by {
        By::Uid => order.targets.clone(),
        By::Seq => {
            let at = |number: &u32| view.messages.get(*number as usize - 1)?.uid;
            order.targets.iter().filter_map(at).collect()
        }
    }
}

/// Puts together what was told when a mailbox was entered, and what the client knew before.
fn entered(
    view: &mut View,
    known: Option<View>,
    (heard, world): (&Heard, &World),
) -> Result<(), String> {
    let known = known.filter(|known| known.validity == view.validity);
    let (mut count, mut fetched) = (None, Vec::new());
    for values in &heard.raw {
        match values[1].word() {
            "EXISTS" => count = Some(values[0].number() as usize),
            "RECENT" => view.recent = values[0].number() as u32,
            "FETCH" => fetched.push((values[0].number() as u32, values[2].list().to_vec())),
            _ => return Err(format!("unexpected: {values:?}")),
        }
    }
    let count = count.ok_or("no EXISTS")?;
    if let Some(known) = known {
        let gone: BTreeSet<_> = heard.earlier.iter().copied().collect();
        let mut messages = known.messages;
        messages.retain(|message| message.uid.is_some_and(|uid| !gone.contains(&uid)));
        for (_, items) in &fetched {
            let at = items.iter().position(|item| *item == Value::Word("UID".to_owned()));
            let uid = items[at.ok_or("no UID")? + 1].number() as u32;
            if !messages.iter().any(|message| message.uid == Some(uid)) {
                messages.push(super::view::Message { uid: Some(uid), ..Default::default() });
            }
            // It was told because it changed.
            view.changing.insert(uid);
        }
        messages.sort_by_key(|message| message.uid);
        if messages.len() != count {
            return Err(format!("{count} exist, and {} are known", messages.len()));
        }
        view.messages = messages;
    } else if !fetched.is_empty() || !heard.earlier.is_empty() {
        return Err("what was not asked for".to_owned());
    }
    view.exists(count)?;
    for (number, items) in fetched {
        view.fetch(number, &items, world)?;
    }
    if heard.highest_last {
        view.forget_shown();
    }
    view.answered();
    Ok(())
}
