//! XCLIENT: who is believed to have sent a message.

use lmtp_frontend::{Settings, Trace};

use crate::common::client::Client;
use crate::common::people::ALICE;
use crate::common::{On, Server, bare, start};

harness::everywhere! {
    a_trusted_proxy_tells_who_its_client_is
}

async fn trusting(on: On) -> Server {
    let trace = Trace { received: true, ..Trace::NONE };
    let xclient = vec!["127.0.0.0/8".parse().unwrap()];
    start(on, Settings { xclient, trace, ..bare() }).await
}

const MESSAGE: &str = "
    C: MAIL FROM:<a@b>
    C: RCPT TO:<alice>
    C: DATA
    S: 250 2.1.0 OK
    S: 250 2.1.5 OK
    S: 354 *
    C: text
    C: .
    S: 250 2.0.0 <alice> * saved";

async fn a_trusted_proxy_tells_who_its_client_is(on: On) {
    let server = trusting(on).await;
    let mut client = Client::connect(server.address).await;
    client
        .play(
            "S: 220 *
             C: LHLO proxy.example
             S: 250-*
             S: 250-PIPELINING
             S: 250-ENHANCEDSTATUSCODES
             S: 250-8BITMIME
             S: 250-SMTPUTF8
             S: 250-CHUNKING
             S: 250-BINARYMIME
             S: 250-SIZE *
             S: 250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT
             C: XCLIENT NAME=mx.example ADDR=192.0.2.7 PORT=9 PROTO=ESMTP HELO=me.example
             S: 220 store.example LMTP mailstore ready
             C: MAIL FROM:<a@b>
             S: 503 5.5.1 LHLO comes first
             C: LHLO proxy.example
             S: 250-*",
        )
        .await;
    while client.line().await.starts_with("250-") {}
    client.play(MESSAGE).await;
    client
        .play(
            "C: XCLIENT ADDR=IPV6:2001:db8::1 HELO=[UNAVAILABLE] NAME=[TEMPUNAVAIL] LOGIN=x
             S: 220 *
             C: LHLO again.example
             S: 250-*",
        )
        .await;
    while client.line().await.starts_with("250-") {}
    client.play(MESSAGE).await;
    let inbox = server.mail(ALICE).texts("INBOX").await;
    let first = "Received: from me.example (mx.example [192.0.2.7])\r\n";
    assert!(inbox[0].starts_with(first), "{}", inbox[0]);
    let second = "Received: from again.example ([IPv6:2001:db8::1])\r\n";
    assert!(inbox[1].starts_with(second), "{}", inbox[1]);
}
