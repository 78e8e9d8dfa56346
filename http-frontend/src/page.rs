//! Lists in pages. A cursor names the last thing that was shown, so that a page begins after it
//! whatever came and went meanwhile.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::codec;
pub(crate) use crate::codec::cursor::cursor;
use crate::problem::Problem;

/// How many there are on a page if nobody says.
const USUAL: usize = 50;
/// How many there are at most.
pub(crate) const MOST: usize = 250;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Most entries of the page.
    #[param(minimum = 1, maximum = 250, default = 50)]
    pub(crate) limit: Option<usize>,
    /// `next` of the page before.
    #[param(max_length = 1000)]
    pub(crate) after: Option<String>,
}

impl Paging {
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }

    pub(crate) fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        after(self.after.as_deref())
    }
}

/// The limit that was asked for, if it is one.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Problem::field("limit", format!("not from 1 to {MOST}"))),
    }
}

/// The place that a cursor names.
pub(crate) fn after<T: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let wrong = || Problem::field("after", "not the `next` of a page of this list");
    cursor.map(|cursor| codec::cursor::place(cursor).ok_or_else(wrong)).transpose()
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of `items`, which are one more than that if there is another page. `key`
    /// names the place of an entry.
    pub(crate) fn of<K: ToString>(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).map(key);
        Self { items, next: last.map(|key| cursor(&key)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_to_the_next_page() {
        let page = Page::of(vec![3, 5, 8], 2, |number| *number);
        assert_eq!(page.items, [3, 5]);
        let after: Option<u32> = after(page.next.as_deref()).unwrap();
        assert_eq!(after, Some(5));
        assert_eq!(Page::of(vec![3, 5], 2, |number| *number).next, None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        assert!(after::<u32>(Some("!")).is_err());
        assert!(after::<u32>(Some(&cursor(&"x"))).is_err());
        assert_eq!(after::<u32>(None).unwrap(), None);
    }

    #[test]
    fn a_limit_is_bounded() {
        assert_eq!(limit(None).unwrap(), USUAL);
        assert_eq!(limit(Some(MOST)).unwrap(), MOST);
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(MOST + 1)).is_err());
    }
}
