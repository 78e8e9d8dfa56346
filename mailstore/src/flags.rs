//! Flags and keywords of a message (RFC 9051 2.3.2), and changes to them.

use std::fmt;
use std::sync::Arc;

/// A system flag that is stored. `\Recent` is not: it belongs to a session, not to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SystemFlag {
    /// `\Seen`: it has been read.
    Seen = 1,
    /// `\Answered`: it has been answered.
    Answered = 2,
    /// `\Flagged`: it asks for attention.
    Flagged = 4,
    /// `\Deleted`: EXPUNGE will remove it.
    Deleted = 8,
    /// `\Draft`: it is not finished.
    Draft = 16,
}

impl SystemFlag {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Answered, Self::Flagged, Self::Deleted, Self::Seen, Self::Draft];

    /// The name, with its backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "\\Seen",
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
        }
    }

    /// The flag of that name (with its backslash), in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name))
    }
}

/// A keyword: a flag whose name the client chose. Compared without regard to ASCII case.
#[derive(Clone)]
pub struct Keyword(Arc<str>);

impl Keyword {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 255;

    /// A keyword of that name, if it is an IMAP atom of at most [`Keyword::MAX_LEN`] bytes.
    pub fn new(name: &str) -> Option<Self> {
        let atom = |byte: u8| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte);
        let fits = !name.is_empty() && name.len() <= Self::MAX_LEN;
        (fits && name.bytes().all(atom)).then(|| Self(name.into()))
    }

    /// The name, in the case in which it was first given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Debug for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The flags of one message: a set of system flags and a sorted set of keywords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Flags {
    system: u8,
    keywords: Option<Arc<[Keyword]>>,
}

impl Flags {
    /// No flag at all.
    pub const NONE: Self = Self { system: 0, keywords: None };

    /// From system flags and keywords, in any order, doubled or not.
    pub fn new(
        system: impl IntoIterator<Item = SystemFlag>,
        keywords: impl IntoIterator<Item = Keyword>,
    ) -> Self {
        let bits = system.into_iter().fold(0, |bits, flag| bits | flag as u8);
        let mut flags = Self::from_bits(bits);
        flags.set_keywords(keywords.into_iter().collect());
        flags
    }

    /// System flags only, from their bits; unknown bits are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self { system: bits & 31, keywords: None }
    }

    /// The bits of the system flags, as [`SystemFlag`] numbers them.
    pub const fn bits(&self) -> u8 {
        self.system
    }

    /// Is this system flag set?
    pub const fn has(&self, flag: SystemFlag) -> bool {
        self.system & flag as u8 != 0
    }

    /// Is this keyword set?
    pub fn has_keyword(&self, keyword: &Keyword) -> bool {
        self.keywords().binary_search(keyword).is_ok()
    }

    /// The system flags that are set.
    pub fn system(&self) -> impl Iterator<Item = SystemFlag> + use<> {
        let bits = self.system;
        SystemFlag::ALL.into_iter().filter(move |flag| bits & *flag as u8 != 0)
    }

    /// The keywords, sorted.
    pub fn keywords(&self) -> &[Keyword] {
        self.keywords.as_deref().unwrap_or(&[])
    }

    /// Is nothing set?
    pub fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_none()
    }

    fn set_keywords(&mut self, mut keywords: Vec<Keyword>) {
        keywords.sort();
        keywords.dedup();
        self.keywords = (!keywords.is_empty()).then(|| keywords.into());
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.system().map(SystemFlag::name))
            .entries(self.keywords().iter().map(Keyword::as_str))
            .finish()
    }
}

/// What STORE does with the flags it names (RFC 9051 6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagMode {
    /// `FLAGS`: these and no others.
    Replace,
    /// `+FLAGS`: these too.
    Add,
    /// `-FLAGS`: without these.
    Remove,
}

/// A change to flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagUpdate {
    /// What to do with them.
    pub mode: FlagMode,
    /// The flags named.
    pub flags: Flags,
}

impl FlagUpdate {
    /// What becomes of `old`.
    #[must_use]
    pub fn apply(&self, old: &Flags) -> Flags {
        let named = &self.flags;
        match self.mode {
            FlagMode::Replace => named.clone(),
            FlagMode::Add if named.keywords.is_none() => {
                Flags { system: old.system | named.system, keywords: old.keywords.clone() }
            }
            FlagMode::Add => {
                let mut new = Flags::from_bits(old.system | named.system);
                new.set_keywords(old.keywords().iter().chain(named.keywords()).cloned().collect());
                new
            }
            FlagMode::Remove => {
                let mut new = Flags::from_bits(old.system & !named.system);
                let stays = old.keywords().iter().filter(|keyword| !named.has_keyword(keyword));
                new.set_keywords(stays.cloned().collect());
                new
            }
        }
    }
}
