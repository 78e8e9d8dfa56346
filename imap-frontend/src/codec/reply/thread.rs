//! THREAD responses (RFC 5256 BASE.7.2.THREAD).

use bytes::BufMut;
use mailstore::search::thread::{Root, Threads};

use super::{Reply, number};

/// What is still to be written of a thread.
enum Rest {
    /// A message and all that hangs from it.
    Message(u32),
    /// `)`.
    Close,
}

impl Reply {
    /// One thread; `shown` gives the number that is shown for a message.
    pub fn thread(&mut self, threads: &Threads, root: &Root, shown: impl Fn(u32) -> u32) {
        let mut rest = Vec::new();
        match root {
            Root::Message(at) => rest.push(Rest::Message(*at)),
            Root::Siblings(all) => self.split(&mut rest, all, b"("),
        }
        while let Some(next) = rest.pop() {
            match next {
                Rest::Close => self.out.put_u8(b')'),
                Rest::Message(at) => self.chain(threads, at, (&mut rest, &shown)),
            }
        }
    }

    /// A message, and its only reply, and so on, up to where the thread ends or splits.
    fn chain(
        &mut self,
        threads: &Threads,
        mut at: u32,
        (rest, shown): (&mut Vec<Rest>, &impl Fn(u32) -> u32),
    ) {
        self.out.put_u8(b'(');
        loop {
            number::put(&mut self.out, shown(at));
            match threads.children(at) {
                [] => return self.out.put_u8(b')'),
                [only] => {
                    self.out.put_u8(b' ');
                    at = *only;
                }
                many => return self.split(rest, many, b" "),
            }
        }
    }

    fn split(&mut self, rest: &mut Vec<Rest>, siblings: &[u32], before: &[u8]) {
        self.out.put_slice(before);
        rest.push(Rest::Close);
        rest.extend(siblings.iter().rev().map(|at| Rest::Message(*at)));
    }
}
