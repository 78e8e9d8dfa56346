//! How much a user's filters may be.

/// Most filters of one account.
pub const MAX_FILTERS: usize = 400;
/// Most conditions of one filter.
pub const MAX_CONDITIONS: usize = 32;
/// Most actions of one filter.
pub const MAX_ACTIONS: usize = 32;
/// Longest name of a filter, and longest text of a condition or action, in bytes.
pub const MAX_TEXT: usize = 1_000;
/// Longest answer, in bytes.
pub const MAX_REPLY: usize = 8 << 10;
/// Most addresses to which one message is forwarded; those after them are left out.
pub const MAX_FORWARDS: usize = 20;
