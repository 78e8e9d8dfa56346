//! Messages made of the tokens that decide about structure, in any order.

use proptest::collection::vec;
use proptest::prelude::*;

const TOKENS: [&str; 44] = [
    "\n",
    "\n",
    "\r\n",
    "\r\n",
    "\r",
    "\n\n",
    "\r\n\r\n",
    " ",
    "\t",
    "\0",
    "\u{e9}",
    "x",
    "text",
    "--",
    "-",
    "--a",
    "--a--",
    "--ab",
    "--ab--",
    "--abc--",
    "\n--a\n",
    "\r\n--a\r\n",
    "\n--a--\n",
    "\r\n--a--\r\n",
    "\n--ab\n",
    "\n--ab--\n",
    "\n--abc \t\n",
    "\r\n--abc--\r\n",
    "Subject: s\n",
    "X-A: b\r\n",
    "Content-Type: multipart/mixed; boundary=a\n",
    "Content-Type: multipart/mixed; boundary=\"ab\"\r\n",
    "Content-Type: multipart/digest;\n boundary=abc (c)\n",
    "content-type: multipart/alternative; boundary*0=a; boundary*1=b\n",
    "Content-Type: message/rfc822\r\n",
    "Content-Type: Message/Global\n",
    "Content-Type: text/html; charset=utf-8\n",
    "Content-Type: image/png\r\n",
    "Content-Type: multipart/mixed\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: 8BIT\n",
    "Content-Disposition: attachment\n",
    "QUJDREVGR0hJSktM\r\nQUJDREVGR0hJSktM\r\nQUI=\r\n",
    "QUJDREVGR0hJ\nQUJDREVGR0hJ\nQQ==",
];

/// Any bytes, or tokens with the newlines as they are, all LF, or all CRLF.
pub(crate) fn message() -> impl Strategy<Value = Vec<u8>> {
    let tokens = vec(prop::sample::select(&TOKENS[..]), 0..60).prop_map(|t| t.concat());
    prop_oneof![
        1 => vec(any::<u8>(), 0..300),
        6 => tokens.clone().prop_map(String::into_bytes),
        3 => tokens.clone().prop_map(|text| lf(text.as_bytes())),
        3 => tokens.prop_map(|text| crlf(text.as_bytes())),
    ]
}

/// Every CRLF becomes LF.
pub(crate) fn lf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        if byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            out.push(byte);
        }
    }
    out
}

/// Every LF becomes CRLF; a CRLF stays one.
pub(crate) fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    for byte in lf(bytes) {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}
