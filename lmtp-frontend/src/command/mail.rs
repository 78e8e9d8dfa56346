//! MAIL (RFC 5321 4.1.1.2).

use crate::codec::command::Mail;
use crate::codec::parameter::MailParameters;
use crate::codec::reply::Reply;
use crate::outbox::Outbox;
use crate::refusal::No;
use crate::session::Session;
use crate::transaction::Transaction;

impl Session {
    /// Begins a transaction.
    pub(super) fn mail(&mut self, mail: Mail) -> Reply {
        if self.client.is_none() {
            return self.out_of_order("LHLO comes first");
        }
        if self.transaction.is_some() {
            return self.out_of_order("a message is under way already");
        }
        let parameters = &mail.parameters;
        if let Some(parameter) = not_offered(parameters, self.lmtp.outbox.as_deref()) {
            return Reply::new(555, (5, 4), format!("{parameter} is not offered"));
        }
        if !mail.from.is_ascii() && parameters.smtputf8.is_none() {
            return needs_smtputf8(550);
        }
        if parameters.size > Some(self.lmtp.largest()) {
            return No::TOO_LARGE.reply();
        }
        self.transaction = Some(Transaction::new(mail));
        Reply::new(250, (1, 0), "OK")
    }
}

/// A parameter of an extension that LHLO does not list. To accept it would promise what is not
/// done.
fn not_offered(parameters: &MailParameters, outbox: Option<&dyn Outbox>) -> Option<&'static str> {
    let auth = parameters.auth.as_ref().map(|_| "AUTH");
    if outbox.is_some() {
        return auth;
    }
    let ret = parameters.ret.map(|_| "RET");
    let envid = parameters.envid.as_ref().map(|_| "ENVID");
    auth.or(ret).or(envid)
}

/// An address beyond ASCII in a transaction that has not announced it. The code is 550 for a sender,
/// 553 for a recipient (RFC 6531 3.5).
pub(super) fn needs_smtputf8(code: u16) -> Reply {
    Reply::new(code, (6, 7), "an address beyond ASCII needs SMTPUTF8")
}
