//! The way to the server, and whether it is one that will do.

use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::{ClientOptions, ReadConcern, ReadPreference, SelectionCriteria};
use tokio::time::Instant;

use super::failure::Failure;
use super::processes::Presence;
use super::schema;
use super::store::{Store, durable};
use crate::store::StoreError;

/// The lowest wire version that will do: MongoDB 8.0, the first to take writes to several
/// collections in one command.
const WIRE_VERSION: i64 = 25;

const OP: &str = "connect to MongoDB";

/// From one try to connect to the next.
const PAUSE: Duration = Duration::from_secs(1);

/// How to talk to the server.
#[derive(Clone, Debug)]
pub struct MongoOptions {
    /// How long one call of the store may take, all its round trips together. Default: 30 s.
    pub timeout: Duration,
    /// How long to look for a server that can be written to. Default: 5 s.
    pub patience: Duration,
    /// How long to go on trying, at the start, if the server is away; each try that fails is logged.
    /// Default: 0 s.
    pub wait: Duration,
    /// Told of every command; for tests and for measuring.
    pub observer: Option<Observer>,
}

impl Default for MongoOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            patience: Duration::from_secs(5),
            wait: Duration::ZERO,
            observer: None,
        }
    }
}

/// What is told of every command.
#[derive(Clone)]
pub struct Observer(Told);

type Told = std::sync::Arc<dyn Fn(&str, &[u8]) + Send + Sync>;

impl Observer {
    /// An observer that calls this with the name of each command and the command itself, in BSON,
    /// before it is sent. It is called on the thread that sends it.
    pub fn new(told: impl Fn(&str, &[u8]) + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(told))
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer")
    }
}

/// Connects, checks the server, and prepares the database.
pub(super) async fn connect(
    uri: &str,
    database: &str,
    options: MongoOptions,
) -> Result<Store, StoreError> {
    let begun = Instant::now();
    let store = Store {
        client: client(uri, &options).await.map_err(|failure| explained(&failure))?,
        database: database.to_owned(),
        timeout: options.timeout,
        presence: Presence::default(),
    };
    loop {
        let failure = match ready(&store).await {
            Ok(()) => return Ok(store),
            Err(failure @ Failure::Corrupt(_)) => return Err(failure.of(OP)),
            Err(failure) => failure,
        };
        let error = explained(&failure);
        if !failure.is_away() || begun.elapsed() >= options.wait {
            return Err(error);
        }
        tracing::error!(%error, "MongoDB is away; it is tried again");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Once, in the time of one call.
async fn ready(store: &Store) -> Result<(), Failure> {
    let work = async {
        check(store).await?;
        schema::prepare(store).await
    };
    let done = tokio::time::timeout(store.timeout, work).await;
    done.unwrap_or(Err(Failure::TimedOut(store.timeout)))
}

async fn client(uri: &str, options: &MongoOptions) -> Result<Client, Failure> {
    let mut settings = ClientOptions::parse(uri).await?;
    settings.app_name.get_or_insert_with(|| "mailstore".to_owned());
    settings.server_selection_timeout = Some(options.patience);
    settings.connect_timeout.get_or_insert(options.patience);
    settings.read_concern = Some(ReadConcern::majority());
    settings.write_concern = Some(durable());
    settings.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    if let Some(Observer(told)) = options.observer.clone() {
        let handler = move |event| {
            if let mongodb::event::command::CommandEvent::Started(started) = event {
                let command = started.command.to_vec().unwrap_or_default();
                told(&started.command_name, &command);
            }
        };
        settings.command_event_handler = Some(mongodb::event::EventHandler::callback(handler));
    }
    Ok(Client::with_options(settings)?)
}

/// Can this server do what is needed of it?
async fn check(store: &Store) -> Result<(), Failure> {
    let hello = store.client.database("admin").run_command(doc! { "hello": 1 }).await?;
    suits(&hello)
}

fn suits(hello: &Document) -> Result<(), Failure> {
    let is_cluster = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
    if !is_cluster && !hello.contains_key("setName") {
        return Err(Failure::Unsuitable(
            "the server is standalone and has no transactions; start it with --replSet NAME and \
             run rs.initiate() in its shell (one member is enough)"
                .to_owned(),
        ));
    }
    if wire_version(hello).is_some_and(|version| version < WIRE_VERSION) {
        return Err(Failure::Unsuitable(
            "the server is older than MongoDB 8.0; upgrade it, and set its \
             featureCompatibilityVersion to 8.0 or later"
                .to_owned(),
        ));
    }
    Ok(())
}

fn wire_version(hello: &Document) -> Option<i64> {
    let version = hello.get("maxWireVersion")?;
    version.as_i64().or(version.as_i32().map(i64::from))
}

/// A failure to connect, with what to look at.
fn explained(failure: &Failure) -> StoreError {
    let hint = match failure {
        Failure::Server(error) => match &*error.kind {
            ErrorKind::Authentication { .. } => "; check the user and the password in the URI",
            ErrorKind::ServerSelection { .. } | ErrorKind::Io(_) => {
                "; is it running, and are the hosts and the replica set in the URI right?"
            }
            ErrorKind::InvalidArgument { .. } => "; check the URI (mongodb://HOST:PORT/...)",
            _ => "",
        },
        _ => "",
    };
    StoreError::unavailable(OP, format!("{failure}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_transactions_is_refused_with_what_to_do() {
        let refused = |hello| suits(&hello).unwrap_err().to_string();
        assert!(refused(doc! { "maxWireVersion": 25 }).contains("--replSet"));
        assert!(refused(doc! { "setName": "rs", "maxWireVersion": 21 }).contains("8.0"));
        suits(&doc! { "setName": "rs", "maxWireVersion": 25 }).unwrap();
        suits(&doc! { "msg": "isdbgrid", "maxWireVersion": 27 }).unwrap();
    }

    #[tokio::test]
    async fn a_wrong_uri_is_said() {
        for uri in ["", "redis://x", "mongodb://a:b", "mongodb://x/?w=what"] {
            let error = connect(uri, "x", MongoOptions::default()).await.unwrap_err();
            assert_eq!(error.fault, crate::store::Fault::Unavailable, "{uri}");
        }
        let error = connect("redis://x", "x", MongoOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("check the URI"), "{error}");
    }
}
