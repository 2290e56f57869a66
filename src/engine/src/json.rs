//! JSON as a small tree, for messages and stored values.
//!
//! Reading a typed struct costs kilobytes of wasm for each type; one tree and a few look-ups cost them once.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, and what is not there.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number that is not negative; other numbers are read as [`Json::Null`]: nothing of ours has them.
    Number(u64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in its own order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text; `None` if it is no JSON.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Takes a member out of an object; [`Json::Null`] if it is not there.
    #[must_use]
    pub fn take(&mut self, key: &str) -> Self {
        let Self::Object(members) = self else { return Self::Null };
        members.iter().position(|(known, _)| known == key).map_or(Self::Null, |index| members.swap_remove(index).1)
    }

    /// Whether everything has been taken out: nothing unknown is left.
    pub fn is_spent(&self) -> bool {
        matches!(self, Self::Object(members) if members.is_empty())
    }

    /// The string.
    pub fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it fits.
    pub fn number<N: TryFrom<u64>>(self) -> Option<N> {
        if let Self::Number(number) = self { N::try_from(number).ok() } else { None }
    }

    /// The truth value.
    pub fn truth(self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(truth) } else { None }
    }

    /// The strings of an array; what else is in it is left out.
    pub fn texts(self) -> Option<Vec<String>> {
        if let Self::List(list) = self { Some(list.into_iter().filter_map(Self::text).collect()) } else { None }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(u64::try_from(value).map_or(Json::Null, Json::Number))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            members.push((key, map.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn what_is_taken_is_gone_and_what_is_unknown_is_left() {
        let mut json = Json::parse(r#"{"a":1,"b":[true,"x",null],"c":-2,"d":{"e":2.5}}"#).unwrap();
        assert_eq!(json.take("a").number::<u8>(), Some(1));
        assert_eq!(json.take("a"), Json::Null);
        assert_eq!(json.take("b").texts(), Some(vec!["x".to_owned()]));
        assert_eq!(json.take("c"), Json::Null);
        assert!(!json.is_spent());
        assert_eq!(json.take("d").take("e"), Json::Null);
        assert!(json.is_spent());
        assert!(Json::parse("{\"a\":").is_none());
    }
}
