//! A disk that is full, or that cannot sync: errors, nothing acknowledged that is not there, and
//! when it works again so does the store, without a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mailstore::backends::embedded::Embedded;
use mailstore::store::Fault;
use mailstore::{Error, Mailstore, Settings};
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::book::{Book, clean};
use super::shim::{Shim, again, control, role};
use super::workload::{Deed, Done, Id, Line, WRITERS, deliver};

#[test]
fn a_full_disk() {
    under_control("disk_full::a_full_disk", |mut bench| {
        bench.deliver_all(40);
        for room in [0, 1, 5_000, 70_000, 400_000] {
            bench.control(room, 0);
            let failed = bench.deliver_until_it_fails();
            bench.deliver_none(10);
            assert!(bench.errors.load(Ordering::Relaxed) > failed, "no error in the log");
            bench.all_is_there();
            bench.control(-1, 0);
            bench.deliver_all(40);
            bench.all_is_there();
        }
        bench.close();
    });
}

#[test]
fn a_disk_that_cannot_sync() {
    under_control("disk_full::a_disk_that_cannot_sync", |mut bench| {
        bench.deliver_all(40);
        for _ in 0..3 {
            bench.control(-1, 1);
            bench.deliver_none(40);
            bench.all_is_there();
            bench.control(-1, 0);
            bench.deliver_all(40);
            bench.all_is_there();
        }
        bench.close();
    });
}

/// Runs `work` in a process whose disk obeys a control.
fn under_control(test: &str, work: fn(Bench)) {
    if let Some(disk) = role() {
        return work(Bench::new(Path::new(&disk)));
    }
    let dir = tempfile::tempdir().unwrap();
    let shim = Shim::new(dir.path());
    let path = dir.path().join("control");
    control(&path, -1, 0);
    let mut command = again(test, shim.root.to_str().unwrap());
    let done = shim.under(&mut command).env("RECORD_CONTROL", path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    disk: PathBuf,
    store: Mailstore,
    book: Book,
    next: u32,
    errors: Arc<AtomicUsize>,
}

impl Bench {
    fn new(disk: &Path) -> Self {
        let errors = Arc::new(AtomicUsize::new(0));
        tracing::subscriber::set_global_default(CountErrors(Arc::clone(&errors))).unwrap();
        let embedded = Embedded::open(disk.join("store")).unwrap();
        Self {
            runtime: tokio::runtime::Runtime::new().unwrap(),
            disk: disk.to_owned(),
            store: Mailstore::new(embedded.backend(), Settings::default()),
            book: Book::default(),
            next: 0,
            errors,
        }
    }

    fn control(&self, room: i64, sync_fails: i64) {
        control(&self.disk.with_file_name("control"), room, sync_fails);
    }

    /// One message; its writer and number change each time, and with them its size.
    fn deliver(&mut self) -> Result<(), Error> {
        let id = Id { writer: self.next % WRITERS, number: self.next };
        self.next += 1;
        let uid = self.runtime.block_on(deliver(&self.store, id))?;
        self.book.line(Line { id, deed: Deed::Append, done: Done::Acknowledged(uid) }).unwrap();
        Ok(())
    }

    fn deliver_all(&mut self, count: usize) {
        for _ in 0..count {
            self.deliver().unwrap();
        }
    }

    fn deliver_none(&mut self, count: usize) {
        for _ in 0..count {
            let error = self.deliver().unwrap_err();
            assert!(matches!(&error, Error::Store(e) if e.fault == Fault::Unavailable), "{error}");
        }
    }

    /// Returns how many errors had been logged before.
    fn deliver_until_it_fails(&mut self) -> usize {
        let errors = self.errors.load(Ordering::Relaxed);
        let most = 1000;
        let error = (0..most).find_map(|_| self.deliver().err());
        assert!(error.is_some(), "{most} messages went onto a full disk");
        errors
    }

    /// What was acknowledged, and nothing else.
    fn all_is_there(&mut self) {
        assert_eq!(self.runtime.block_on(self.book.compare(&self.store)), Ok(()));
    }

    fn close(mut self) {
        let store = self.disk.join("store");
        assert_eq!(clean(&store, &["an orphan"]), Ok(()));
        drop(self.store);
        assert_eq!(self.book.verify(&store), Ok(()));
    }
}

/// Counts what is logged as an error.
struct CountErrors(Arc<AtomicUsize>);

impl Subscriber for CountErrors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
