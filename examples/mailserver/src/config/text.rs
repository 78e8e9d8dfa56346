//! Lists of values that are written as strings.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Writes a list.
pub(super) fn serialize<T: Display, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(list.iter().map(T::to_string))
}

/// Reads a list.
pub(super) fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let list = Vec::<String>::deserialize(from)?;
    list.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}
