//! A client that believes what it is told, and nothing else.

use super::client::Client;

/// What a client believes of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Believed {
    pub uid: Option<u32>,
    pub flags: Option<String>,
}

/// What a client believes of the mailbox that it has selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    pub messages: Vec<Believed>,
}

impl Model {
    /// Selects a mailbox and asks for all of it.
    pub async fn select(client: &mut Client, mailbox: &str) -> Self {
        let mut model = Self::default();
        for line in client.ok(&format!("SELECT {mailbox}")).await {
            model.hear(&line);
        }
        model.ask(client).await;
        model
    }

    /// Asks for what it does not know.
    pub async fn ask(&mut self, client: &mut Client) {
        if self.messages.iter().any(|message| message.uid.is_none() || message.flags.is_none()) {
            for line in client.ok("FETCH 1:* (UID FLAGS)").await {
                self.hear(&line);
            }
        }
    }

    /// NOOP, and then asks for what is new.
    pub async fn noop(&mut self, client: &mut Client) {
        for line in client.ok("NOOP").await {
            self.hear(&line);
        }
        self.ask(client).await;
    }

    /// Takes in one untagged line.
    pub fn hear(&mut self, line: &str) {
        let mut words = line.splitn(4, ' ');
        let (star, number, what) = (words.next(), words.next(), words.next());
        assert_eq!(star, Some("*"), "{line}");
        let Some(number) = number.and_then(|number| number.parse::<usize>().ok()) else { return };
        match what {
            Some("EXISTS") => {
                assert!(number >= self.messages.len(), "EXISTS must not shrink: {line}");
                self.messages.resize(number, Believed::default());
            }
            Some("EXPUNGE") => {
                assert!((1..=self.messages.len()).contains(&number), "{line}");
                self.messages.remove(number - 1);
            }
            Some("FETCH") => {
                let message = self.messages.get_mut(number - 1).expect("a message it knows");
                message.learn(line);
            }
            _ => {}
        }
    }

    /// All that it believes, which must be complete and in order.
    pub fn known(&self) -> Vec<(u32, String)> {
        let known: Vec<_> = self
            .messages
            .iter()
            .map(|message| (message.uid.unwrap(), message.flags.clone().unwrap()))
            .collect();
        assert!(known.windows(2).all(|pair| pair[0].0 < pair[1].0), "UIDs ascend: {known:?}");
        known
    }
}

impl Believed {
    fn learn(&mut self, line: &str) {
        if let Some((_, rest)) = line.split_once("UID ") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let uid = digits.parse().unwrap();
            assert!(self.uid.is_none_or(|known| known == uid), "a number changed its UID: {line}");
            self.uid = Some(uid);
        }
        if let Some((_, rest)) = line.split_once("FLAGS (") {
            let flags = rest.split(')').next().unwrap();
            let mut flags: Vec<_> = flags.split(' ').filter(|flag| *flag != "\\Recent").collect();
            flags.sort_unstable();
            self.flags = Some(flags.join(" "));
        }
    }
}
