//! PLAIN (RFC 4616): `[authzid] NUL authcid NUL passwd`.

use mailstore::store::directory::{Credentials, Secret};

use super::{Epilogue, Login, SaslError, Step, name, nonempty, part, text};

pub(super) fn step(message: Vec<u8>) -> Step {
    match parse(message) {
        Ok(login) => Step::Credentials(login),
        Err(error) => Step::Failed(error),
    }
}

fn parse(message: Vec<u8>) -> Result<Login, SaslError> {
    let mut fields = message.split(|byte| *byte == 0);
    let (Some(authzid), Some(authcid), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(SaslError::Malformed("PLAIN has three fields"));
    };
    let (name, password) = (name(authcid)?.to_owned(), nonempty(password)?.len());
    let authzid = match text(authzid)? {
        "" => None,
        authzid => Some(self::name(authzid.as_bytes())?.to_owned()),
    };
    let password = message.len() - password..message.len();
    Ok(Login {
        authzid: authzid.filter(|authzid| *authzid != name),
        credentials: Credentials::Plain { name, password: Secret::new(part(message, password)?) },
        epilogue: Epilogue::None,
    })
}
