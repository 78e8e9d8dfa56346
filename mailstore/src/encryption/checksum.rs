//! The checksum at the end of armour (RFC 9580 6.1), without which GnuPG 2.2 does not see the end.

use std::io::{self, Write};

/// The generator of the code.
const GENERATOR: u32 = 0x86_4cfb;
/// What it begins with.
const START: u32 = 0xb7_04ce;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = (at as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x80_0000 == 0 { 0 } else { GENERATOR };
            bit += 1;
        }
        table[at] = crc & 0xff_ffff;
        at += 1;
    }
    table
}

/// Passes on what is written, and sums it up.
#[derive(Debug)]
pub(super) struct Checksum<W> {
    to: W,
    crc: u32,
}

impl<W: Write> Checksum<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, crc: START }
    }

    /// Where it went, and the sum of all that was written.
    pub(super) fn finish(self) -> (W, [u8; 3]) {
        let [_, high, middle, low] = self.crc.to_be_bytes();
        (self.to, [high, middle, low])
    }
}

impl<W: Write> Write for Checksum<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.to.write(bytes)?;
        for byte in &bytes[..len] {
            let place = (self.crc >> 16) as u8 ^ byte;
            self.crc = (self.crc << 8 & 0xff_ffff) ^ TABLE[usize::from(place)];
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_openpgp() {
        for (bytes, expected) in [("", [0xb7, 0x04, 0xce]), ("123456789", [0x21, 0xcf, 0x02])] {
            let mut checksum = Checksum::new(Vec::new());
            checksum.write_all(bytes.as_bytes()).unwrap();
            assert_eq!(checksum.finish(), (bytes.as_bytes().to_vec(), expected));
        }
    }
}
