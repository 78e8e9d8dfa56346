//! The control socket: how the command line talks to a running server.
//!
//! A Unix socket in the data directory, for the owner only. One JSON [`Request`] a line, one JSON
//! [`Reply`] a line in answer.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire::{Connection, Crowded, Ended, Protocol};

use crate::problem::{Doing, Problem};
use crate::store::Store;
use crate::users::{Reply, Request, carry_out};

/// The longest request, in bytes.
const LONGEST: usize = 64 * 1024;
/// How long the command line waits for a reply.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the socket of a data directory is.
pub(crate) fn socket(directory: &Path) -> PathBuf {
    directory.join("control.sock")
}

/// The server's side.
pub(crate) struct Control {
    pub(crate) store: Store,
}

impl Protocol for Control {
    async fn serve(self: Arc<Self>, mut connection: Connection) {
        if let Err(ended) = self.converse(&mut connection).await {
            tracing::debug!(%ended, "control connection");
        }
        connection.close().await;
    }

    fn refusal(&self, _: Crowded) -> Bytes {
        line(&refused("too many connections"))
    }
}

impl Control {
    async fn converse(&self, connection: &mut Connection) -> Result<(), Ended> {
        let mut unread = BytesMut::new();
        loop {
            let Some(end) = unread.iter().position(|&byte| byte == b'\n') else {
                let room = LONGEST.saturating_sub(unread.len());
                if room == 0 {
                    return connection.write(line(&refused("the request is too long"))).await;
                }
                let until = connection.within(connection.timeouts().command);
                connection.read_command(&mut unread, room, until).await?;
                continue;
            };
            let request = unread.split_to(end + 1);
            connection.write(line(&self.answer(&request).await)).await?;
        }
    }

    async fn answer(&self, request: &[u8]) -> Reply {
        match serde_json::from_slice(request) {
            Ok(request) => carry_out(&self.store, request).await,
            Err(error) => refused(&format!("the server does not know this request: {error}")),
        }
    }
}

fn refused(reason: &str) -> Reply {
    Reply::Refused { reason: reason.to_owned() }
}

fn line(reply: &Reply) -> Bytes {
    let mut line = serde_json::to_vec(reply).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

/// A connection of the command line to a running server.
pub(crate) struct Client(BufReader<UnixStream>);

impl Client {
    /// Connects to the server of a data directory; `None` if none is running.
    pub(crate) fn connect(directory: &Path) -> Result<Option<Self>, Problem> {
        let path = socket(directory);
        match UnixStream::connect(&path) {
            Ok(stream) => Self::new(stream).map(Some),
            Err(error) if not_running(&error) => Ok(None),
            Err(error) => Err(error),
        }
        .doing(|| format!("connecting to the server at {}", path.display()))
    }

    fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and waits for the reply.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Reply, Problem> {
        self.exchange(request).doing(|| "asking the running server".to_owned())
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Reply> {
        let mut text = serde_json::to_vec(request)?;
        text.push(b'\n');
        self.0.get_mut().write_all(&text)?;
        let mut reply = String::new();
        if self.0.read_line(&mut reply)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection"));
        }
        Ok(serde_json::from_str(&reply)?)
    }
}

/// There is no socket, or nobody listens at it any more.
fn not_running(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use wire::{Listener, Settings, Shutdown};

    use super::*;

    /// Runs a server with its socket in a new directory, and `client` beside it.
    async fn served<T: Send + 'static>(client: impl FnOnce(&Path) -> T + Send + 'static) -> T {
        let directory = tempfile::tempdir().unwrap();
        let listener = Listener::bind_private(&socket(directory.path())).unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        let control = Arc::new(Control { store: Store::in_memory() });
        let server = tokio::spawn(wire::serve(listener, Settings::default(), control, shutdown));
        let path = directory.path().to_owned();
        let outcome = tokio::task::spawn_blocking(move || client(&path)).await.unwrap();
        trigger.shut_down();
        server.await.unwrap();
        outcome
    }

    fn add(name: &str) -> Request {
        let (addresses, password) = (Vec::new(), Some("sesame".to_owned()));
        Request::Add {
            name: name.into(),
            password,
            addresses,
            quota_bytes: None,
            quota_messages: None,
        }
    }

    #[tokio::test]
    async fn requests_are_answered_in_turn() {
        let replies = served(|directory| {
            let mut client = Client::connect(directory).unwrap().unwrap();
            let requests = [add("alice"), add("alice"), Request::List { after: Some(1) }];
            requests.map(|request| client.ask(&request).unwrap())
        });
        let said = "added alice as account 1".into();
        let reason = "there is already a user alice".into();
        let list = Reply::Users { rows: Vec::new(), next: None };
        assert_eq!(replies.await, [Reply::Done { said }, Reply::Refused { reason }, list]);
    }

    #[tokio::test]
    async fn the_socket_is_for_its_owner() {
        let mode = served(|path| socket(path).metadata().unwrap().permissions().mode());
        assert_eq!(mode.await & 0o777, 0o600);
    }

    #[tokio::test]
    async fn nonsense_is_refused() {
        let replies = served(|directory| {
            let exchange = |text: &[u8]| {
                let mut stream = UnixStream::connect(socket(directory)).unwrap();
                stream.write_all(text).unwrap();
                let mut reply = String::new();
                BufReader::new(stream).read_line(&mut reply).unwrap();
                reply
            };
            [exchange(b"\xff\n"), exchange(b"{\"drop\":{}}\n"), exchange(&vec![b' '; LONGEST])]
        });
        let [bytes, unknown, long] = replies.await;
        assert!(bytes.contains("does not know this request"), "{bytes}");
        assert!(unknown.contains("unknown variant `drop`"), "{unknown}");
        assert!(long.contains("too long"), "{long}");
    }

    #[test]
    fn no_server_is_not_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Client::connect(directory.path()).unwrap().is_none());
        drop(std::os::unix::net::UnixListener::bind(socket(directory.path())).unwrap());
        assert!(Client::connect(directory.path()).unwrap().is_none(), "a stale socket");
    }
}
