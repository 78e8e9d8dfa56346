//! Names and passwords in any script (PRECIS, RFC 8264 and RFC 8265).

use std::borrow::Cow;

use precis_profiles::precis_core::profile::Profile;
use precis_profiles::{OpaqueString, UsernameCaseMapped};

/// A part of a name in its one form (RFC 8265 3.3, UsernameCaseMapped): wide and narrow letters as
/// they usually are, in lower case, composed (NFC). `None` for what cannot be in a name, and for
/// what would change if it were brought into its form again (RFC 8264 7).
pub(super) fn username(text: &str) -> Option<String> {
    let profile = UsernameCaseMapped::new();
    let once = profile.enforce(text).ok()?;
    let twice = profile.enforce(once.as_ref()).ok()?;
    (once == twice).then(|| once.into_owned())
}

/// A password in its one form (RFC 8265 4.2, OpaqueString): composed, and with plain spaces. What the
/// profile does not allow is taken as it is: somebody has it for a password.
pub(super) fn password(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.into(),
        false => OpaqueString::new().enforce(text).unwrap_or(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8265 3.5 and 4.3, and what looks alike.
    #[test]
    fn names_have_one_form() {
        for (text, form) in [
            ("J\u{dc}RGEN", "j\u{fc}rgen"),
            ("ju\u{308}rgen", "j\u{fc}rgen"),
            ("\u{ff4a}\u{ff55}", "ju"),
            ("\u{3a3}", "\u{3c3}"),
            ("\u{5d0}\u{5d1}", "\u{5d0}\u{5d1}"),
            ("\u{5c71}\u{7530}", "\u{5c71}\u{7530}"),
        ] {
            assert_eq!(username(text).as_deref(), Some(form), "{text:?}");
        }
        for no_name in ["a\u{a0}b", "\u{2163}", "\u{265a}", "a\u{200b}", "\u{5d0}a", "\u{fb01}x"] {
            assert_eq!(username(no_name), None, "{no_name:?}");
        }
    }

    #[test]
    fn passwords_have_one_form() {
        assert_eq!(password("pa\u{308}ss\u{3000}word"), "p\u{e4}ss word");
        assert_eq!(password("Correct Horse"), "Correct Horse");
        assert_eq!(password("\u{e9}\u{7}"), "\u{e9}\u{7}", "not allowed, so taken as it is");
    }
}
