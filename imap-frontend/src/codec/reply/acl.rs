//! ACL, LISTRIGHTS and MYRIGHTS responses (RFC 4314 3.6-3.8). With the rights go the two obsolete
//! ones that are made of them (RFC 4314 2.1.1).

use bytes::{BufMut, BytesMut};
use mailstore::rights::{Right, Rights};

use super::{Reply, string};

impl Reply {
    /// `* ACL mailbox identifier rights ...`.
    pub fn acl(&mut self, mailbox: &str, list: &[(String, Rights)]) {
        self.out.put_slice(b"* ACL ");
        string::mailbox(&mut self.out, mailbox, self.names);
        for (identifier, rights) in list {
            self.out.put_u8(b' ');
            string::astring(&mut self.out, identifier.as_bytes());
            self::rights(&mut self.out, *rights);
        }
        self.crlf();
    }

    /// `* MYRIGHTS mailbox rights`.
    pub fn my_rights(&mut self, mailbox: &str, rights: Rights) {
        self.out.put_slice(b"* MYRIGHTS ");
        string::mailbox(&mut self.out, mailbox, self.names);
        self::rights(&mut self.out, rights);
        self.crlf();
    }

    /// `* LISTRIGHTS mailbox identifier always ...`: what an identifier has in any case, then, one
    /// by one, what it can be given.
    pub fn list_rights(&mut self, mailbox: &str, identifier: &str, always: Rights) {
        self.out.put_slice(b"* LISTRIGHTS ");
        string::mailbox(&mut self.out, mailbox, self.names);
        self.out.put_u8(b' ');
        string::astring(&mut self.out, identifier.as_bytes());
        self::rights(&mut self.out, always);
        for letter in letters(Rights::ALL.without(always)).chars() {
            self.out.put_u8(b' ');
            self.out.put_u8(letter as u8);
        }
        self.crlf();
    }
}

fn rights(out: &mut BytesMut, rights: Rights) {
    out.put_u8(b' ');
    string::astring(out, letters(rights).as_bytes());
}

fn letters(rights: Rights) -> String {
    let delete = Rights::of([Right::DeleteMailbox, Right::DeleteMessages, Right::Expunge]);
    let create = if rights.has(Right::Create) { "c" } else { "" };
    let delete = if rights.has_any(delete) { "d" } else { "" };
    format!("{rights}{create}{delete}")
}
