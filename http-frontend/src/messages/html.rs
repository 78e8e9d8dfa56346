//! HTML made safe to show: nothing in it runs, and nothing is loaded from elsewhere, which would
//! tell its sender that it is being read.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;
use mailstore::store::StoreError;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Most at once: it takes a processor each.
static WORKERS: Semaphore = Semaphore::const_new(4);

/// Most tags. Each may stand within all those before it, and the time that it takes to find out is
/// the square of their number: about a second for so many.
const MAX_TAGS: usize = 10_000;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(local);
    builder
});

/// Without what would be loaded.
fn local<'a>(tag: &str, attribute: &str, value: &'a str) -> Option<Cow<'a, str>> {
    let loads = matches!(attribute, "src" | "srcset" | "background" | "poster" | "data");
    let cites = attribute == "cite";
    (!loads && !cites || tag == "a").then_some(Cow::Borrowed(value))
}

/// Makes HTML safe to show; `None` if it has too many tags.
pub(crate) async fn safe(html: String) -> Result<Option<String>, Problem> {
    if html.is_empty() || tags(&html) > MAX_TAGS {
        return Ok(html.is_empty().then_some(html));
    }
    let _turn = WORKERS.acquire().await;
    let cleaned = tokio::task::spawn_blocking(move || CLEANER.clean(&html).to_string()).await;
    cleaned.map(Some).map_err(|error| StoreError::unavailable("make HTML safe", error).into())
}

fn tags(html: &str) -> usize {
    html.as_bytes().windows(2).filter(|two| two[0] == b'<' && two[1].is_ascii_alphabetic()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn cleaned(html: &str) -> String {
        safe(html.to_owned()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn nothing_runs() {
        for evil in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href='javascript:alert(1)'>x</a>",
            "<svg><script>alert(1)</script></svg>",
            "<iframe src='https://evil.example'></iframe>",
            "<form action='https://evil.example'><input></form>",
            "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
            "<style>@import 'https://evil.example'</style>",
            "<base href='https://evil.example'>",
            "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        ] {
            let safe = cleaned(evil).await;
            for bad in ["script", "alert", "evil", "onerror", "<form", "<iframe", "<style"] {
                assert!(!safe.contains(bad), "{evil}: {safe}");
            }
        }
    }

    #[tokio::test]
    async fn nothing_is_loaded() {
        let safe = cleaned("<p>see <img src='https://track.example/1' alt='us'></p>").await;
        assert_eq!(safe, "<p>see <img alt=\"us\"></p>");
        let safe = cleaned("<table background='https://track.example'><tr><td>x</table>").await;
        assert!(!safe.contains("track"), "{safe}");
    }

    #[tokio::test]
    async fn links_lead_out_of_the_page() {
        let safe = cleaned("<a href='https://a.example/'>a</a>").await;
        assert!(safe.contains("target=\"_blank\"") && safe.contains("noopener"), "{safe}");
        assert!(safe.contains("href=\"https://a.example/\""), "{safe}");
    }

    #[tokio::test]
    async fn deep_html_ends() {
        assert!(!cleaned(&"<div>".repeat(MAX_TAGS)).await.is_empty());
        assert_eq!(safe("<div>".repeat(MAX_TAGS + 1)).await.unwrap(), None);
    }
}
