//! Search keys and how a message matches them.
