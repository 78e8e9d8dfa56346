//! METADATA responses (RFC 5464 4.4).

use bytes::{BufMut, BytesMut};

use super::{Reply, string};

impl Reply {
    /// `* METADATA mailbox (entry value ...)`; no value is NIL. The mailbox is in quotes, as in all
    /// examples of RFC 5464: some clients take nothing else (the crate imap-proto).
    pub fn metadata<'a>(
        &mut self,
        mailbox: &str,
        values: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) {
        self.out.put_slice(b"* METADATA ");
        string::mailbox_string(&mut self.out, mailbox, self.names);
        self.out.put_slice(b" (");
        for (i, (entry, value)) in values.into_iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            string::astring(&mut self.out, entry.as_bytes());
            self.out.put_u8(b' ');
            self::value(&mut self.out, value);
        }
        self.out.put_u8(b')');
        self.crlf();
    }

    /// `* METADATA mailbox entry ...`: these have changed, and may be asked for (RFC 5464 4.4.2).
    pub fn metadata_changed<'a>(
        &mut self,
        mailbox: &str,
        entries: impl IntoIterator<Item = &'a str>,
    ) {
        self.out.put_slice(b"* METADATA ");
        string::mailbox_string(&mut self.out, mailbox, self.names);
        for entry in entries {
            self.out.put_u8(b' ');
            string::astring(&mut self.out, entry.as_bytes());
        }
        self.crlf();
    }
}

/// A string, a literal8 if there is a NUL in it (RFC 5464 5), or NIL.
fn value(out: &mut BytesMut, value: Option<&[u8]>) {
    match value {
        Some(bytes) if bytes.contains(&0) => string::literal8(out, bytes),
        other => string::nstring(out, other),
    }
}
