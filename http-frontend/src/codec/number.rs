//! Numbers, as requests say them.

use std::str::FromStr;

/// A number in digits alone: [`str::parse`] takes a plus sign, which no address of ours has.
pub fn parse<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_alone() {
        assert_eq!(parse("17"), Some(17_u64));
        for wrong in ["", "+1", "-1", "1 ", "x", "18446744073709551616"] {
            assert_eq!(parse::<u64>(wrong), None, "{wrong}");
        }
    }
}
