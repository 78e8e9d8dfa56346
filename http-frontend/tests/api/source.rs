//! The source, byte for byte.

use axum::body::Body;
use axum::http::{Method, Request};

use crate::harness::{Answer, Site, with_attachment};

async fn source(site: &Site, uid: u64, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(format!("/api/v1/users/me/mailboxes/1/messages/{uid}/source"))
        .header("authorization", format!("Bearer {}", site.alice));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn it_is_exact_whatever_the_bytes_are() {
    let site = Site::new().await;
    let nasty: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let big = with_attachment("big", 700_000).into_bytes();
    for message in [nasty, big, b"\n".to_vec(), b"a: b\n\nLF only\n".to_vec()] {
        let uid = site.upload(message.clone()).await;
        let answer = source(&site, uid, &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "message/rfc822");
        assert_eq!(answer.header("content-length"), message.len().to_string());
        assert!(answer.body == message, "not the same bytes");
    }
}

#[tokio::test]
async fn any_range_of_it_can_be_had() {
    let site = Site::new().await;
    let message = with_attachment("big", 700_000).into_bytes();
    let uid = site.upload(message.clone()).await;
    let size = message.len();
    for range in [0..10, 100..400_000, 650_000..size, size - 1..size] {
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let answer = source(&site, uid, &[("range", &asked)]).await;
        assert_eq!(answer.status, 206);
        let of = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        assert_eq!(answer.header("content-range"), of);
        assert!(answer.body == message[range], "{asked}");
    }
    let beyond = source(&site, uid, &[("range", &format!("bytes={size}-"))]).await;
    assert_eq!(
        (beyond.status.as_u16(), beyond.header("content-range")),
        (416, &*format!("bytes */{size}"))
    );
    beyond.problem(416, "");
}

#[tokio::test]
async fn its_tag_is_that_of_the_content() {
    let site = Site::new().await;
    let (one, other) = (site.upload(with_attachment("a", 5000)).await, site.upload("x\r\n").await);
    let copy = site.upload(with_attachment("a", 5000)).await;
    let etag = source(&site, one, &[]).await.header("etag").to_owned();
    assert!(etag.starts_with('"'), "strong");
    assert_eq!(source(&site, copy, &[]).await.header("etag"), etag);
    assert_ne!(source(&site, other, &[]).await.header("etag"), etag);
    let again = source(&site, one, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let stale = source(&site, one, &[("if-range", "\"x\""), ("range", "bytes=0-1")]).await;
    assert_eq!(stale.status, 200);
    source(&site, one, &[("if-match", "\"x\"")]).await.problem(412, "");
}

#[tokio::test]
async fn what_is_not_there_has_none() {
    let site = Site::new().await;
    source(&site, 1, &[]).await.problem(404, "");
    let uid = site.upload("x\r\n").await;
    let path = format!("/api/v1/users/me/mailboxes/1/messages/{uid}/source");
    let head = site.call(Method::HEAD, &path, &site.alice, "").await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length"), head.body.len()),
        (200, "3", 0)
    );
}
