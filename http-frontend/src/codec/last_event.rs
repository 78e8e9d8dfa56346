//! `Last-Event-ID`: how far a client has seen a stream of events (WHATWG HTML 9.2).

use mailstore::uid::ModSeq;

/// The MODSEQ of the last event that was seen, in digits alone.
pub fn parse(text: &str) -> Option<ModSeq> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(ModSeq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number() {
        assert_eq!(parse("17"), Some(ModSeq(17)));
        for wrong in ["", "+1", "-1", "1 ", "x", "18446744073709551616"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
