//! What a request says in forms of their own: cursors, moments, numbers, ranges, the last event that
//! was seen. Without sockets, so that it can be fuzzed.

pub mod cursor;
pub mod date;
pub mod last_event;
pub mod number;
pub mod range;
