//! STARTTLS.

use harness::{certificate, trusting};
use lmtp_frontend::{Settings, Trace};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use wire::Encryption;

use crate::common::client::Client;
use crate::common::people::ALICE;
use crate::common::{On, Options, Server, bare, lhlo};

harness::everywhere! {
    what_was_said_in_the_clear_is_forgotten
    nothing_may_follow_in_the_clear
}

/// A server that offers STARTTLS, and a client's half that trusts it.
async fn start(on: On) -> (Server, TlsConnector) {
    let (tls, certificate) = certificate();
    let mut options = Options::from(Settings { trace: Trace::default(), ..bare() });
    options.wire.encryption = Encryption::StartTls(tls);
    (crate::common::start(on, options).await, trusting(certificate))
}

async fn what_was_said_in_the_clear_is_forgotten(on: On) {
    let (server, connector) = start(on).await;
    let mut clear = Client::connect(server.address).await;
    clear
        .play(
            "S: 220 *
             C: LHLO client.example
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-SIZE *
             S: 250 STARTTLS
             C: STARTTLS now
             S: 501 5.5.4 *
             C: STARTTLS
             S: 220 2.0.0 go ahead",
        )
        .await;
    let name = ServerName::try_from("localhost").unwrap();
    let tls = connector.connect(name, clear.into_inner()).await.unwrap();
    let mut client = Client::over(tls);
    client
        .play(
            "C: MAIL FROM:<a@b>
             S: 503 5.5.1 LHLO comes first
             C: STARTTLS
             S: 503 5.5.1 TLS cannot be started
             C: LHLO client.example
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250 SIZE *
             C: MAIL FROM:<a@b> SMTPUTF8
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: .
             S: 250 2.0.0 <alice> * saved
             C: QUIT
             S: 221 2.0.0 bye",
        )
        .await;
    assert!(
        server.mail(ALICE).texts("INBOX").await[0]
            .contains("\tby store.example with UTF8LMTPS\r\n")
    );
}

async fn nothing_may_follow_in_the_clear(on: On) {
    let (server, _) = start(on).await;
    let mut client = lhlo(&server).await;
    client.play("C: STARTTLS\nC: MAIL FROM:<evil@b>\nS: 220 2.0.0 go ahead\nS-").await;
}
