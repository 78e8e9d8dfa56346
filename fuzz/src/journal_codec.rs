//! The journal's codec takes any bytes. What it understands it writes again, and what it has
//! written it knows from what has been altered since.

use mailstore::journal::codec::{decode, encode};

/// Decodes these bytes as they are, and with a checksum that is right.
pub(crate) fn run(data: &[u8]) {
    let _ = decode(data);
    let Ok(record) = decode(&sealed(data)) else { return };
    let written = encode(&record);
    assert_eq!(decode(&written).as_ref(), Ok(&record));
    assert!(written.len() <= data.len() + 4, "what is written is the shortest form");
    for at in 0..written.len() {
        assert!(decode(&written[..at]).is_err());
        let mut altered = written.clone();
        altered[at] ^= 1 << (at % 8);
        assert!(decode(&altered).is_err());
    }
}

/// The value, and the sum of it that a record ends with.
fn sealed(value: &[u8]) -> Vec<u8> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&0_u64.to_le_bytes());
    hasher.update(value);
    let mut sealed = value.to_vec();
    sealed.extend_from_slice(&hasher.finalize().to_le_bytes());
    sealed
}
