//! PLAIN (RFC 4616): `[authzid] NUL authcid NUL passwd`.

use mailstore::store::directory::{Credentials, Secret};

use super::{Epilogue, Login, SaslError, Step, nonempty, text};

pub(super) fn step(message: &[u8]) -> Step {
    match parse(message) {
        Ok(login) => Step::Credentials(login),
        Err(error) => Step::Failed(error),
    }
}

fn parse(message: &[u8]) -> Result<Login, SaslError> {
    let mut fields = message.split(|byte| *byte == 0);
    let (Some(authzid), Some(name), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(SaslError::Malformed("PLAIN has three fields"));
    };
    let (authzid, name, password) = (text(authzid)?, nonempty(name)?, nonempty(password)?);
    Ok(Login {
        authzid: (!authzid.is_empty() && authzid != name).then(|| authzid.to_owned()),
        credentials: Credentials::Plain { name: name.to_owned(), password: Secret::new(password) },
        epilogue: Epilogue::None,
    })
}
