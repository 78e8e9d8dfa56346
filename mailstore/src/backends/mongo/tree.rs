//! A MIME tree as a tree of documents.
//!
//! ```text
//! { header: "Subject: hello\r\n...", type: "multipart/mixed",
//!   parts: [ { delimiter: "--b\r\n", header: "...", type: "text/plain", body: "..." } ],
//!   close: "\r\n--b--\r\n" }
//! ```
//!
//! Bytes are text where they are UTF-8 without NUL, else binary; what is empty is left out. A body
//! that stands in a blob is a document `{ blob, size, ... }`; what is made of several is a list.

use bytes::Bytes;
use mongodb::bson::{Bson, Document, doc};

use super::document::{Fields, Read, binary, bytes, count};
use crate::blob::{BlobRef, Digest, ObjectName, Place, chunk_count};
use crate::mime::outline::{Body, Node, Outline, Piece};
use crate::mime::{
    Content, Cut, Disposition, Encoding, Media, MimeTree, Newline, TransferEncoding,
};

/// The document of a tree; `None` if it has to be kept in one piece.
pub(super) fn tree_to(tree: &MimeTree) -> Option<Document> {
    let outline = Outline::of(tree)?;
    let mut document = node_to(&outline.message);
    if let Some(spill) = &outline.spill {
        document.insert("spill", blob_to(spill));
    }
    let cut = cuts(outline.cut);
    let names: Vec<_> = cut.iter().filter(|(_, is_cut)| *is_cut).map(|(name, _)| *name).collect();
    if !names.is_empty() {
        document.insert("cut", names);
    }
    Some(document)
}

/// The reverse of [`tree_to`]; `email` is what it stands in.
pub(super) fn tree_from(document: &Document, email: &Fields) -> Read<MimeTree> {
    let outline = outline_from(document).and_then(|outline| outline.tree());
    outline.ok_or_else(|| email.wrong("tree"))
}

fn outline_from(document: &Document) -> Option<Outline> {
    let spill = match document.get("spill") {
        Some(spill) => Some(blob_from(spill.as_document()?)?),
        None => None,
    };
    let names = match document.get("cut") {
        Some(names) => names.as_array()?.iter().map(Bson::as_str).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    let is = |name: &str| names.contains(&name);
    let cut = Cut {
        depth: is("depth"),
        parts: is("parts"),
        header: is("header"),
        boundary: is("boundary"),
    };
    Some(Outline { cut, message: node_from(document)?, spill })
}

fn cuts(cut: Cut) -> [(&'static str, bool); 4] {
    [("depth", cut.depth), ("parts", cut.parts), ("header", cut.header), ("boundary", cut.boundary)]
}

fn node_to(node: &Node) -> Document {
    let mut document = Document::new();
    put(&mut document, "delimiter", &node.delimiter);
    put(&mut document, "header", &node.header);
    content_to(&mut document, &node.content);
    match &node.body {
        Body::Leaf(body) => put(&mut document, "body", body),
        Body::Message(inner) => drop(document.insert("message", node_to(inner))),
        Body::Multipart { preamble, parts, close, epilogue } => {
            put(&mut document, "preamble", preamble);
            document.insert("parts", parts.iter().map(node_to).collect::<Vec<_>>());
            put(&mut document, "close", close);
            put(&mut document, "epilogue", epilogue);
        }
    }
    document
}

fn node_from(document: &Document) -> Option<Node> {
    let body = if let Some(inner) = document.get("message") {
        Body::Message(Box::new(node_from(inner.as_document()?)?))
    } else if let Some(parts) = document.get("parts") {
        let parts = parts.as_array()?.iter().map(|part| node_from(part.as_document()?));
        Body::Multipart {
            preamble: pieces(document, "preamble")?,
            parts: parts.collect::<Option<_>>()?,
            close: pieces(document, "close")?,
            epilogue: pieces(document, "epilogue")?,
        }
    } else {
        Body::Leaf(pieces(document, "body")?)
    };
    Some(Node {
        delimiter: pieces(document, "delimiter")?,
        header: pieces(document, "header")?,
        content: content_from(document)?,
        body,
    })
}

const TRANSFERS: [(TransferEncoding, &str); 6] = [
    (TransferEncoding::SevenBit, "7bit"),
    (TransferEncoding::EightBit, "8bit"),
    (TransferEncoding::Binary, "binary"),
    (TransferEncoding::QuotedPrintable, "quoted-printable"),
    (TransferEncoding::Base64, "base64"),
    (TransferEncoding::Other, "other"),
];

fn content_to(document: &mut Document, content: &Content) {
    document.insert("type", content.media.as_str());
    if let Some(charset) = &content.charset {
        document.insert("charset", &**charset);
    }
    let transfer = TRANSFERS.iter().find(|(known, _)| *known == content.transfer);
    if let Some((_, name)) = transfer.filter(|(known, _)| *known != TransferEncoding::SevenBit) {
        document.insert("encoding", *name);
    }
    match content.disposition {
        Some(Disposition::Inline) => drop(document.insert("disposition", "inline")),
        Some(Disposition::Attachment) => drop(document.insert("disposition", "attachment")),
        None => {}
    }
}

fn content_from(document: &Document) -> Option<Content> {
    let text = |name: &str| match document.get(name) {
        Some(value) => value.as_str().map(Some),
        None => Some(None),
    };
    let transfer = text("encoding")?.unwrap_or("7bit");
    let disposition = match text("disposition")? {
        None => None,
        Some("inline") => Some(Disposition::Inline),
        Some("attachment") => Some(Disposition::Attachment),
        Some(_) => return None,
    };
    Some(Content {
        media: Media::parse(text("type")??)?,
        charset: text("charset")?.map(Into::into),
        transfer: TRANSFERS.iter().find(|(_, name)| *name == transfer)?.0,
        disposition,
    })
}

fn put(document: &mut Document, name: &str, pieces: &[Piece]) {
    match pieces {
        [] => {}
        [one] => drop(document.insert(name, piece_to(one))),
        several => drop(document.insert(name, several.iter().map(piece_to).collect::<Vec<_>>())),
    }
}

fn pieces(document: &Document, name: &str) -> Option<Vec<Piece>> {
    match document.get(name) {
        None => Some(Vec::new()),
        Some(Bson::Array(several)) => several.iter().map(piece_from).collect(),
        Some(one) => Some(vec![piece_from(one)?]),
    }
}

fn piece_to(piece: &Piece) -> Bson {
    match piece {
        Piece::Bytes(raw) => match std::str::from_utf8(raw) {
            Ok(text) if !raw.contains(&0) => Bson::from(text),
            _ => binary(&raw[..]),
        },
        Piece::Spilled(len) => doc! { "spilled": count(*len) }.into(),
        Piece::Hole(blob, encoding) => {
            let mut document = blob_to(blob);
            if let Encoding::Base64 { line, newline } = encoding {
                document.insert("base64", i64::from(*line));
                let crlf = *newline == Newline::Crlf;
                document.insert("newline", if crlf { "crlf" } else { "lf" });
            }
            document.into()
        }
    }
}

fn piece_from(value: &Bson) -> Option<Piece> {
    match value {
        Bson::String(text) => Some(Piece::Bytes(Bytes::copy_from_slice(text.as_bytes()))),
        Bson::Document(document) => match document.get("spilled") {
            Some(len) => Some(Piece::Spilled(number(len)?)),
            None => Some(Piece::Hole(blob_from(document)?, encoding_from(document)?)),
        },
        value => Some(Piece::Bytes(Bytes::copy_from_slice(bytes(value)?))),
    }
}

fn encoding_from(document: &Document) -> Option<Encoding> {
    let Some(line) = document.get("base64") else { return Some(Encoding::Raw) };
    let line = u32::try_from(number(line)?).ok().filter(|line| *line > 0)?;
    let newline = match document.get_str("newline").ok()? {
        "crlf" => Newline::Crlf,
        "lf" => Newline::Lf,
        _ => return None,
    };
    Some(Encoding::Base64 { line, newline })
}

/// The hash of an only chunk is the digest, so it is not written twice.
fn blob_to(blob: &BlobRef) -> Document {
    let mut document = doc! { "blob": binary(blob.digest.0), "size": count(blob.size) };
    if blob.chunks.len() > 1 {
        document.insert("chunks", binary(blob.chunks.concat()));
    }
    match &blob.place {
        Place::Unplaced => {}
        Place::Ledger => drop(document.insert("in", "blobs")),
        Place::Object(name) => drop(document.insert("object", &name.0)),
    }
    document
}

fn blob_from(document: &Document) -> Option<BlobRef> {
    let digest = Digest(bytes(document.get("blob")?)?.try_into().ok()?);
    let size = number(document.get("size")?)?;
    let chunks = match document.get("chunks") {
        None => vec![digest.0],
        Some(chunks) => {
            let (chunks, rest) = bytes(chunks)?.as_chunks();
            rest.is_empty().then(|| chunks.to_vec())?
        }
    };
    if chunks.len() as u64 != chunk_count(size) {
        return None;
    }
    let place = match (document.get("object"), document.get("in")) {
        (Some(name), None) => Place::Object(ObjectName(name.as_str()?.to_owned())),
        (None, Some(_)) => Place::Ledger,
        (None, None) => Place::Unplaced,
        _ => return None,
    };
    Some(BlobRef { digest, size, chunks: chunks.into(), place })
}

fn number(value: &Bson) -> Option<u64> {
    value.as_i64().and_then(|number| number.try_into().ok())
}
