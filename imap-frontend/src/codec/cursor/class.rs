//! Classes of bytes (RFC 9051 9).

/// ATOM-CHAR.
pub(in crate::codec) fn is_atom_char(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// ASTRING-CHAR: ATOM-CHAR and `]`.
pub(in crate::codec) fn is_astring_char(byte: u8) -> bool {
    is_atom_char(byte) || byte == b']'
}

/// list-char: ASTRING-CHAR and the wildcards.
pub(in crate::codec) fn is_list_char(byte: u8) -> bool {
    is_astring_char(byte) || matches!(byte, b'%' | b'*')
}
