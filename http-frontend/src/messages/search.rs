//! POST of a search: by what IMAP's SEARCH matches with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::Access;
use mailstore::flags::{Keyword, SystemFlag};
use mailstore::search::{DateField, Day, Key, Matcher, Scope};
use mailstore::time::Timestamp;
use mailstore::uid::UidSet;
use serde::Deserialize;
use utoipa::ToSchema;

use super::summary::Summary;
use super::{Order, choose, summaries};
use crate::api::Api;
use crate::date;
use crate::doc::Problems;
use crate::input::Given;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::request::Place;

/// What is sought. All that is given must hold; with nothing given it is every message. Texts are
/// found anywhere, in any case; days are written `2026-11-25`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Query {
    /// In the header or the body.
    #[schema(max_length = 1000)]
    text: Option<String>,
    /// In the body.
    #[schema(max_length = 1000)]
    body: Option<String>,
    /// In `Subject`.
    #[schema(max_length = 1000)]
    subject: Option<String>,
    /// In `From`.
    #[schema(max_length = 1000)]
    from: Option<String>,
    /// In `To`.
    #[schema(max_length = 1000)]
    to: Option<String>,
    /// In `Cc`.
    #[schema(max_length = 1000)]
    cc: Option<String>,
    /// Has it been read?
    seen: Option<bool>,
    /// Has it been answered?
    answered: Option<bool>,
    /// Does it ask for attention?
    flagged: Option<bool>,
    /// Is it to be expunged?
    deleted: Option<bool>,
    /// Is it a draft?
    draft: Option<bool>,
    /// It has this keyword.
    #[schema(max_length = 255)]
    keyword: Option<String>,
    /// It came in on that day or later.
    #[schema(format = Date)]
    since: Option<String>,
    /// It came in before that day.
    #[schema(format = Date)]
    before: Option<String>,
    /// It was sent on that day or later.
    #[schema(format = Date)]
    sent_since: Option<String>,
    /// It was sent before that day.
    #[schema(format = Date)]
    sent_before: Option<String>,
    /// It has more bytes than this.
    larger: Option<u64>,
    /// It has fewer bytes than this.
    smaller: Option<u64>,
    /// Texts are also found by what is near to them (RFC 6203).
    fuzzy: bool,
}

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// What is sought.
    #[serde(default)]
    query: Query,
    /// Most messages of the page.
    #[schema(minimum = 1, maximum = 250, default = 50)]
    limit: Option<usize>,
    /// `next` of the page before.
    #[schema(max_length = 1000)]
    after: Option<String>,
    /// Which come first. Default: the newest.
    #[serde(default)]
    order: Order,
}

/// Searches a mailbox, as IMAP does.
#[utoipa::path(post, path = "/users/{user}/mailboxes/{mailbox}/search", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox), request_body = Search,
    responses((status = 200, body = Page<Summary>), Problems))]
pub(crate) async fn search_messages(
    State(api): State<Arc<Api>>,
    place: Place,
    Given(search): Given<Search>,
) -> Result<Json<Page<Summary>>, Problem> {
    let limit = page::limit(search.limit)?;
    let after = page::after::<u32>(search.after.as_deref())?;
    let found = find(&api, &place, &search.query).await?;
    let chosen = choose(&found, (search.order, after), limit);
    Ok(Json(summaries(&api.store, place.key(), &chosen, limit).await?))
}

/// The messages that match.
pub(super) async fn find(api: &Api, place: &Place, query: &Query) -> Result<UidSet, Problem> {
    let key = query.key()?;
    let by = place.owner.actor();
    let selected = api.store.select(by, place.mailbox, Access::ReadOnly).await?;
    let selected = selected.ok_or_else(|| Problem::not_found("mailbox"))?;
    let matcher = Matcher::new(&key, &Scope::of(selected.uids(), Timestamp::now()));
    Ok(selected.search(&matcher).await?.uids)
}

impl Query {
    fn key(&self) -> Result<Key, Problem> {
        let mut keys = self.texts();
        keys.extend(self.flags());
        keys.extend(self.days()?);
        keys.extend(self.larger.map(Key::Larger));
        keys.extend(self.smaller.map(Key::Smaller));
        if let Some(name) = &self.keyword {
            let keyword = Keyword::new(name);
            let wrong = || Problem::field("query.keyword", "not a keyword");
            keys.push(Key::Keyword(keyword.ok_or_else(wrong)?));
        }
        let all = Key::And(keys);
        Ok(if self.fuzzy { Key::Fuzzy(Box::new(all)) } else { all })
    }

    fn texts(&self) -> Vec<Key> {
        let fields =
            [("subject", &self.subject), ("from", &self.from), ("to", &self.to), ("cc", &self.cc)];
        let fields = fields
            .into_iter()
            .filter_map(|(name, text)| Some(Key::Header(name.to_owned(), text.clone()?)));
        let body = self.body.clone().map(Key::Body);
        fields.chain(body).chain(self.text.clone().map(Key::Text)).collect()
    }

    fn flags(&self) -> Vec<Key> {
        let flags = [
            (SystemFlag::Seen, self.seen),
            (SystemFlag::Answered, self.answered),
            (SystemFlag::Flagged, self.flagged),
            (SystemFlag::Deleted, self.deleted),
            (SystemFlag::Draft, self.draft),
        ];
        let key = |flag, wanted: Option<bool>| match wanted? {
            true => Some(Key::Flag(flag)),
            false => Some(Key::Not(Box::new(Key::Flag(flag)))),
        };
        flags.into_iter().filter_map(|(flag, wanted)| key(flag, wanted)).collect()
    }

    fn days(&self) -> Result<Vec<Key>, Problem> {
        type Make = fn(DateField, Day) -> Key;
        let days: [(&str, &Option<String>, Make, DateField); 4] = [
            ("query.since", &self.since, Key::Since, DateField::Internal),
            ("query.before", &self.before, Key::Before, DateField::Internal),
            ("query.sent_since", &self.sent_since, Key::Since, DateField::Sent),
            ("query.sent_before", &self.sent_before, Key::Before, DateField::Sent),
        ];
        let given = days.into_iter().filter_map(|(name, text, make, field)| {
            let text = text.as_deref()?;
            let day = date::day(text).and_then(|day| i32::try_from(day).ok());
            let wrong = || Problem::field(name, "not a day, such as 2026-11-25");
            Some(day.map(|day| make(field, Day(day))).ok_or_else(wrong))
        });
        given.collect()
    }
}
