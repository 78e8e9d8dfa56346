//! Who may do what with a mailbox (RFC 4314).
//!
//! The account that holds a mailbox has all rights to it, always. What others may is written in its
//! properties, one for each of them: `acl/7` holds the rights of account 7 as letters, `acl/anyone`
//! those of everybody, and a minus sign in front of the name takes rights away. They are kept by
//! account, not by name: a name that is given to somebody else does not bring the rights along.

use std::fmt;

use crate::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use crate::id::AccountId;

/// What the keys of access lists begin with.
pub const ACL: &str = "acl/";

/// One right (RFC 4314 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Right {
    /// `l`: to see that it is there.
    Lookup = 1,
    /// `r`: to open it and to read.
    Read = 1 << 1,
    /// `s`: to set and clear `\Seen`.
    Seen = 1 << 2,
    /// `w`: to set and clear other flags than `\Seen` and `\Deleted`.
    Write = 1 << 3,
    /// `i`: to add messages.
    Insert = 1 << 4,
    /// `p`: to send mail to it.
    Post = 1 << 5,
    /// `k`: to create mailboxes below it.
    Create = 1 << 6,
    /// `x`: to delete or rename it.
    DeleteMailbox = 1 << 7,
    /// `t`: to set and clear `\Deleted`.
    DeleteMessages = 1 << 8,
    /// `e`: to expunge.
    Expunge = 1 << 9,
    /// `a`: to read and change its access list.
    Administer = 1 << 10,
}

impl Right {
    /// All of them, in the order in which they are written.
    pub const ALL: [(char, Self); 11] = [
        ('l', Self::Lookup),
        ('r', Self::Read),
        ('s', Self::Seen),
        ('w', Self::Write),
        ('i', Self::Insert),
        ('p', Self::Post),
        ('k', Self::Create),
        ('x', Self::DeleteMailbox),
        ('t', Self::DeleteMessages),
        ('e', Self::Expunge),
        ('a', Self::Administer),
    ];
}

/// Some rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(u16);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self((1 << Right::ALL.len()) - 1);

    /// These.
    pub fn of(rights: impl IntoIterator<Item = Right>) -> Self {
        Self(rights.into_iter().fold(0, |all, right| all | right as u16))
    }

    /// The rights of these letters; `None` if one of them is none. Of the two that are obsolete
    /// `c` is taken for `k` and `d` for `x`, `t` and `e` (RFC 4314 2.1.1).
    pub fn parse(letters: &str) -> Option<Self> {
        letters.chars().try_fold(Self::NONE, |all, letter| Some(all.union(Self::letter(letter)?)))
    }

    fn letter(letter: char) -> Option<Self> {
        match letter {
            'c' => Some(Self::of([Right::Create])),
            'd' => Some(Self::of([Right::DeleteMailbox, Right::DeleteMessages, Right::Expunge])),
            letter => {
                let known = Right::ALL.iter().find(|(known, _)| *known == letter);
                known.map(|(_, right)| Self::of([*right]))
            }
        }
    }

    /// Is that one among them?
    pub fn has(self, right: Right) -> bool {
        self.0 & right as u16 != 0
    }

    /// Is one of these among them?
    pub fn has_any(self, rights: Self) -> bool {
        self.0 & rights.0 != 0
    }

    /// Is none among them?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in this, not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What an access list gives to a user. The list is that of a mailbox of `owner`: keys, as of
    /// its properties, and values.
    pub fn given<'a>(
        (owner, user): (AccountId, AccountId),
        list: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        if owner == user {
            return Self::ALL;
        }
        let (mut given, mut taken) = (Self::NONE, Self::NONE);
        for (key, letters) in list {
            let Some(grant) = Grant::of_key(key).filter(|grant| grant.who.is(user)) else {
                continue;
            };
            let rights = str::from_utf8(letters).ok().and_then(Self::parse).unwrap_or_default();
            match grant.sign {
                Sign::Gives => given = given.union(rights),
                Sign::Takes => taken = taken.union(rights),
            }
        }
        given.without(taken)
    }

    /// The right to change a flag.
    pub const fn for_flag(flag: SystemFlag) -> Right {
        match flag {
            SystemFlag::Seen => Right::Seen,
            SystemFlag::Deleted => Right::DeleteMessages,
            _ => Right::Write,
        }
    }

    /// The flags among these that may be changed.
    pub fn permitted(self, flags: &Flags) -> Flags {
        if self == Self::ALL {
            return flags.clone();
        }
        let system = flags.system().filter(|flag| self.has(Self::for_flag(*flag)));
        let keywords = flags.keywords().iter().filter(|_| self.has(Right::Write));
        Flags::new(system, keywords.cloned())
    }

    /// A message's flags after an update, as far as it is permitted.
    pub fn update(self, update: &FlagUpdate, flags: &Flags) -> Flags {
        let wanted = update.apply(flags);
        if self == Self::ALL {
            return wanted;
        }
        let (changed, kept) = (self.permitted(&wanted), Self::ALL.without(self).permitted(flags));
        let keywords = changed.keywords().iter().chain(kept.keywords());
        Flags::new(changed.system().chain(kept.system()), keywords.cloned())
    }

    /// May any of the flags of an update be changed?
    pub fn permit_some_of(self, update: &FlagUpdate) -> bool {
        let flags = Self::of([Right::Seen, Right::DeleteMessages, Right::Write]);
        match update.mode {
            FlagMode::Replace => self.has_any(flags),
            FlagMode::Add | FlagMode::Remove => {
                update.flags.is_empty() && self.has_any(flags)
                    || !self.permitted(&update.flags).is_empty()
            }
        }
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = Right::ALL.iter().filter(|(_, right)| self.has(*right));
        letters.map(|(letter, _)| *letter).try_for_each(|letter| fmt::Write::write_char(f, letter))
    }
}

/// Whom an entry of an access list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Everybody who can log in.
    Anyone,
    /// One account.
    Account(AccountId),
}

impl Who {
    /// Is that user meant?
    pub fn is(self, user: AccountId) -> bool {
        match self {
            Self::Anyone => true,
            Self::Account(account) => account == user,
        }
    }
}

/// Does an entry give rights, or take them?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// It gives.
    Gives,
    /// It takes away what others give (RFC 4314 2, negative rights).
    Takes,
}

/// What an entry of an access list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// Gives it, or takes it?
    pub sign: Sign,
    /// To whom, from whom.
    pub who: Who,
}

impl Grant {
    /// That gives rights.
    pub fn to(who: Who) -> Self {
        Self { sign: Sign::Gives, who }
    }

    /// The key of the property that it is kept as.
    pub fn key(self) -> String {
        let sign = match self.sign {
            Sign::Gives => "",
            Sign::Takes => "-",
        };
        match self.who {
            Who::Anyone => format!("{ACL}{sign}anyone"),
            Who::Account(account) => format!("{ACL}{sign}{account}"),
        }
    }

    /// The reverse of [`Self::key`].
    pub fn of_key(key: &str) -> Option<Self> {
        let name = key.strip_prefix(ACL)?;
        let (sign, name) = match name.strip_prefix('-') {
            Some(name) => (Sign::Takes, name),
            None => (Sign::Gives, name),
        };
        let who = match name {
            "anyone" => Who::Anyone,
            number => Who::Account(AccountId::new(number.parse().ok()?)?),
        };
        Some(Self { sign, who })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    #[test]
    fn letters_and_back() {
        assert_eq!(Rights::ALL.to_string(), "lrswipkxtea");
        assert_eq!(Rights::parse("lrswipkxtea"), Some(Rights::ALL));
        assert_eq!(Rights::parse("aaal").unwrap().to_string(), "la");
        assert_eq!(Rights::parse("c").unwrap().to_string(), "k");
        assert_eq!(Rights::parse("d").unwrap().to_string(), "xte");
        assert_eq!(Rights::parse(""), Some(Rights::NONE));
        for wrong in ["z", "L", "l r", "0"] {
            assert_eq!(Rights::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn keys_and_back() {
        for sign in [Sign::Gives, Sign::Takes] {
            for who in [Who::Anyone, Who::Account(account(7))] {
                let grant = Grant { sign, who };
                assert_eq!(Grant::of_key(&grant.key()), Some(grant));
            }
        }
        for wrong in ["acl/", "acl/--7", "acl/-", "acl/joe", "acl/--anyone", "metadata/7"] {
            assert_eq!(Grant::of_key(wrong), None, "{wrong}");
        }
    }

    /// RFC 4314 2: what everybody has and what one has, less what is taken from either.
    #[test]
    fn rights_are_given_and_taken() {
        let list: [(&str, &[u8]); 5] = [
            ("acl/anyone", b"lr"),
            ("acl/7", b"swx"),
            ("acl/-7", b"w"),
            ("acl/8", b"a"),
            ("acl/-8", b"lrswipkxtea"),
        ];
        let given = |user| Rights::given((account(1), account(user)), list).to_string();
        assert_eq!(given(1), "lrswipkxtea");
        assert_eq!(given(7), "lrsx");
        assert_eq!(given(8), "");
        assert_eq!(given(9), "lr");
        let for_all: [(&str, &[u8]); 2] = [("acl/-anyone", b"r"), ("acl/7", b"lr")];
        assert_eq!(Rights::given((account(1), account(7)), for_all).to_string(), "l");
    }

    #[test]
    fn flags_change_as_far_as_they_may() {
        let all = Flags::new(SystemFlag::ALL, []);
        let seen = Flags::new([SystemFlag::Seen], []);
        let rights = Rights::parse("lrs").unwrap();
        let update = |mode, flags: &Flags| FlagUpdate { mode, flags: flags.clone() };
        let apply = |mode, flags: &Flags, old: &Flags| rights.update(&update(mode, flags), old);
        assert_eq!(apply(FlagMode::Add, &all, &Flags::NONE), seen);
        assert_eq!(apply(FlagMode::Replace, &Flags::NONE, &all), {
            Flags::new(SystemFlag::ALL.into_iter().filter(|flag| *flag != SystemFlag::Seen), [])
        });
        assert_eq!(apply(FlagMode::Remove, &seen, &seen), Flags::NONE);
        assert!(rights.permit_some_of(&update(FlagMode::Add, &all)));
        assert!(rights.permit_some_of(&update(FlagMode::Replace, &Flags::NONE)));
        let deleted = Flags::new([SystemFlag::Deleted], []);
        assert!(!rights.permit_some_of(&update(FlagMode::Add, &deleted)));
        assert!(!Rights::parse("lr").unwrap().permit_some_of(&update(FlagMode::Replace, &seen)));
    }
}
