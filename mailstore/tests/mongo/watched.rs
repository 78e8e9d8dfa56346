//! A ledger whose commands are watched.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use mailstore::backends::mongo::{Mongo, MongoOptions, Observer};
use mongodb::bson::Document;

use crate::server::{self, Database};

/// What was sent, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch(Arc<Mutex<Vec<(String, Document)>>>);

impl Watch {
    /// The commands since the last call.
    pub(crate) fn take(&self) -> Vec<(String, Document)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Their names; but for what a process says of itself now and then.
    pub(crate) fn names(&self) -> Vec<String> {
        let of_the_call =
            |(_, command): &(_, Document)| command.get_str("update").ok() != Some("processes");
        self.take().into_iter().filter(of_the_call).map(|(name, _)| name).collect()
    }

    fn observer(&self) -> Observer {
        let seen = Arc::clone(&self.0);
        Observer::new(move |name, command| {
            let command = Document::from_reader(Cursor::new(command)).unwrap();
            seen.lock().unwrap().push((name.to_owned(), command));
        })
    }
}

/// Connects, watched.
pub(crate) async fn connect(database: &Database) -> (Mongo, Watch) {
    let watch = Watch::default();
    let options = MongoOptions { observer: Some(watch.observer()), ..server::patient() };
    let mongo = database.connect_with(options).await;
    watch.take();
    (mongo, watch)
}
