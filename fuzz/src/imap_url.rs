//! The parser of IMAP URLs takes any bytes, and what it understood, written as the RFC would have
//! it, is understood as the same.

use std::num::NonZeroU64;

use imap_frontend::codec::command::MessageUrl;
use mailstore::mime::{FieldMode, Section, What};

/// Parses these bytes.
pub(crate) fn run(data: &[u8]) {
    let Some(url) = MessageUrl::parse(data) else { return };
    let written = write(&url);
    if written.len() <= MessageUrl::MAX_LEN {
        assert_eq!(MessageUrl::parse(written.as_bytes()), Some(url), "{written}");
    }
}

fn write(url: &MessageUrl) -> String {
    let mut out = String::new();
    if let Some(user) = &url.user {
        out += &format!("imap://{}@host", encoded(user));
    }
    if let Some(mailbox) = &url.mailbox {
        out += &format!("/{}", encoded(mailbox.as_str()));
        if let Some(validity) = url.uid_validity {
            out += &format!(";UIDVALIDITY={validity}");
        }
        out.push('/');
    }
    out += &format!(";UID={}", url.uid.get());
    let section = section(&url.section);
    if !section.is_empty() {
        out += &format!("/;SECTION={}", encoded(&section));
    }
    if let Some(partial) = url.partial {
        out += &format!("/;PARTIAL={}", partial.offset);
        if partial.length != NonZeroU64::MAX {
            out += &format!(".{}", partial.length);
        }
    }
    out
}

fn section(section: &Section) -> String {
    let mut words: Vec<String> = section.path.iter().map(u32::to_string).collect();
    match &section.what {
        What::Full => {}
        What::Header => words.push("HEADER".into()),
        What::Text => words.push("TEXT".into()),
        What::Mime => words.push("MIME".into()),
        What::HeaderFields { names, mode } => {
            let word = match mode {
                FieldMode::Only => "HEADER.FIELDS",
                FieldMode::Not => "HEADER.FIELDS.NOT",
            };
            // As literals, whatever is in them.
            let names: Vec<String> =
                names.iter().map(|name| format!("{{{}}}\r\n{name}", name.len())).collect();
            words.push(format!("{word} ({})", names.join(" ")));
        }
    }
    words.join(".")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
