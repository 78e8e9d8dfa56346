//! The web page: static files that are part of the program, and nothing else.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::routing::get;

/// A file: its path, its type, its text.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [File; 16] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/docs", HTML, include_str!("../page/docs.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css")),
    ("/mail.css", "text/css; charset=utf-8", include_str!("../page/mail.css")),
    ("/icon.svg", "image/svg+xml", include_str!("../page/icon.svg")),
    ("/account.js", SCRIPT, include_str!("../page/account.js")),
    ("/api.js", SCRIPT, include_str!("../page/api.js")),
    ("/app.js", SCRIPT, include_str!("../page/app.js")),
    ("/docs.js", SCRIPT, include_str!("../page/docs.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/journal.js", SCRIPT, include_str!("../page/journal.js")),
    ("/keys.js", SCRIPT, include_str!("../page/keys.js")),
    ("/mail.js", SCRIPT, include_str!("../page/mail.js")),
    ("/message.js", SCRIPT, include_str!("../page/message.js")),
    ("/tree.js", SCRIPT, include_str!("../page/tree.js")),
    ("/users.js", SCRIPT, include_str!("../page/users.js")),
];

/// Adds the files.
pub(crate) fn with_files<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    FILES.into_iter().fold(router, |router, (path, kind, text)| {
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(kind)),
            // Another release may have other files.
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        router.route(path, get(move || async move { (headers, text) }))
    })
}
