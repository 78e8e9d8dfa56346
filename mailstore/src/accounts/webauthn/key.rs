//! Public keys (RFC 9052 7, RFC 9053 2, RFC 8812 2) and what is signed with them.

use ciborium::Value;
use p256::ecdsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};

use super::{KeyRefused, no, sha256};

/// A public key.
#[derive(Debug)]
pub(in crate::accounts) enum Key {
    /// ECDSA on P-256 with SHA-256.
    Es256(Box<p256::ecdsa::VerifyingKey>),
    /// Ed25519.
    EdDsa(Box<ed25519_dalek::VerifyingKey>),
    /// RSA (PKCS #1 v1.5) with SHA-256.
    Rs256(Box<RsaPublicKey>),
}

/// What stands before a SHA-256 that is signed (RFC 8017 9.2, note 1).
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Labels of a key (RFC 9052 7.1, RFC 9053 7.1.1, RFC 8230 4), and values of theirs.
const KTY: i64 = 1;
const ALG: i64 = 3;
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;

impl Key {
    /// The algorithms, the best first.
    pub(in crate::accounts) const ALGORITHMS: [i64; 3] = [-7, -8, -257];

    pub(super) fn read(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let Ok(Value::Map(entries)) = ciborium::from_reader(bytes) else {
            return no("its public key cannot be read");
        };
        let find = |label: i64| {
            let is =
                |name: &Value| name.as_integer().is_some_and(|it| i128::from(it) == label.into());
            entries.iter().find(|(name, _)| is(name)).map(|(_, value)| value)
        };
        let number = |label| find(label)?.as_integer().and_then(|it| i64::try_from(it).ok());
        let bytes = |label| find(label).and_then(Value::as_bytes).map_or(&[][..], Vec::as_slice);
        let key = match (number(KTY), number(ALG), number(-1)) {
            (Some(EC2), Some(-7), Some(1)) => es256(bytes(-2), bytes(-3)),
            (Some(OKP), Some(-8), Some(6)) => ed25519(bytes(-2)),
            (Some(RSA), Some(-257), _) => rs256(bytes(-1), bytes(-2)),
            _ => return no("it signs with none of ES256, EdDSA and RS256"),
        };
        key.ok_or(KeyRefused("its public key is none"))
    }

    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), KeyRefused> {
        let good = match self {
            Self::Es256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok()),
            Self::Rs256(key) => {
                let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: SHA256_INFO.into() };
                key.verify(scheme, &sha256(signed), signature).is_ok()
            }
        };
        if good { Ok(()) } else { no("its signature is wrong") }
    }
}

fn es256(x: &[u8], y: &[u8]) -> Option<Key> {
    let (x, y): (&[u8; 32], &[u8; 32]) = (x.try_into().ok()?, y.try_into().ok()?);
    let point = p256::EncodedPoint::from_affine_coordinates(x.into(), y.into(), false);
    let key = p256::ecdsa::VerifyingKey::from_encoded_point(&point).ok()?;
    Some(Key::Es256(Box::new(key)))
}

fn ed25519(x: &[u8]) -> Option<Key> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(x.try_into().ok()?).ok()?;
    Some(Key::EdDsa(Box::new(key)))
}

fn rs256(n: &[u8], e: &[u8]) -> Option<Key> {
    let key = RsaPublicKey::new(BigUint::from_bytes_be(n), BigUint::from_bytes_be(e)).ok()?;
    (key.size() >= 256).then(|| Key::Rs256(Box::new(key)))
}
