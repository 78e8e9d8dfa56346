//! What all filters of a user want together.

use super::{Action, Facts, Filter, MAX_FORWARDS};
use crate::flags::{Flags, Keyword, SystemFlag};

/// What is to become of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Where it goes, if that is said: by the first filter that says so.
    pub destination: Option<Destination>,
    /// Its flags.
    pub flags: Flags,
    /// Is it kept?
    pub disposal: Disposal,
    /// To whom it is forwarded, each once.
    pub forwards: Vec<String>,
    /// What its sender is answered: by the first filter that does.
    pub reply: Option<String>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into the mailbox of this full name.
    Mailbox(String),
    /// Into the mailbox for junk.
    Junk,
}

/// Is a message kept?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposal {
    /// It is.
    #[default]
    Keep,
    /// It is not.
    Discard,
}

/// Tries the filters in their order. `label` is what stood behind the plus sign of the recipient.
pub fn judge(filters: &[Filter], facts: &Facts, label: Option<&str>) -> Verdict {
    let (mut verdict, mut system, mut keywords) = (Verdict::default(), Vec::new(), Vec::new());
    for filter in filters.iter().filter(|filter| filter.holds(facts, label)) {
        for action in &filter.actions {
            verdict.take(action, (&mut system, &mut keywords));
        }
        if filter.actions.contains(&Action::Stop) {
            break;
        }
    }
    verdict.flags = Flags::new(system, keywords);
    verdict
}

impl Verdict {
    fn take(
        &mut self,
        action: &Action,
        (system, keywords): (&mut Vec<SystemFlag>, &mut Vec<Keyword>),
    ) {
        match action {
            Action::FileInto(name) => self.file(Destination::Mailbox(name.clone())),
            Action::Junk => {
                self.file(Destination::Junk);
                keywords.extend(Keyword::new("$Junk"));
            }
            Action::Flag => system.push(SystemFlag::Flagged),
            Action::Seen => system.push(SystemFlag::Seen),
            Action::Keyword(keyword) => keywords.push(keyword.clone()),
            Action::Discard => self.disposal = Disposal::Discard,
            Action::Forward(to) => self.forward(to),
            Action::Autoreply(text) => {
                self.reply.get_or_insert_with(|| text.clone());
            }
            Action::Stop => {}
        }
    }

    fn file(&mut self, destination: Destination) {
        self.destination.get_or_insert(destination);
    }

    fn forward(&mut self, to: &String) {
        if self.forwards.len() < MAX_FORWARDS && !self.forwards.contains(to) {
            self.forwards.push(to.clone());
        }
    }
}
