//! Blobs: the sweep and a writer, each stopped before each of its commands while the other does all
//! of its own; and what a sweep leaves that crashes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use contract::account::{Account, INBOX, all_uids, message_with, noise, purge, purge_after};
use mailstore::backends::mongo::{Mongo, MongoOptions, Observer};
use mailstore::blob::{BlobRef, ObjectName, Place};
use mailstore::change::{NewMessage, Op};
use mailstore::random::Random;
use mailstore::store::{BlobState, Claim, Ledger, Purge};
use mailstore::time::Timestamp;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};

use crate::server::Database;

/// Hours after which what is expunged now is gone.
const MUCH_LATER: i64 = 30;

type Action = Box<dyn FnOnce() + Send>;

/// Does something just before a command is sent.
#[derive(Clone, Default)]
struct Hook {
    left: Arc<AtomicUsize>,
    action: Arc<Mutex<Option<Action>>>,
}

impl Hook {
    async fn connect(&self, database: &Database) -> Mongo {
        let hook = self.clone();
        let observer = Observer::new(move |_, _| {
            if hook.left.load(Ordering::SeqCst) > 0 && hook.left.fetch_sub(1, Ordering::SeqCst) == 1
            {
                let action = hook.action.lock().unwrap().take();
                action.unwrap()();
            }
        });
        let options = MongoOptions { observer: Some(observer), ..crate::server::patient() };
        database.connect_with(options).await
    }

    /// Before the command of that number, counted from 1.
    fn before(&self, command: usize, action: impl FnOnce() + Send + 'static) {
        *self.action.lock().unwrap() = Some(Box::new(action));
        self.left.store(command, Ordering::SeqCst);
    }

    /// Did that command come?
    fn came(&self) -> bool {
        self.left.store(0, Ordering::SeqCst);
        self.action.lock().unwrap().take().is_none()
    }
}

/// Waits for something asynchronous on a thread of its own.
fn meanwhile<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let handle = tokio::runtime::Handle::current();
    std::thread::spawn(move || handle.block_on(work)).join().unwrap()
}

/// Somebody with a message of some content.
#[derive(Clone)]
struct Writer {
    account: Account,
    blob: BlobRef,
    name: ObjectName,
    message: NewMessage,
}

impl Writer {
    fn new(ledger: &Arc<dyn Ledger>, account: i64, seed: usize) -> Self {
        let content = noise(300_000, seed as u8);
        let mut raw = b"Content-Type: application/octet-stream\r\n\r\n".to_vec();
        raw.extend(&content);
        let blob = BlobRef::of(&content);
        let name = ObjectName::new(Timestamp::now(), &blob.digest, Random::draw());
        let message = message_with(&raw, Some(&name));
        Self { account: Account::new(ledger, account), blob, name, message }
    }

    async fn claim(&self) -> BlobState {
        let email = self.message.content.email.id;
        let claim = Claim { digest: self.blob.digest, account: self.account.id, email };
        self.account.ledger.claim(&claim).await.unwrap()
    }

    /// From claim to commit; the name that the message refers to.
    async fn write(mut self) -> ObjectName {
        let place = match self.claim().await {
            BlobState::Live(place) => place,
            BlobState::Vacant => self.account.ledger.settle(&self.blob, &self.name).await.unwrap(),
        };
        let content = Arc::make_mut(&mut self.message.content);
        content.email.tree.place_blobs(|_| place.clone());
        self.account.done(Op::Append { to: INBOX, messages: vec![self.message] }).await;
        let Place::Object(name) = place else { panic!("{place:?}") };
        name
    }
}

/// What removes all that is expunged, but no claim.
fn sweep() -> Purge {
    Purge { claims_before: purge_after(0).claims_before, ..purge_after(MUCH_LATER) }
}

/// Two accounts on a steady connection, and one that is interfered with.
async fn setting() -> (Arc<Database>, Arc<dyn Ledger>, Hook, Arc<dyn Ledger>) {
    let database = Database::new();
    let steady: Arc<dyn Ledger> = database.connect().await.ledger();
    for number in [1, 2] {
        Account::provisioned(&steady, number).await;
    }
    let hook = Hook::default();
    let hooked: Arc<dyn Ledger> = hook.connect(&database).await.ledger();
    (database, steady, hook, hooked)
}

/// A blob whose last message was expunged: the next sweep removes it.
async fn abandoned(steady: &Arc<dyn Ledger>, seed: usize) -> ObjectName {
    let name = Writer::new(steady, 1, seed).write().await;
    Account::new(steady, 1).expunge(INBOX, all_uids()).await;
    name
}

async fn all_is_well(steady: &Arc<dyn Ledger>, used: &ObjectName, removed: &[ObjectName]) {
    assert!(!removed.contains(used), "the bytes of a live blob were removed");
    assert!(steady.is_live(used).await.unwrap(), "a message without its blob");
    let more = purge(steady, &sweep()).await;
    assert!(!more.objects.contains(used));
    assert!(steady.is_live(used).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_before_each_command_of_a_sweep() {
    let (_database, steady, hook, hooked) = setting().await;
    for command in 1.. {
        abandoned(&steady, command).await;
        let used = Arc::new(Mutex::new(None));
        let (writer, told) = (Writer::new(&steady, 2, command), Arc::clone(&used));
        let handle = tokio::runtime::Handle::current();
        hook.before(command, move || {
            let _runtime = handle.enter();
            *told.lock().unwrap() = Some(meanwhile(writer.write()));
        });
        let mut removed = hooked.purge(&sweep()).await.unwrap().objects;
        if !hook.came() {
            assert!(command > 8, "a sweep of {command} commands");
            return;
        }
        removed.extend(purge(&steady, &sweep()).await.objects);
        let used = used.lock().unwrap().take().unwrap();
        all_is_well(&steady, &used, &removed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sweep_before_each_command_of_a_writer() {
    let (_database, steady, hook, hooked) = setting().await;
    for command in 1.. {
        abandoned(&steady, command).await;
        let removed = Arc::new(Mutex::new(Vec::new()));
        let (ledger, told) = (Arc::clone(&steady), Arc::clone(&removed));
        let handle = tokio::runtime::Handle::current();
        hook.before(command, move || {
            let _runtime = handle.enter();
            let purged = meanwhile(async move { purge(&ledger, &sweep()).await });
            told.lock().unwrap().extend(purged.objects);
        });
        let used = Writer::new(&hooked, 2, command).write().await;
        if !hook.came() {
            assert!(command > 4, "a writer of {command} commands");
            return;
        }
        let removed = removed.lock().unwrap().clone();
        all_is_well(&steady, &used, &removed).await;
    }
}

/// Takes the claims of all blobs away, or not, and dooms the rows, as a sweep does that crashes
/// then.
async fn doom(database: &Database, claims: Claims) {
    let raw = database.raw().await;
    if claims == Claims::Go {
        raw.collection::<Document>("claims").delete_many(doc! {}).await.unwrap();
    }
    let suspect = Binary { subtype: BinarySubtype::Generic, bytes: vec![1; 16] };
    let set = doc! { "$set": { "state": "doomed", "suspect": suspect } };
    raw.collection::<Document>("blobs").update_many(doc! {}, set).await.unwrap();
}

#[derive(PartialEq, Eq)]
enum Claims {
    Go,
    Stay,
}

#[tokio::test]
async fn what_a_crashed_sweep_has_doomed_goes_or_lives_on() {
    let (database, steady, _, _) = setting().await;
    let used = Writer::new(&steady, 2, 1).write().await;
    doom(&database, Claims::Stay).await;
    let next = Writer::new(&steady, 2, 1);
    assert_eq!(next.claim().await, BlobState::Vacant, "doomed");
    assert!(steady.is_live(&used).await.unwrap(), "its bytes are not to be touched");
    assert!(purge(&steady, &sweep()).await.objects.is_empty());
    assert_eq!(next.claim().await, BlobState::Live(Place::Object(used.clone())));
    doom(&database, Claims::Go).await;
    let settled = Writer::new(&steady, 2, 1);
    assert_eq!(settled.claim().await, BlobState::Vacant);
    let place = steady.settle(&settled.blob, &settled.name).await.unwrap();
    assert_eq!(place, Place::Object(settled.name.clone()), "a new object for a doomed one");
    assert!(!steady.is_live(&used).await.unwrap());
    doom(&database, Claims::Go).await;
    assert_eq!(purge(&steady, &sweep()).await.objects, std::slice::from_ref(&settled.name));
    assert!(!steady.is_live(&settled.name).await.unwrap());
}
