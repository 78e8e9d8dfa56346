//! LANG (RFC 6856 3).

use crate::codec::reply::No;
use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// There is one language, and it is the default.
    pub(super) fn lang(&mut self, language: Option<&str>) -> Result<(), Failed> {
        match language {
            None => {
                self.reply.ok("Languages follow");
                self.reply.line("en English");
                self.reply.end();
            }
            Some(tag) if tag == "*" || is_english(tag) => {
                self.reply.ok("en The language is English")
            }
            Some(_) => return Err(No::plain("that language is not spoken here").into()),
        }
        Ok(())
    }
}

/// `en`, or a variety of it (RFC 4647 3.4: looked up by its first subtag).
fn is_english(tag: &str) -> bool {
    tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case("en"))
}
