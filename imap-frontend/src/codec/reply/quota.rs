//! QUOTA and QUOTAROOT responses (RFC 9208 4.2).

use bytes::BufMut;

use super::{Reply, number, string};
use crate::codec::command::Resource;

impl Reply {
    /// `* QUOTA root (resource usage limit ...)`.
    pub fn quota(&mut self, root: &str, limits: &[(Resource, u64, u64)]) {
        self.out.put_slice(b"* QUOTA ");
        string::astring(&mut self.out, root.as_bytes());
        self.out.put_slice(b" (");
        for (i, (resource, usage, limit)) in limits.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            self.out.put_slice(resource.name().as_bytes());
            for number in [*usage, *limit] {
                self.out.put_u8(b' ');
                number::put(&mut self.out, number);
            }
        }
        self.out.put_u8(b')');
        self.crlf();
    }

    /// `* QUOTAROOT mailbox root ...`.
    pub fn quota_root(&mut self, mailbox: &str, roots: &[&str]) {
        self.out.put_slice(b"* QUOTAROOT ");
        string::mailbox(&mut self.out, mailbox, self.names);
        for root in roots {
            self.out.put_u8(b' ');
            string::astring(&mut self.out, root.as_bytes());
        }
        self.crlf();
    }
}
