//! More than there is memory for.

use lmtp_frontend::Settings;

use crate::common::{On, Options, bare, lhlo, start};

harness::everywhere! {
    without_memory_a_message_is_put_off
}

async fn without_memory_a_message_is_put_off(on: On) {
    let wait = std::time::Duration::from_millis(20);
    let mut options = Options::from(Settings { memory_wait: wait, ..bare() });
    options.store.max_message = 20_000;
    options.store.memory = 4 << 20;
    let server = start(on, options).await;
    let all = server.store.admit(2 << 20).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 452 4.3.1 no memory for the message at present
             C: BDAT 4
             C: ab
             S: 452 4.3.1 no memory for the message at present
             C: BDAT 2 LAST
             C:
             S: 452 4.3.1 <alice> no memory for the message at present",
        )
        .await;
    drop(all);
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: .
             S: 250 2.0.0 <alice> * saved",
        )
        .await;
}
