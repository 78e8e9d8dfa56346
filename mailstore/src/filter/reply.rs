//! Whether a message may be answered by a machine (RFC 3834 2).

use super::Facts;

/// Names of those who are no people, as local parts or their beginnings.
const MACHINES: [&str; 7] =
    ["mailer-daemon", "noreply", "no-reply", "owner-", "postmaster", "daemon", "bounce"];

/// May the sender of this message, as the envelope names it, be answered by a machine? Not if it is
/// nobody, a machine itself, or a list: else two machines answer each other for ever.
pub fn may_be_answered(sender: &str, facts: &Facts) -> bool {
    let sender = sender.to_ascii_lowercase();
    let local = sender.rsplit_once('@').map_or(sender.as_str(), |(local, _)| local);
    let machine =
        MACHINES.iter().any(|name| local.starts_with(name)) || local.ends_with("-request");
    !local.is_empty() && !machine && !is_automatic(facts)
}

fn is_automatic(facts: &Facts) -> bool {
    facts.header().fields().any(|(name, value)| match name {
        "auto-submitted" => !value.trim_start().starts_with("no"),
        "precedence" => ["bulk", "junk", "list"].contains(&value.trim()),
        "x-auto-response-suppress" => {
            value.split(',').any(|word| ["all", "oof", "autoreply"].contains(&word.trim()))
        }
        "list-id" | "list-unsubscribe" | "x-autoreply" | "x-autorespond" => true,
        _ => false,
    })
}
