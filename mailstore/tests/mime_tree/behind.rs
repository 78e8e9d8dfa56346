//! Header fields put in front of a message that is parsed already: the same as parsing the two
//! together, in the tree and in what is derived from it.

use bytes::Bytes;
use mailstore::mime::{Derived, DetachRules, Limits, MimeTree, parse};
use proptest::prelude::*;

use crate::shelf::eager;
use crate::soup::message;

const FIELDS: &[u8] =
    b"Return-Path: <a@b>\r\nDelivered-To: c@d\r\nReceived: from e\r\n\tby f; today\r\n";

/// Rules by which nearly every body leaves the tree, and nothing else.
pub(crate) fn small_bodies() -> DetachRules {
    DetachRules { inline: DetachRules::default().inline, ..eager() }
}

/// Whether the fields could be put in front; if they could, it is as if they had always been.
pub(crate) fn is_as_together(raw: &Bytes, rules: &DetachRules) -> bool {
    let limits = Limits::default();
    let together = Bytes::from([FIELDS, raw].concat());
    let (apart, whole) = (parse(raw.clone(), &limits), parse(together.clone(), &limits));
    let derived = (Derived::of(&apart, raw), Derived::of(&whole, &together));
    let apart = apart.detach(rules).0;
    let moved = apart.behind(FIELDS, &limits);
    let Some(moved) = moved.filter(|moved| moved.inline_len() <= rules.inline) else {
        return false;
    };
    let (whole, detached): (MimeTree, _) = whole.detach(rules);
    assert!(moved.reproduces(&together, &detached));
    assert_eq!(moved, whole);
    assert_eq!(derived.0, derived.1);
    true
}

proptest! {
    #[test]
    fn any_message_behind_fields(raw in message()) {
        is_as_together(&raw.clone().into(), &DetachRules::default());
        is_as_together(&raw.clone().into(), &small_bodies());
        is_as_together(&raw.into(), &eager());
    }
}
