//! ESMTP parameters of MAIL and RCPT (RFC 5321 4.1.2). One field for each that is known.

use super::command::CommandError;
use super::cursor::{Cursor, SyntaxError};
use super::xtext;

/// Parameters of MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// `SIZE=n` (RFC 1870): bytes the client means to send. Above 2^64 it reads as 2^64 - 1.
    pub size: Option<u64>,
    /// `BODY=` (RFC 6152, RFC 3030).
    pub body: Option<Body>,
    /// `SMTPUTF8` (RFC 6531).
    pub smtputf8: Option<SmtpUtf8>,
    /// `RET=` (RFC 3461 4.3).
    pub ret: Option<Ret>,
    /// `ENVID=` (RFC 3461 4.4), decoded: printable ASCII.
    pub envid: Option<String>,
    /// `AUTH=` (RFC 4954 5), decoded: a mailbox, or `<>`.
    pub auth: Option<String>,
}

/// Parameters of RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// `NOTIFY=` (RFC 3461 4.1).
    pub notify: Option<Notify>,
    /// `ORCPT=` (RFC 3461 4.2).
    pub orcpt: Option<OriginalRecipient>,
}

/// What kind of bytes the message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Lines of ASCII.
    SevenBit,
    /// Lines of any bytes (RFC 6152).
    EightBitMime,
    /// Any bytes; only with BDAT (RFC 3030 3).
    BinaryMime,
}

/// The message or its addresses are internationalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmtpUtf8;

/// How much of the message a failure report brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// All of it.
    Full,
    /// The header.
    Headers,
}

/// When to report on a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Never.
    Never,
    /// On these events, each at most once.
    On(Vec<Event>),
}

/// What may be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was delivered.
    Success,
    /// It could not be delivered.
    Failure,
    /// It is late.
    Delay,
}

/// The recipient the sender first wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// The kind of address, as written: `rfc822`, `utf-8`.
    pub kind: String,
    /// The address. Decoded from xtext; for `utf-8` as written (RFC 6533 3).
    pub address: String,
}

impl MailParameters {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, CommandError> {
        all(cursor, Self::add)
    }

    fn add(&mut self, parameter: &Parameter<'_>) -> Result<(), CommandError> {
        match parameter.keyword.to_ascii_uppercase().as_str() {
            "SIZE" => parameter.once(&mut self.size, size),
            "BODY" => parameter.once(&mut self.body, body),
            "SMTPUTF8" => parameter.once(&mut self.smtputf8, smtputf8),
            "RET" => parameter.once(&mut self.ret, ret),
            "ENVID" => parameter.once(&mut self.envid, envid),
            "AUTH" => parameter.once(&mut self.auth, auth),
            _ => Err(parameter.unknown()),
        }
    }
}

impl RcptParameters {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, CommandError> {
        all(cursor, Self::add)
    }

    fn add(&mut self, parameter: &Parameter<'_>) -> Result<(), CommandError> {
        match parameter.keyword.to_ascii_uppercase().as_str() {
            "NOTIFY" => parameter.once(&mut self.notify, notify),
            "ORCPT" => parameter.once(&mut self.orcpt, orcpt),
            _ => Err(parameter.unknown()),
        }
    }
}

/// All parameters up to the end of the line, added one by one.
fn all<P: Default>(
    cursor: &mut Cursor<'_>,
    add: impl Fn(&mut P, &Parameter<'_>) -> Result<(), CommandError>,
) -> Result<P, CommandError> {
    let mut parameters = P::default();
    while let Some(parameter) = Parameter::next(cursor)? {
        add(&mut parameters, &parameter)?;
    }
    Ok(parameters)
}

/// `keyword [ "=" value ]`, with its places in the line.
struct Parameter<'a> {
    at: usize,
    keyword: &'a str,
    value_at: usize,
    value: Option<&'a str>,
}

impl<'a> Parameter<'a> {
    /// The next parameter, each after at least one space; `None` at the end of the line.
    fn next(cursor: &mut Cursor<'a>) -> Result<Option<Self>, SyntaxError> {
        if cursor.is_done() {
            return Ok(None);
        }
        cursor.expect(b' ', "a space")?;
        cursor.spaces();
        let at = cursor.at();
        let keyword = cursor.text(is_keyword, "a parameter")?;
        let assigned = cursor.eat(b'=');
        let value_at = cursor.at();
        let value = if assigned { Some(cursor.text(is_value, "a value")?) } else { None };
        Ok(Some(Self { at, keyword, value_at, value }))
    }

    /// Reads the value into `field`, which must be empty.
    fn once<T>(
        &self,
        field: &mut Option<T>,
        read: fn(&str) -> Result<T, Wrong>,
    ) -> Result<(), CommandError> {
        if field.is_some() {
            return Err(SyntaxError { at: self.at, expected: "each parameter once" }.into());
        }
        let value = read(self.value.unwrap_or_default());
        let wrong =
            |wrong: Wrong| SyntaxError { at: self.value_at + wrong.at, expected: wrong.expected };
        *field = Some(value.map_err(wrong)?);
        Ok(())
    }

    fn unknown(&self) -> CommandError {
        CommandError::UnknownParameter { at: self.at }
    }
}

fn is_keyword(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// A byte of `esmtp-value` (RFC 5321 4.1.2, RFC 6531 3.3).
fn is_value(byte: u8) -> bool {
    byte > b' ' && byte != b'=' && byte != 0x7f
}

/// What is wrong with a value, with its place in the value.
struct Wrong {
    at: usize,
    expected: &'static str,
}

/// The value as a whole is wrong.
fn wrong<T>(expected: &'static str) -> Result<T, Wrong> {
    Err(Wrong { at: 0, expected })
}

fn size(value: &str) -> Result<u64, Wrong> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !(1..=20).contains(&value.len()) {
        return wrong("1 to 20 digits");
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

fn body(value: &str) -> Result<Body, Wrong> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Ok(Body::SevenBit),
        "8BITMIME" => Ok(Body::EightBitMime),
        "BINARYMIME" => Ok(Body::BinaryMime),
        _ => wrong("7BIT, 8BITMIME or BINARYMIME"),
    }
}

fn smtputf8(value: &str) -> Result<SmtpUtf8, Wrong> {
    if value.is_empty() { Ok(SmtpUtf8) } else { wrong("no value") }
}

fn ret(value: &str) -> Result<Ret, Wrong> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Ok(Ret::Full),
        "HDRS" => Ok(Ret::Headers),
        _ => wrong("FULL or HDRS"),
    }
}

fn envid(value: &str) -> Result<String, Wrong> {
    if value.len() > 100 {
        return wrong("at most 100 characters");
    }
    let envid = decoded(value, 0)?;
    let printable = envid.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if envid.is_empty() || !printable { wrong("printable ASCII") } else { Ok(envid) }
}

fn auth(value: &str) -> Result<String, Wrong> {
    if value.is_empty() { wrong("a mailbox or \"<>\"") } else { decoded(value, 0) }
}

fn notify(value: &str) -> Result<Notify, Wrong> {
    if value.eq_ignore_ascii_case("NEVER") {
        return Ok(Notify::Never);
    }
    let mut events = Vec::new();
    let mut at = 0;
    for word in value.split(',') {
        let event = event(word).ok_or(Wrong { at, expected: "SUCCESS, FAILURE or DELAY" })?;
        if !events.contains(&event) {
            events.push(event);
        }
        at += word.len() + 1;
    }
    Ok(Notify::On(events))
}

fn event(word: &str) -> Option<Event> {
    match word.to_ascii_uppercase().as_str() {
        "SUCCESS" => Some(Event::Success),
        "FAILURE" => Some(Event::Failure),
        "DELAY" => Some(Event::Delay),
        _ => None,
    }
}

fn orcpt(value: &str) -> Result<OriginalRecipient, Wrong> {
    let (kind, address) = match value.split_once(';') {
        Some((kind, address)) if !kind.is_empty() && kind.bytes().all(is_keyword) => {
            (kind, address)
        }
        _ => return wrong("a kind of address and \";\""),
    };
    let address = if kind.eq_ignore_ascii_case("utf-8") {
        address.to_owned()
    } else {
        decoded(address, kind.len() + 1)?
    };
    Ok(OriginalRecipient { kind: kind.to_owned(), address })
}

/// xtext that must hold UTF-8; it begins `at` bytes into the value.
fn decoded(text: &str, at: usize) -> Result<String, Wrong> {
    let bytes = xtext::decode(text.as_bytes())
        .map_err(|offset| Wrong { at: at + offset, expected: "xtext" })?;
    String::from_utf8(bytes).map_err(|_| Wrong { at, expected: "UTF-8" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<MailParameters, CommandError> {
        MailParameters::parse(&mut Cursor::new(text.as_bytes()))
    }

    fn rcpt(text: &str) -> Result<RcptParameters, CommandError> {
        RcptParameters::parse(&mut Cursor::new(text.as_bytes()))
    }

    fn syntax(at: usize, expected: &'static str) -> CommandError {
        SyntaxError { at, expected }.into()
    }

    #[test]
    fn all_parameters_of_mail() {
        let all =
            " SIZE=12345 body=8bitmime  SMTPUTF8 RET=HDRS ENVID=QQ+2B1 AUTH=e+3Dmc2@example.com";
        let expected = MailParameters {
            size: Some(12345),
            body: Some(Body::EightBitMime),
            smtputf8: Some(SmtpUtf8),
            ret: Some(Ret::Headers),
            envid: Some("QQ+1".to_owned()),
            auth: Some("e=mc2@example.com".to_owned()),
        };
        assert_eq!(mail(all), Ok(expected));
        assert_eq!(mail(""), Ok(MailParameters::default()));
    }

    #[test]
    fn all_parameters_of_rcpt() {
        let parameters = rcpt(" NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob+20x@example.com").unwrap();
        assert_eq!(parameters.notify, Some(Notify::On(vec![Event::Success, Event::Delay])));
        let orcpt = parameters.orcpt.unwrap();
        assert_eq!((orcpt.kind.as_str(), orcpt.address.as_str()), ("rfc822", "Bob x@example.com"));
        assert_eq!(rcpt(" NOTIFY=NEVER").unwrap().notify, Some(Notify::Never));
        let utf8 = rcpt(" ORCPT=utf-8;\\x{3B4}@example.com").unwrap().orcpt.unwrap();
        assert_eq!(utf8.address, "\\x{3B4}@example.com");
    }

    #[test]
    fn a_size_beyond_counting_is_only_very_large() {
        assert_eq!(mail(" SIZE=99999999999999999999").unwrap().size, Some(u64::MAX));
    }

    #[test]
    fn errors_of_mail_say_where() {
        for (text, error) in [
            ("SIZE=1", syntax(0, "a space")),
            (" ", syntax(1, "a parameter")),
            (" =1", syntax(1, "a parameter")),
            (" SIZE", syntax(5, "1 to 20 digits")),
            (" SIZE=", syntax(6, "a value")),
            (" SIZE=-1", syntax(6, "1 to 20 digits")),
            (" SIZE=123456789012345678901", syntax(6, "1 to 20 digits")),
            (" SIZE=1 SIZE=1", syntax(8, "each parameter once")),
            (" BODY=9BIT", syntax(6, "7BIT, 8BITMIME or BINARYMIME")),
            (" SMTPUTF8=1", syntax(10, "no value")),
            (" RET=ALL", syntax(5, "FULL or HDRS")),
            (" ENVID=a+", syntax(8, "xtext")),
            (" ENVID=a=b", syntax(8, "a space")),
            (" ENVID=+0A", syntax(7, "printable ASCII")),
            (" AUTH", syntax(5, "a mailbox or \"<>\"")),
            (" SIZE=1 FUTURE=1", CommandError::UnknownParameter { at: 8 }),
            (" NOTIFY=NEVER", CommandError::UnknownParameter { at: 1 }),
        ] {
            assert_eq!(mail(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn errors_of_rcpt_say_where() {
        for (text, error) in [
            (" NOTIFY=SUCCESS,NEVER", syntax(16, "SUCCESS, FAILURE or DELAY")),
            (" NOTIFY=,", syntax(8, "SUCCESS, FAILURE or DELAY")),
            (" ORCPT=rfc822", syntax(7, "a kind of address and \";\"")),
            (" ORCPT=rfc822;a+", syntax(15, "xtext")),
            (" SIZE=1", CommandError::UnknownParameter { at: 1 }),
        ] {
            assert_eq!(rcpt(text), Err(error), "{text:?}");
        }
    }
}
