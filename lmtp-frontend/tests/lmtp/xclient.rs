//! XCLIENT, from those who are trusted and from others.

use lmtp_frontend::{Settings, Trace};

use crate::common::client::Client;
use crate::common::people::ALICE;
use crate::common::{Options, Server, bare, lhlo, start};

async fn trusting() -> Server {
    let trace = Trace { received: true, ..Trace::NONE };
    let xclient = vec!["127.0.0.0/8".parse().unwrap()];
    start(Settings { xclient, trace, ..bare() }).await
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

#[tokio::test]
async fn who_is_not_trusted_is_refused() {
    let server = start(Options::default()).await;
    let mut client = lhlo(&server).await;
    client.play("C: XCLIENT ADDR=192.0.2.1\nS: 550 5.7.0 not allowed").await;
}

#[tokio::test]
async fn a_trusted_proxy_tells_who_its_client_is() {
    let server = trusting().await;
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

#[tokio::test]
async fn what_is_wrong_and_what_is_out_of_order() {
    let server = trusting().await;
    let mut client = lhlo(&server).await;
    for wrong in ["ADDR=x", "ADDR=IPV6:192.0.2.1", "HELO=a+0D+0Ab", "NAME=-x", "FOO=x", "NAME=[x]"]
    {
        client.play(&format!("C: XCLIENT {wrong}\nS: 501 5.5.4 *")).await;
    }
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: XCLIENT ADDR=192.0.2.1
             S: 250 2.1.0 OK
             S: 503 5.5.1 a message is under way",
        )
        .await;
}
