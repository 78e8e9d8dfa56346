//! The rebuild-fidelity report: puts every message of folders, files and mboxes through a backend,
//! and says how many came back as they were.
//!
//! ```text
//! cargo run --release -p benches --bin fidelity -- PATH...
//! ```
//!
//! The exit code is 1 unless all came back identical.

mod class;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use clap::{Parser, ValueEnum};
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::{Fetched, Want};
use mailstore::time::Timestamp;
use mailstore::uid::UidSet;
use mailstore::{Access, Incoming, Mailstore, Selected, Settings};

use class::Class;
use source::{Message, Newlines};

/// What can go wrong outside the store.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Puts every message through a backend and compares what comes back.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folders (read to any depth), messages, and mboxes (named *.mbox, or in a folder _mbox).
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Where they are stored meanwhile.
    #[arg(long, value_enum, default_value_t = Chosen::Embedded)]
    backend: Chosen,
    /// Each message as it is, with all newlines made LF, and with all made CRLF.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Newlines::ALL)]
    newlines: Vec<Newlines>,
    /// Also packs the store, as a sweep does after a day, and compares again.
    #[arg(long)]
    pack: bool,
    /// Keeps the embedded store in this directory, which must be empty.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Most changed messages listed for each class.
    #[arg(long, default_value_t = 20)]
    list: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chosen {
    Memory,
    Embedded,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    let messages = source::read(&arguments.paths, &arguments.newlines)?;
    let temporary = tempfile::tempdir()?;
    let dir = arguments.keep.as_deref().unwrap_or(temporary.path());
    let store = match arguments.backend {
        Chosen::Memory => Mailstore::new(memory::backend(), Settings::default()),
        Chosen::Embedded => Mailstore::new(Embedded::open(dir)?.backend(), Settings::default()),
    };
    let stored = put(&store, &messages).await?;
    let mut report = Report::default();
    compare(&store, &messages, &stored, &mut report).await?;
    if arguments.pack {
        let day = 24 * 3600 * 1000;
        store.sweep(Timestamp::from_millis(Timestamp::now().millis() + 2 * day)).await?;
        compare(&store, &messages, &stored, &mut report).await?;
        // Closed, so that all of the log is in the database.
        drop(store);
        let size: usize = messages.iter().map(|message| message.bytes.len()).sum();
        let kept = size_of(dir)?;
        let share = 100.0 * kept as f64 / size.max(1) as f64;
        println!("{size} bytes of messages take {kept} bytes on disk: {share:.1}%");
    }
    Ok(report.print(arguments.list))
}

/// The bytes of all files below a folder, but for the write-ahead log, which does not grow with
/// what is stored.
fn size_of(path: &Path) -> Result<u64, Failure> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path)?;
        return entries.map(|entry| size_of(&entry?.path())).sum();
    }
    let is_log = path
        .extension()
        .is_some_and(|ending| ["sqlite-wal", "sqlite-shm"].iter().any(|log| ending == *log));
    Ok(if is_log { 0 } else { path.metadata()?.len() })
}

fn account() -> AccountId {
    AccountId::new(1).unwrap_or_else(|| unreachable!("1 is not negative"))
}

/// Stores them all; gives, for each, its place in the mailbox or why it was refused.
async fn put(store: &Mailstore, messages: &[Message]) -> Result<Vec<Option<usize>>, Failure> {
    let (mut stored, mut count) = (Vec::with_capacity(messages.len()), 0);
    for message in messages {
        let prepared = store.prepare(message.bytes.clone());
        let appended = match prepared {
            Ok(prepared) => {
                let incoming = vec![Incoming::new(prepared)];
                store.append(account().into(), MailboxId::INBOX, incoming).await.is_ok()
            }
            Err(_) => false,
        };
        stored.push(appended.then_some(count));
        count += usize::from(appended);
    }
    Ok(stored)
}

async fn compare(
    store: &Mailstore,
    messages: &[Message],
    stored: &[Option<usize>],
    report: &mut Report,
) -> Result<(), Failure> {
    let inbox = store.select(account().into(), MailboxId::INBOX, Access::ReadOnly).await?;
    let inbox = inbox.ok_or("the store has no INBOX")?;
    let uids: Vec<_> = inbox.uids().iter().collect();
    for (message, place) in messages.iter().zip(stored) {
        let Some(uid) = place.and_then(|place| uids.get(place)) else {
            report.add(message, Class::Refused);
            continue;
        };
        let page = inbox.fetch(&UidSet::single(*uid), Want::Email).await?;
        let class = match page.messages.into_iter().next() {
            Some(fetched) => match read(&inbox, fetched).await {
                Ok(bytes) => Class::of(&message.bytes, &bytes),
                Err(_) => Class::Unreadable,
            },
            None => Class::Unreadable,
        };
        report.add(message, class);
    }
    Ok(())
}

async fn read(inbox: &Selected, fetched: Fetched) -> Result<Bytes, Failure> {
    let tree = fetched.tree.ok_or("no tree")?;
    if tree.size() != fetched.row.size {
        return Err("RFC822.SIZE is not the size of the tree".into());
    }
    Ok(inbox.store().read(tree.plan()).to_bytes().await?)
}

/// How many messages are in each class, and which are not identical.
#[derive(Default)]
struct Report {
    counts: BTreeMap<&'static str, usize>,
    changed: Vec<(String, Class)>,
}

impl Report {
    fn add(&mut self, message: &Message, class: Class) {
        *self.counts.entry(class.name()).or_default() += 1;
        if class != Class::Identical {
            self.changed.push((message.name.clone(), class));
        }
    }

    fn print(&self, list: usize) -> ExitCode {
        let all: usize = self.counts.values().sum();
        println!("{:<28} {:>9} {:>9}", "class", "messages", "share");
        for (name, count) in &self.counts {
            println!("{name:<28} {count:>9} {:>8.3}%", 100.0 * *count as f64 / all.max(1) as f64);
        }
        println!("{:<28} {all:>9}", "all");
        for (name, class) in self.changed.iter().take(list) {
            println!("{name}: {class}");
        }
        if self.changed.is_empty() && all > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
