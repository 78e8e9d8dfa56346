use proptest::prelude::*;

use super::*;

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [SIGNATURE.as_slice(), &[command, family], &length, body].concat()
}

const V4: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 2, 0x9c, 0x40, 0, 143];

fn done(bytes: &[u8]) -> Header {
    match parse(bytes) {
        Ok(Progress::Done { header, length }) if length == bytes.len() => header,
        other => panic!("{other:?}"),
    }
}

fn ends(source: &str, destination: &str) -> Option<(SocketAddr, SocketAddr)> {
    Some((source.parse().unwrap(), destination.parse().unwrap()))
}

#[test]
fn version_1() {
    let header = done(b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 143\r\n");
    assert_eq!(header, Header { ends: ends("192.0.2.1:40000", "198.51.100.2:143"), tls: false });
    let header = done(b"PROXY TCP6 2001:db8::1 ::1 0 65535\r\n");
    assert_eq!(header.ends, ends("[2001:db8::1]:0", "[::1]:65535"));
    assert_eq!(done(b"PROXY UNKNOWN\r\n"), Header::ANONYMOUS);
    assert_eq!(done(b"PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n"), Header::ANONYMOUS);
}

#[test]
fn malformed_version_1() {
    for line in [
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000 143 9\r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.2 40000 143\r\n",
        "PROXY TCP4 ::1 ::1 40000 143\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 40000 143\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 +40 143\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 65536 143\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 40000 143\nx\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.2 40000 143\r\n",
        "PROXY \u{e9}\u{e9}\u{e9}\u{e9}\r\n",
    ] {
        assert!(matches!(parse(line.as_bytes()), Err(ProxyError::Malformed(_))), "{line:?}");
    }
}

#[test]
fn the_longest_line_of_version_1() {
    let padded = |length: usize| format!("PROXY UNKNOWN {}\r\n", "x".repeat(length - 16));
    assert_eq!(done(padded(107).as_bytes()), Header::ANONYMOUS);
    assert_eq!(parse(padded(108).as_bytes()), Err(ProxyError::TooLong));
}

#[test]
fn version_2() {
    let header = done(&v2(0x21, 0x11, V4));
    assert_eq!(header, Header { ends: ends("192.0.2.1:40000", "198.51.100.2:143"), tls: false });
    let mut v6 = [0; 36];
    v6[15] = 1;
    v6[31] = 2;
    v6[33] = 3;
    v6[35] = 4;
    assert_eq!(done(&v2(0x21, 0x21, &v6)).ends, ends("[::1]:3", "[::2]:4"));
}

#[test]
fn version_2_without_addresses() {
    assert_eq!(done(&v2(0x20, 0x00, b"")), Header::ANONYMOUS);
    assert_eq!(done(&v2(0x20, 0x11, b"anything")), Header::ANONYMOUS);
    assert_eq!(done(&v2(0x21, 0x00, b"")), Header::ANONYMOUS);
    assert_eq!(done(&v2(0x21, 0x31, &[0; 216])), Header::ANONYMOUS);
}

#[test]
fn version_2_extensions() {
    let with = |extensions: &[u8]| v2(0x21, 0x11, &[V4, extensions].concat());
    assert!(done(&with(&[0x04, 0, 1, 9, 0x20, 0, 5, 0x01, 0, 0, 0, 0])).tls);
    assert!(!done(&with(&[0x20, 0, 5, 0x06, 0, 0, 0, 0])).tls);
    assert!(!done(&with(&[0x20, 0, 0])).tls);
    for cut in [&[0x20][..], &[0x20, 0], &[0x20, 0, 2, 1]] {
        assert!(matches!(parse(&with(cut)), Err(ProxyError::Malformed(_))));
    }
}

#[test]
fn malformed_version_2() {
    for (command, family, body) in [
        (0x11, 0x11, V4),
        (0x22, 0x11, V4),
        (0x21, 0x12, V4),
        (0x21, 0x41, V4),
        (0x21, 0x11, b"12"),
    ] {
        assert!(matches!(parse(&v2(command, family, body)), Err(ProxyError::Malformed(_))));
    }
    assert_eq!(parse(&v2(0x20, 0, &[0; 4097])), Err(ProxyError::TooLong));
    assert!(matches!(parse(&v2(0x20, 0, &[0; 4096])), Ok(Progress::Done { .. })));
}

#[test]
fn no_header() {
    for bytes in [&b"A LOGIN a b\r\n"[..], b"PROX", b"LHLO", b"\x16\x03\x01", b"\r\n\r\n\0\r\nQUIX"]
    {
        let outcome = parse(bytes);
        if bytes == b"PROX" {
            assert_eq!(outcome, Ok(Progress::More(8)));
        } else {
            assert_eq!(outcome, Err(ProxyError::Absent));
        }
    }
    assert_eq!(parse(b""), Ok(Progress::More(12)));
}

/// Feeds `stream` to the parser as the connection does and returns what was read of it.
fn read_exactly(stream: &[u8]) -> Option<(Header, usize)> {
    let mut read = 0;
    loop {
        match parse(stream.get(..read)?).ok()? {
            Progress::More(count) => {
                assert!(count > 0);
                read += count;
            }
            Progress::Done { header, length } => {
                assert_eq!(length, read);
                return Some((header, read));
            }
        }
    }
}

proptest! {
    #[test]
    fn never_reads_beyond_the_header(port in any::<u16>(), rest in proptest::collection::vec(any::<u8>(), 0..40)) {
        let text = format!("PROXY TCP4 10.1.2.3 127.0.0.1 {port} 25\r\n").into_bytes();
        let binary = v2(0x21, 0x11, V4);
        let shortest = b"PROXY UNKNOWN\r\n".to_vec();
        for header in [text, binary, shortest] {
            let stream = [header.clone(), rest.clone()].concat();
            prop_assert_eq!(read_exactly(&stream).unwrap().1, header.len());
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _ = read_exactly(&[SIGNATURE.as_slice(), &bytes].concat());
        let _ = read_exactly(&[WORD.as_slice(), &bytes].concat());
    }
}
