//! Searches whose results are known, as far as the client knows the messages.

use super::dice::Dice;
use super::view::View;
use super::world::{self, World};

/// A search program.
#[derive(Clone, Debug)]
pub enum Program {
    Numbers(Vec<u32>),
    Uids(Vec<u32>),
    Smaller(usize),
    Larger(usize),
    Subject(&'static str),
    Id(u32),
    Not(Box<Program>),
    Or(Box<(Program, Program)>),
    And(Vec<Program>),
    /// What others may change: anything is right.
    Unsure(&'static str),
}

impl Program {
    pub fn some(dice: &mut Dice, view: &View, depth: usize) -> Self {
        let numbers: Vec<u32> = (1..=view.count().max(1)).collect();
        let uids = view.uids();
        match dice.below(if depth == 0 { 8 } else { 12 }) {
            0 => Self::Numbers(dice.some(&numbers, 10)),
            1 if !uids.is_empty() => Self::Uids(dice.some(&uids, 10)),
            1 | 2 => Self::Smaller(300 + dice.below(3_000)),
            3 => Self::Larger(300 + dice.below(3_000)),
            4 | 5 => Self::Subject(world::word(dice)),
            6 => Self::Id(1 + dice.below(50) as u32),
            7 => Self::Unsure(dice.of::<&str>(&[
                "SEEN",
                "KEYWORD $Label1",
                "SINCE 1-Jan-2020",
                "RECENT",
            ])),
            8 => Self::Not(Box::new(Self::some(dice, view, depth - 1))),
            9 => Self::Or(Box::new((
                Self::some(dice, view, depth - 1),
                Self::some(dice, view, depth - 1),
            ))),
            _ => Self::And((0..2).map(|_| Self::some(dice, view, depth - 1)).collect()),
        }
    }

    pub fn text(&self) -> String {
        let set =
            |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Numbers(numbers) => set(numbers),
            Self::Uids(uids) => format!("UID {}", set(uids)),
            Self::Smaller(size) => format!("SMALLER {size}"),
            Self::Larger(size) => format!("LARGER {size}"),
            Self::Subject(word) => format!("SUBJECT \"{}\"", word.to_uppercase()),
            Self::Id(number) => format!("HEADER Message-ID \"<{number}@stress>\""),
            Self::Not(one) => format!("NOT {}", one.text()),
            Self::Or(two) => format!("OR {} {}", two.0.text(), two.1.text()),
            Self::And(all) => {
                format!("({})", all.iter().map(Self::text).collect::<Vec<_>>().join(" "))
            }
            Self::Unsure(key) => (*key).to_owned(),
        }
    }

    pub fn names_numbers(&self) -> bool {
        match self {
            Self::Numbers(_) => true,
            Self::Not(one) => one.names_numbers(),
            Self::Or(two) => two.0.names_numbers() || two.1.names_numbers(),
            Self::And(all) => all.iter().any(Self::names_numbers),
            _ => false,
        }
    }

    /// Does the message of this number match? `None`: that is not known.
    pub fn matches(&self, number: u32, view: &View, world: &World) -> Option<bool> {
        let uid = view.messages[number as usize - 1].uid;
        let known = || world.at(&view.place(uid?));
        match self {
            Self::Numbers(numbers) => Some(numbers.contains(&number)),
            Self::Uids(uids) => uid.map(|uid| uids.contains(&uid)),
            Self::Smaller(size) => known().map(|(_, bytes)| bytes.len() < *size),
            Self::Larger(size) => known().map(|(_, bytes)| bytes.len() > *size),
            Self::Subject(word) => known().map(|(_, bytes)| world::subject(&bytes).contains(word)),
            Self::Id(id) => known().map(|(number, _)| number == *id),
            Self::Not(one) => one.matches(number, view, world).map(|matches| !matches),
            Self::Or(two) => {
                let (one, other) = (&two.0, &two.1);
                match (one.matches(number, view, world), other.matches(number, view, world)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }
            }
            Self::And(all) => {
                let each: Vec<_> = all.iter().map(|one| one.matches(number, view, world)).collect();
                if each.contains(&Some(false)) {
                    Some(false)
                } else {
                    each.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Self::Unsure(_) => None,
        }
    }
}
