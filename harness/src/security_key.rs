//! A security key made of software, and the browser that it is plugged into (W3C Web Authentication).

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::Signer as _;
use rand_core::{OsRng, RngCore};
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};

/// The flag of a key that was touched.
pub const PRESENT: u8 = 1;
/// The flag of a key that has found out who holds it.
pub const VERIFIED: u8 = 4;
/// The flag of a key that names itself.
const ATTESTED: u8 = 0x40;

/// What a key signs with.
#[derive(Clone, Debug)]
pub enum Signer {
    /// ECDSA on P-256 with SHA-256.
    Es256(p256::ecdsa::SigningKey),
    /// Ed25519.
    EdDsa(ed25519_dalek::SigningKey),
    /// RSA with SHA-256.
    Rs256(Box<rsa::RsaPrivateKey>),
}

impl Signer {
    /// ES256, the one that every key has.
    pub fn es256() -> Self {
        Self::Es256(p256::ecdsa::SigningKey::random(&mut OsRng))
    }

    /// One of each.
    pub fn all() -> [Self; 3] {
        let ed = ed25519_dalek::SigningKey::from_bytes(&random());
        let rsa = rsa::RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        [Self::es256(), Self::EdDsa(ed), Self::Rs256(Box::new(rsa))]
    }

    /// The public key in COSE.
    fn cose(&self) -> Vec<u8> {
        let number = |number: i64| Value::Integer(number.into());
        let entries = match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let (x, y) = (point.x().unwrap().to_vec(), point.y().unwrap().to_vec());
                let (x, y) = (Value::Bytes(x), Value::Bytes(y));
                vec![(1, number(2)), (3, number(-7)), (-1, number(1)), (-2, x), (-3, y)]
            }
            Self::EdDsa(key) => {
                let x = Value::Bytes(key.verifying_key().to_bytes().to_vec());
                vec![(1, number(1)), (3, number(-8)), (-1, number(6)), (-2, x)]
            }
            Self::Rs256(key) => {
                let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
                let (n, e) = (Value::Bytes(n), Value::Bytes(e));
                vec![(1, number(3)), (3, number(-257)), (-1, n), (-2, e)]
            }
        };
        cbor(Value::Map(entries.into_iter().map(|(name, value)| (number(name), value)).collect()))
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(data);
                signature.to_der().as_bytes().to_vec()
            }
            Self::EdDsa(key) => key.sign(data).to_bytes().to_vec(),
            Self::Rs256(key) => {
                // That a SHA-256 follows (RFC 8017 9.2).
                let info = b"3031300d060960864801650304020105000420";
                let prefix = HEXLOWER.decode(info).unwrap().into();
                let scheme = rsa::Pkcs1v15Sign { hash_len: Some(32), prefix };
                key.sign(scheme, &Sha256::digest(data)).unwrap()
            }
        }
    }
}

/// What a browser sends of a new key.
#[derive(Clone, Debug)]
pub struct Attested {
    /// `response.clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `response.attestationObject`.
    pub object: Vec<u8>,
}

/// What a browser sends of a key that it has.
#[derive(Clone, Debug)]
pub struct Signed {
    /// `rawId`.
    pub credential: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `response.authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `response.signature`.
    pub signature: Vec<u8>,
}

/// A security key.
#[derive(Clone, Debug)]
pub struct SecurityKey {
    /// What it signs with.
    pub signer: Signer,
    /// The name that it has given itself.
    pub credential: Vec<u8>,
    /// How often it has signed.
    pub counter: u32,
    /// What it says of its user: [`PRESENT`], [`VERIFIED`].
    pub flags: u8,
    /// The domain that it believes to be asked for.
    pub party: String,
    /// The origin of the page that it is asked by.
    pub origin: String,
}

impl SecurityKey {
    /// One that is used on pages of `origin`, for the domain `party`.
    pub fn new(signer: Signer, party: &str, origin: &str) -> Self {
        Self {
            signer,
            credential: random::<16>().to_vec(),
            counter: 0,
            flags: PRESENT,
            party: party.to_owned(),
            origin: origin.to_owned(),
        }
    }

    /// Makes itself known.
    pub fn create(&self, challenge: &[u8]) -> Attested {
        let len = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let of_key = [&[0; 16][..], &len, &self.credential, &self.signer.cose()].concat();
        let data = [self.data(self.flags | ATTESTED), of_key].concat();
        let text = |text: &str| Value::Text(text.to_owned());
        let object = cbor(Value::Map(vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Value::Map(Vec::new())),
            (text("authData"), Value::Bytes(data)),
        ]));
        Attested { client_data: self.client_data("create", challenge), object }
    }

    /// Signs what it is asked.
    pub fn sign(&mut self, challenge: &[u8]) -> Signed {
        self.counter += 1;
        let client_data = self.client_data("get", challenge);
        let authenticator_data = self.data(self.flags);
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature = self.signer.sign(&signed);
        let credential = self.credential.clone();
        Signed { credential, client_data, authenticator_data, signature }
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = Sha256::digest(self.party.as_bytes());
        [&party[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let (challenge, origin) = (BASE64URL_NOPAD.encode(challenge), &self.origin);
        let (kind, challenge) =
            (format!("\"type\":\"webauthn.{kind}\""), format!("\"challenge\":\"{challenge}\""));
        format!("{{{kind},{challenge},\"origin\":\"{origin}\"}}").into_bytes()
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

fn cbor(value: Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).unwrap();
    bytes
}
