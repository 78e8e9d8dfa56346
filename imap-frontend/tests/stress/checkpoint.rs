//! All stop, and must believe the same: as each other, and as the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use mailstore::flags::SystemFlag;
use tokio::sync::Barrier;

use super::common::Server;
use super::order::{Check, Order};
use super::player::Player;
use super::view::{Flags, Gate, View};

/// Where all meet.
pub struct Checkpoint {
    barrier: Barrier,
    board: Mutex<Vec<(usize, View, String)>>,
}

impl Checkpoint {
    pub fn of(players: usize) -> Self {
        Self { barrier: Barrier::new(players), board: Mutex::default() }
    }

    /// Stops until all have, then compares. One of them does that for all.
    pub async fn meet(&self, player: &mut Player, server: &Server) {
        self.barrier.wait().await;
        player.connect().await;
        if player.view().is_none() {
            player.select().await;
        }
        player.batch(vec![Order::new("NOOP", Gate::News, Check::Fine)]).await;
        self.barrier.wait().await;
        let thread = Order::new("THREAD REFERENCES UTF-8 ALL", Gate::Silence, Check::Fine);
        let heard = player.batch(vec![thread]).await.remove(0);
        let view = player.view().expect("a view").clone();
        let all = (player.index, view, format!("{:?}", heard.thread));
        self.board.lock().expect("a board").push(all);
        if self.barrier.wait().await.is_leader() {
            let board = std::mem::take(&mut *self.board.lock().expect("a board"));
            if let Err(error) = compare(&board, server).await {
                player.wrong(&error);
            }
        }
        self.barrier.wait().await;
        ask_all(player).await;
        self.barrier.wait().await;
    }

    /// Goes on when all do.
    pub async fn part(&self) {
        self.barrier.wait().await;
    }
}

/// Asks for everything: it is as was believed.
async fn ask_all(player: &mut Player) {
    let before = player.view().expect("a view").clone();
    if before.count() == 0 {
        return;
    }
    let condstore = player.line.as_ref().is_some_and(|line| line.condstore);
    let items = if condstore { "UID FLAGS MODSEQ" } else { "UID FLAGS" };
    let order = Order::new(format!("FETCH 1:* ({items})"), Gate::Fetch, Check::Fine);
    player.batch(vec![order]).await;
    let after = player.view().expect("a view").clone();
    for (old, new) in before.messages.iter().zip(&after.messages) {
        let modseq = old.modseq.is_none_or(|_| old.modseq == new.modseq);
        let flags = old.flags.is_none() || old.flags == new.flags;
        if !modseq || !flags || new.uid.is_none() || new.flags.is_none() {
            player.wrong(&format!("believed {old:?}, and it is {new:?}"));
        }
    }
}

async fn compare(board: &[(usize, View, String)], server: &Server) -> Result<(), String> {
    let mailboxes: BTreeSet<_> = board.iter().map(|(_, view, _)| view.mailbox.clone()).collect();
    for mailbox in mailboxes {
        let here: Vec<_> = board.iter().filter(|(_, view, _)| view.mailbox == mailbox).collect();
        let stored = stored(server, &mailbox).await;
        for (index, view, thread) in &here {
            let wrong = |what: String| format!("client {index} in {mailbox}: {what}");
            as_stored(view, &stored).map_err(wrong)?;
            if *thread != here[0].2 {
                return Err(wrong(format!("THREAD {thread}, and not {}", here[0].2)));
            }
        }
        let recent: u32 =
            here.iter().filter(|(_, view, _)| view.writable).map(|all| all.1.recent).sum();
        if recent as usize > stored.len() {
            return Err(format!("{mailbox}: {recent} are recent of {}", stored.len()));
        }
    }
    Ok(())
}

async fn stored(server: &Server, mailbox: &str) -> BTreeMap<u32, Flags> {
    let rows = server.mail(1).rows(mailbox).await;
    let flags = |flags: &mailstore::flags::Flags| {
        let system = flags.system().map(name).map(str::to_owned);
        system.chain(flags.keywords().iter().map(|keyword| keyword.as_str().to_owned())).collect()
    };
    rows.iter().map(|row| (row.uid.get(), flags(&row.flags))).collect()
}

fn name(flag: SystemFlag) -> &'static str {
    match flag {
        SystemFlag::Answered => "\\Answered",
        SystemFlag::Flagged => "\\Flagged",
        SystemFlag::Deleted => "\\Deleted",
        SystemFlag::Seen => "\\Seen",
        SystemFlag::Draft => "\\Draft",
    }
}

fn as_stored(view: &View, stored: &BTreeMap<u32, Flags>) -> Result<(), String> {
    if view.messages.len() != stored.len() {
        return Err(format!("{} messages, and not {}", view.messages.len(), stored.len()));
    }
    for (message, (uid, flags)) in view.messages.iter().zip(stored) {
        let same_uid = message.uid.is_none_or(|known| known == *uid);
        if !same_uid || message.flags.as_ref().is_some_and(|known| known != flags) {
            return Err(format!("{message:?}, and not {uid} {flags:?}"));
        }
    }
    Ok(())
}
