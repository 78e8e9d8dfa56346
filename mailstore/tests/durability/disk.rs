//! A disk that loses power: what was recorded is played back, and of what was not synced any part
//! may be gone.
//!
//! The model is as harsh as POSIX allows: syncing a file keeps its bytes but not its name, a name
//! is kept by syncing its directory, and nothing else is ordered.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

/// What one write of the system's is made of: each page may be lost by itself.
const PAGE: usize = 4096;
/// What is written at once, at most.
const SECTOR: usize = 512;

/// One change to a file or a directory, in the order in which they happened.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    MakeDir { inode: u64, path: &'a str },
    Create { inode: u64, path: &'a str },
    Write { inode: u64, at: usize, bytes: &'a [u8] },
    Truncate { inode: u64, len: usize },
    Rename { from: &'a str, to: &'a str },
    Link { from: &'a str, to: &'a str },
    Unlink { path: &'a str },
    Sync { inode: u64 },
}

/// Reads a log as `record.c` writes it.
pub(crate) fn events(mut log: &[u8]) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    while let Some((head, rest)) = log.split_first_chunk::<25>() {
        let number = |at: usize| u64::from_le_bytes(*head[at..].first_chunk().unwrap());
        let len = |at: usize| u32::from_le_bytes(*head[at..].first_chunk().unwrap()) as usize;
        let (path, rest) = rest.split_at(len(17));
        let (bytes, rest) = rest.split_at(len(21));
        log = rest;
        let path = std::str::from_utf8(path).unwrap();
        let to = || std::str::from_utf8(bytes).unwrap();
        let inode = number(1);
        events.push(match head[0] {
            b'D' => Event::MakeDir { inode, path },
            b'C' => Event::Create { inode, path },
            b'W' => Event::Write { inode, at: number(9) as usize, bytes },
            b'T' => Event::Truncate { inode, len: number(9) as usize },
            b'R' => Event::Rename { from: path, to: to() },
            b'L' => Event::Link { from: path, to: to() },
            b'U' => Event::Unlink { path },
            b'S' => Event::Sync { inode },
            other => panic!("a record of kind {other}"),
        });
    }
    assert!(log.is_empty(), "the log ends within a record");
    events
}

/// What becomes of a change that was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Lost,
    /// Of a page, those sectors are kept whose bit is set, in turn.
    Torn(u64),
}

type Node = usize;

/// The state of the disk after some events.
#[derive(Debug, Default)]
pub(crate) struct Disk<'a> {
    nodes: Vec<Content<'a>>,
    by_inode: HashMap<u64, Node>,
    /// What running programs see.
    names: HashMap<String, Node>,
}

#[derive(Debug)]
enum Content<'a> {
    File { synced: Vec<u8>, since: Vec<Edit<'a>> },
    Directory { synced: BTreeMap<String, Node>, since: Vec<Vec<Naming>> },
}

#[derive(Clone, Copy, Debug)]
enum Edit<'a> {
    Write { at: usize, bytes: &'a [u8] },
    Truncate { len: usize },
}

/// A name comes to stand for something, or for nothing.
type Naming = (String, Option<Node>);

impl<'a> Disk<'a> {
    /// Goes on by one event.
    pub(crate) fn apply(&mut self, event: &Event<'a>) {
        match *event {
            Event::MakeDir { inode, path } => {
                let content = Content::Directory { synced: BTreeMap::new(), since: Vec::new() };
                self.add(inode, path, content);
            }
            Event::Create { inode, path } => {
                self.add(inode, path, Content::File { synced: Vec::new(), since: Vec::new() });
            }
            Event::Write { inode, at, bytes } => {
                for (at, bytes) in pieces(at, bytes, PAGE) {
                    self.edit(inode, Edit::Write { at, bytes });
                }
            }
            Event::Truncate { inode, len } => self.edit(inode, Edit::Truncate { len }),
            Event::Link { from, to } => {
                let node = self.names[from];
                self.names.insert(to.to_owned(), node);
                self.name(to, Some(node));
            }
            Event::Unlink { path } => {
                self.names.remove(path);
                self.name(path, None);
            }
            Event::Rename { from, to } => self.rename(from, to),
            Event::Sync { inode } => self.sync(inode),
        }
    }

    fn add(&mut self, inode: u64, path: &str, content: Content<'a>) {
        let node = self.nodes.len();
        self.nodes.push(content);
        self.by_inode.insert(inode, node);
        self.names.insert(path.to_owned(), node);
        if !path.is_empty() {
            self.name(path, Some(node));
        }
    }

    fn edit(&mut self, inode: u64, edit: Edit<'a>) {
        match &mut self.nodes[self.by_inode[&inode]] {
            Content::File { since, .. } => since.push(edit),
            Content::Directory { .. } => panic!("a write into a directory"),
        }
    }

    fn directory(&mut self, path: &str) -> (&mut Vec<Vec<Naming>>, String) {
        let (parent, leaf) = path.rsplit_once('/').unwrap_or(("", path));
        match &mut self.nodes[self.names[parent]] {
            Content::Directory { since, .. } => (since, leaf.to_owned()),
            Content::File { .. } => panic!("{parent} is not a directory"),
        }
    }

    fn name(&mut self, path: &str, node: Option<Node>) {
        let (since, leaf) = self.directory(path);
        since.push(vec![(leaf, node)]);
    }

    /// Within a directory it is atomic; between two either half may be lost.
    fn rename(&mut self, from: &str, to: &str) {
        let node = self.names.remove(from).unwrap();
        self.names.insert(to.to_owned(), node);
        self.name(to, Some(node));
        self.name(from, None);
        let parent = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        if parent(from) == parent(to) {
            let (since, _) = self.directory(from);
            let gone = since.pop().unwrap();
            since.last_mut().unwrap().extend(gone);
        }
    }

    fn sync(&mut self, inode: u64) {
        match &mut self.nodes[self.by_inode[&inode]] {
            Content::File { synced, since } => {
                since.drain(..).for_each(|edit| apply(synced, edit, Fate::Kept));
            }
            Content::Directory { synced, since } => {
                since.drain(..).flatten().for_each(|naming| rename_to(synced, naming));
            }
        }
    }

    /// Writes into `dir` what is there after a loss of power, if each change that was not synced
    /// meets the fate that `fate` gives out.
    pub(crate) fn after_power_loss(&self, dir: &Path, fate: &mut dyn FnMut() -> Fate) {
        self.write(self.names[""], dir, fate);
    }

    fn write(&self, node: Node, path: &Path, fate: &mut dyn FnMut() -> Fate) {
        match &self.nodes[node] {
            Content::File { synced, since } => {
                let mut bytes = synced.clone();
                since.iter().for_each(|edit| apply(&mut bytes, *edit, fate()));
                fs::write(path, bytes).unwrap();
            }
            Content::Directory { synced, since } => {
                let mut names = synced.clone();
                for naming in since.iter().filter(|_| fate() != Fate::Lost) {
                    naming.iter().cloned().for_each(|naming| rename_to(&mut names, naming));
                }
                fs::create_dir_all(path).unwrap();
                clear(path, &names);
                for (name, node) in names.iter().filter(|(name, _)| !is_forgotten(name)) {
                    self.write(*node, &path.join(name), fate);
                }
            }
        }
    }

    /// How many changes have not been synced.
    pub(crate) fn unsynced(&self) -> usize {
        let count = |content: &Content<'_>| match content {
            Content::File { since, .. } => since.len(),
            Content::Directory { since, .. } => since.len(),
        };
        let reached = self.names.iter().filter(|(path, _)| !is_forgotten(path));
        reached.map(|(_, node)| count(&self.nodes[*node])).sum()
    }
}

/// Removes from a directory what is not among these names. What is will be written over: making
/// hundreds of folders anew takes longer than all the rest.
fn clear(dir: &Path, names: &BTreeMap<String, Node>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            if !names.contains_key(&name) {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        } else if !names.contains_key(&name) || is_forgotten(&name) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// SQLite's index of its log lives in memory and is made anew.
fn is_forgotten(name: &str) -> bool {
    name.ends_with("-shm") || name == super::workload::ACKNOWLEDGED
}

fn rename_to(names: &mut BTreeMap<String, Node>, (name, node): Naming) {
    match node {
        Some(node) => names.insert(name, node),
        None => names.remove(&name),
    };
}

fn apply(file: &mut Vec<u8>, edit: Edit<'_>, fate: Fate) {
    match (edit, fate) {
        (_, Fate::Lost) => {}
        (Edit::Truncate { len }, _) => file.resize(len, 0),
        (Edit::Write { at, bytes }, Fate::Kept) => put(file, at, bytes),
        (Edit::Write { at, bytes }, Fate::Torn(kept)) => {
            for (at, bytes) in pieces(at, bytes, SECTOR) {
                if kept >> (at / SECTOR % 64) & 1 == 1 {
                    put(file, at, bytes);
                }
            }
        }
    }
}

/// Bytes cut where a block of the disk ends, each piece with its place.
fn pieces(mut at: usize, mut bytes: &[u8], block: usize) -> impl Iterator<Item = (usize, &[u8])> {
    std::iter::from_fn(move || {
        let (piece, rest) = bytes.split_at_checked(block - at % block).unwrap_or((bytes, &[]));
        let here = at;
        (at, bytes) = (at + piece.len(), rest);
        (!piece.is_empty()).then_some((here, piece))
    })
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}
