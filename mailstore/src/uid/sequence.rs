//! The sets of numbers that clients write.

use std::fmt;
use std::num::NonZeroU32;

use super::{Uid, UidArray, UidSet};

/// One end of a range in a [`SequenceSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A sequence number or UID.
    Number(NonZeroU32),
    /// `*`: the largest there is.
    Star,
}

/// A `sequence-set` as the client wrote it (RFC 9051 9): ranges in any order, with `*`. What it
/// means depends on the view it is resolved against. Resolving takes O(n log n) time in its ranges,
/// however they overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SequenceSet(pub Vec<(Bound, Bound)>);

impl SequenceSet {
    /// The UIDs in `view` that it names as UIDs. Those not in the view are left out. `*` is the
    /// last UID of the view, so `999:*` names that one even where it is below 999 (RFC 9051 9,
    /// "seq-range").
    pub fn resolve_uids(&self, view: &UidArray) -> UidSet {
        view.last().map_or_else(UidSet::new, |last| view.intersection(&self.numbers(last.get())))
    }

    /// The UIDs in `view` that it names by sequence number. Fails with the number if one is larger
    /// than the view (RFC 9051 9: "seq-number ... must be less than or equal to the number of
    /// messages"); in an empty view `*` fails as 0.
    pub fn resolve_seqs(&self, view: &UidArray) -> Result<UidSet, u32> {
        let numbers = self.numbers(view.len());
        match numbers.last() {
            Some(last) if last.get() > view.len() => Err(last.get()),
            None if view.is_empty() => Err(0),
            _ => Ok(view.uids_at(&numbers)),
        }
    }

    /// The UIDs it names, there or not, `*` taken to be `largest`.
    pub fn uids_up_to(&self, largest: Option<Uid>) -> UidSet {
        self.numbers(largest.map_or(0, Uid::get))
    }

    /// Is there no `*` in it?
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|&(a, b)| a != Bound::Star && b != Bound::Star)
    }

    /// The numbers it names, if they ascend, none comes twice and none is `*`.
    pub fn ascending(&self) -> Option<UidSet> {
        let mut last = 0;
        for range in &self.0 {
            let (Bound::Number(from), Bound::Number(to)) = *range else { return None };
            if from.get() <= last || to < from {
                return None;
            }
            last = to.get();
        }
        Some(self.numbers(0))
    }

    /// As [`Self::resolve_seqs`], but numbers that no message has are left out: as a search key a set
    /// is what to look for, not what to act on.
    pub fn search_seqs(&self, view: &UidArray) -> UidSet {
        view.uids_at(&self.numbers(view.len()))
    }

    /// The numbers it names, `*` taken to be `largest`.
    fn numbers(&self, largest: u32) -> UidSet {
        let ranges = self.0.iter().filter_map(|&(a, b)| {
            let (a, b) = (a.or_largest(largest), b.or_largest(largest));
            Some(Uid::new(a.min(b).max(1))?..=Uid::new(a.max(b))?)
        });
        UidSet::from_ranges(ranges)
    }
}

impl Bound {
    const fn or_largest(self, largest: u32) -> u32 {
        match self {
            Self::Number(number) => number.get(),
            Self::Star => largest,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Star => f.write_str("*"),
        }
    }
}

/// As IMAP writes it, in the client's order: `5:*,1`.
impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (from, to)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{from}")?;
            if from != to {
                write!(f, ":{to}")?;
            }
        }
        Ok(())
    }
}
