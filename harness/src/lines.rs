//! A client that knows lines, and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// After this a test has failed; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Sends bytes, and reads lines.
#[derive(Debug)]
pub struct Lines<S = TcpStream> {
    stream: BufReader<S>,
}

impl Lines {
    /// Connects, and reads nothing yet.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    /// Over this stream.
    pub fn over(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The stream, of which nothing may be unread.
    pub fn into_inner(self) -> S {
        assert!(self.stream.buffer().is_empty());
        self.stream.into_inner()
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next line without its CRLF, which alone ends one; empty at the end of the connection.
    pub async fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        loop {
            let read = timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await;
            if read.expect("the server says nothing").unwrap_or(0) == 0 {
                return line;
            }
            if line.ends_with(b"\r\n") {
                line.truncate(line.len() - 2);
                return line;
            }
        }
    }

    /// The next line as text.
    pub async fn line(&mut self) -> String {
        String::from_utf8_lossy(&self.raw_line().await).into_owned()
    }

    /// Reads so many bytes.
    pub async fn exact(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await.unwrap().unwrap();
        bytes
    }

    /// All until the server closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap();
        rest
    }
}
