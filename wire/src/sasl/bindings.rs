//! What ties an exchange to the TLS channel it runs on (RFC 5056).

/// The channel bindings of a connection. None outside of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// `tls-exporter` (RFC 9266); only with TLS 1.3.
    pub exporter: Option<[u8; 32]>,
    /// `tls-server-end-point` (RFC 5929 4): the hash of the server's certificate; only if the
    /// certificate's signature says which hash that is.
    pub end_point: Option<Vec<u8>>,
}

impl Bindings {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exporter.is_none() && self.end_point.is_none()
    }

    /// The data of the binding of that name.
    pub(super) fn named(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.exporter.as_ref().map(|data| &data[..]),
            "tls-server-end-point" => self.end_point.as_deref(),
            _ => None,
        }
    }
}
