//! Header fields put in front of a message that has been parsed and taken apart already: so that
//! one message to many recipients is parsed once, though each copy begins with fields of its own.

use std::ops::Range;

use bytes::Bytes;

use super::limits::Limits;
use super::scan::{self, Boundaries};
use super::tree::{Kind, MimeTree};

impl MimeTree {
    /// The tree of `fields` followed by this message; the same that parsing and detaching the two
    /// together would give. `None` where that cannot be had by moving everything along: then they
    /// must be parsed together.
    ///
    /// `fields` must be whole header fields that say nothing about the content.
    pub fn behind(&self, fields: &[u8], limits: &Limits) -> Option<MimeTree> {
        let header_end = self.parts.first()?.header.end + fields.len() as u64;
        let is_long = header_end > limits.header as u64;
        if is_long || self.cut.header || self.spill.is_some() || !are_neutral(fields) {
            return None;
        }
        // This would be the rest of the last field.
        if matches!(self.inline.first(), Some(b' ' | b'\t')) || self.begins_with_hole() {
            return None;
        }
        let mut tree = self.clone();
        tree.move_along(fields.len() as u64);
        tree.inline = Bytes::from([fields, &self.inline].concat());
        Some(tree)
    }

    fn begins_with_hole(&self) -> bool {
        self.holes.first().is_some_and(|hole| hole.at == 0)
    }

    fn move_along(&mut self, by: u64) {
        self.size += by;
        for hole in &mut self.holes {
            hole.at += by;
            hole.inline_at += by;
        }
        for part in &mut self.parts {
            shift(&mut part.header, by);
            shift(&mut part.body, by);
            if let Kind::Multipart { preamble, epilogue } = &mut part.kind {
                shift(preamble, by);
                shift(epilogue, by);
            }
        }
        if let Some(message) = self.parts.first_mut() {
            message.header.start = 0;
        }
    }
}

fn shift(range: &mut Range<u64>, by: u64) {
    range.start += by;
    range.end += by;
}

/// Whether these are whole fields, none of which decides how the message is read.
fn are_neutral(fields: &[u8]) -> bool {
    if fields.is_empty() {
        return true;
    }
    // With one byte more, so that a blank line at the end is seen to end the header.
    let probe = [fields, b"X"].concat();
    let block = scan::header_block(&probe, 0, &Boundaries::default(), probe.len());
    fields.ends_with(b"\n")
        && block.end == probe.len()
        && block.content_type.is_none()
        && block.transfer_encoding.is_none()
        && block.disposition.is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DetachRules, parse};
    use super::*;

    const FIELDS: &[u8] = b"Return-Path: <a@b>\r\nReceived: from c\r\n\tby d; today\r\n";

    fn rules() -> DetachRules {
        DetachRules { attachment: 40, text: 80, inline: 1000 }
    }

    /// Moving along gives what parsing together gives.
    fn check(raw: &[u8], fields: &[u8]) -> Result<(), TestCaseError> {
        let limits = Limits { header: 300, ..Limits::default() };
        let apart = parse(Bytes::copy_from_slice(raw), &limits).detach(&rules()).0;
        let together = Bytes::from([fields, raw].concat());
        let whole = parse(together.clone(), &limits).detach(&rules());
        if let Some(moved) = apart.behind(fields, &limits)
            && moved.inline_len() <= rules().inline
        {
            prop_assert!(moved.reproduces(&together, &whole.1));
            prop_assert_eq!(moved, whole.0);
        }
        Ok(())
    }

    #[test]
    fn usual_messages_are_moved() {
        let base64 =
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n".repeat(3);
        let raw = format!(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\nbody\r\n\
            --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\
            --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ninner\r\n--b--\r\nepilogue"
        );
        let (apart, detached) = parse(raw.clone().into(), &Limits::default()).detach(&rules());
        assert_eq!(detached.len(), 1);
        let moved = apart.behind(FIELDS, &Limits::default()).expect("a usual message");
        let together = [FIELDS, raw.as_bytes()].concat();
        assert!(moved.reproduces(&together, &detached));
        let whole = parse(together.into(), &Limits::default()).detach(&rules()).0;
        assert_eq!(moved, whole);
    }

    #[test]
    fn what_is_no_neutral_field_stays_out() {
        let tree = parse(Bytes::from_static(b"Subject: x\r\n\r\nbody"), &Limits::default());
        for fields in [
            "Content-Type: text/html\r\n",
            "content-disposition: inline\n",
            "\r\n",
            "\n",
            "A: b\r\n\r\n",
            "A: b\n\nC: d\n",
            "A: b",
            "A: b\r\n\r\nbody",
        ] {
            assert_eq!(tree.behind(fields.as_bytes(), &Limits::default()), None, "{fields:?}");
        }
        assert_eq!(tree.behind(b"", &Limits::default()), Some(tree));
    }

    #[test]
    fn a_message_that_would_continue_the_field_stays_apart() {
        let tree = parse(Bytes::from_static(b" x\r\n\r\nbody"), &Limits::default());
        assert_eq!(tree.behind(FIELDS, &Limits::default()), None);
    }

    fn messages() -> impl Strategy<Value = Vec<u8>> {
        let line = prop::sample::select(vec![
            "Content-Type: multipart/mixed; boundary=b",
            "Content-Type: message/rfc822",
            "--b",
            "--b--",
            "",
            "",
            " folded",
            "Subject: x",
            "Content-Transfer-Encoding: base64",
            "--c",
            "Content-Type: multipart/digest; boundary=c",
            "From someone",
            "text text text text",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2",
        ]);
        let newline = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", "\r"]);
        let lines = prop::collection::vec((line, newline), 0..40);
        lines.prop_map(|lines| {
            lines
                .iter()
                .flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat())
                .collect()
        })
    }

    proptest! {
        #[test]
        fn moving_along_is_parsing_together(raw in messages()) {
            check(&raw, FIELDS)?;
        }

        #[test]
        fn any_fields_before_any_message(raw in messages(), fields in messages()) {
            check(&raw, &fields)?;
        }
    }
}
