//! What the socket servers share and nothing else owns: listeners, TLS and STARTTLS, the PROXY
//! protocol, server-side SASL, limits, timeouts, shutdown.
//!
//! A front-end implements [`Protocol`]; [`serve`] accepts connections for it until a
//! [`Shutdown`]. A [`Connection`] is the same type whether it is clear, TLS or a Unix socket, and
//! holds no buffer while its peer is silent. Whatever ends one is an [`Ended`].
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use bytes::{Bytes, BytesMut};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use wire::{Connection, Crowded, Ended, Listener, Protocol, Settings, Shutdown};
//!
//! /// Sends back what it gets.
//! struct Echo;
//!
//! impl Echo {
//!     async fn converse(connection: &mut Connection) -> Result<(), Ended> {
//!         let mut buf = BytesMut::new();
//!         loop {
//!             let until = connection.within(connection.timeouts().idle);
//!             connection.read_command(&mut buf, 4096, until).await?;
//!             connection.write(buf.split().freeze()).await?;
//!         }
//!     }
//! }
//!
//! impl Protocol for Echo {
//!     async fn serve(self: Arc<Self>, mut connection: Connection) {
//!         if let Err(Ended::ShuttingDown) = Self::converse(&mut connection).await {
//!             let _ = connection.write(&b"bye\r\n"[..]).await;
//!         }
//!         connection.close().await;
//!     }
//!
//!     fn refusal(&self, _: Crowded) -> Bytes {
//!         Bytes::from_static(b"too many connections\r\n")
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap())?;
//! let address = listener.local_addr().unwrap();
//! let (trigger, shutdown) = Shutdown::channel();
//! let server = tokio::spawn(wire::serve(listener, Settings::default(), Arc::new(Echo), shutdown));
//!
//! let mut client = tokio::net::TcpStream::connect(address).await?;
//! client.write_all(b"hello").await?;
//! let mut answer = [0; 5];
//! client.read_exact(&mut answer).await?;
//! assert_eq!(&answer, b"hello");
//!
//! trigger.shut_down();
//! let mut goodbye = String::new();
//! client.read_to_string(&mut goodbye).await?;
//! assert_eq!(goodbye, "bye\r\n");
//! server.await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod auth;
mod awake;
mod connection;
mod ended;
mod gate;
pub mod line;
mod listener;
mod origin;
mod places;
pub mod proxy;
pub mod sasl;
mod serve;
mod shutdown;
mod stream;
mod tally;
mod timeouts;
mod tls;

pub use address::{AddressError, ListenAddr, Network};
pub use auth::{AuthPolicy, ClearLogin};
pub use connection::{Connection, Idle};
pub use ended::Ended;
pub use gate::{Crowded, Gate, Limits};
pub use listener::Listener;
pub use places::{Place, Places};
pub use serve::{Encryption, Protocol, Settings, serve};
pub use shutdown::{Shutdown, Trigger};
pub use timeouts::Timeouts;
pub use tls::{CertificateFiles, Tls, TlsError, TlsSettings};
pub use tokio::time::Instant;
