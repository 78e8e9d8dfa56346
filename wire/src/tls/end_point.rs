//! The channel binding `tls-server-end-point` (RFC 5929 4.1): a hash of the server's certificate, by
//! the hash function of the certificate's signature.

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash of a certificate, in DER. `None` if its signature uses no hash function of its own
/// (Ed25519), or one that is not told by the algorithm's name alone (RSASSA-PSS).
pub(super) fn of(certificate: &[u8]) -> Option<Vec<u8>> {
    let (fields, _) = sequence(certificate)?;
    let (_, rest) = sequence(fields)?;
    let (algorithm, _) = sequence(rest)?;
    let (name, _) = element(algorithm, 0x06)?;
    hash(name, certificate)
}

/// MD5 and SHA-1 are replaced by SHA-256.
fn hash(algorithm: &[u8], certificate: &[u8]) -> Option<Vec<u8>> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    match (algorithm.strip_prefix(RSA), algorithm.strip_prefix(ECDSA)) {
        (Some([4 | 5 | 11]), _) | (_, Some([1] | [3, 2])) => {
            Some(Sha256::digest(certificate).to_vec())
        }
        (Some([12]), _) | (_, Some([3, 3])) => Some(Sha384::digest(certificate).to_vec()),
        (Some([13]), _) | (_, Some([3, 4])) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

fn sequence(der: &[u8]) -> Option<(&[u8], &[u8])> {
    element(der, 0x30)
}

/// The contents of the first element, which must have that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, len, rest @ ..] = der else { return None };
    let (len, rest) = match len {
        ..=0x7f => (usize::from(*len), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(len & 0x7f))?;
            (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len).filter(|_| *first == tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

    use super::*;

    fn certificate(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(vec!["mail.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_signature_says_which_hash() {
        let p256 = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(of(&p256), Some(Sha256::digest(&p256).to_vec()));
        let p384 = certificate(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(of(&p384), Some(Sha384::digest(&p384).to_vec()));
        assert_eq!(of(&certificate(&rcgen::PKCS_ED25519)), None);
    }

    #[test]
    fn old_hashes_are_replaced() {
        let rsa = |last| [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last];
        assert_eq!(hash(&rsa(5), b"x"), Some(Sha256::digest(b"x").to_vec()));
        assert_eq!(hash(&rsa(13), b"x"), Some(Sha512::digest(b"x").to_vec()));
        assert_eq!(hash(&rsa(10), b"x"), None);
        assert_eq!(hash(&[], b"x"), None);
    }

    proptest! {
        #[test]
        fn any_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = of(&bytes);
            bytes.iter_mut().step_by(2).for_each(|byte| *byte = 0x30);
            let _ = of(&bytes);
        }
    }
}
