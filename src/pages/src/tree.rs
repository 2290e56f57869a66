//! A page as data: what stands in it and what a click in it does. Free of any browser, so that it can be tested anywhere.

use understudy_engine::moment::Month;
use understudy_engine::words::Say;
use understudy_engine::{Millis, UserText};

/// An element. `D` is what the page's user can do.
#[derive(Clone, Debug, PartialEq)]
pub struct El<D> {
    /// `div`, `button`, …; `svg` and `path` get their own namespace.
    pub tag: &'static str,
    /// Tells siblings of a list apart when their order changes.
    pub key: Option<String>,
    /// Attributes.
    pub attrs: Vec<(&'static str, Words)>,
    /// What a click on it (or a change of it, for a field) means.
    pub does: Option<D>,
    /// What stands in it.
    pub parts: Vec<Part<D>>,
}

/// An element or a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<D> {
    /// An element.
    El(El<D>),
    /// A text.
    Text(Words),
}

/// A list of parts, whatever a click in them means.
pub trait Parts {
    /// One of them, from 0 on.
    fn at(&self, index: usize) -> Option<Seen<'_>>;
}

/// A part, as it is shown.
pub enum Seen<'a> {
    /// An element.
    El(Look<'a>),
    /// A text.
    Text(&'a Words),
}

/// An element, as it is shown.
pub struct Look<'a> {
    /// Its tag.
    pub tag: &'static str,
    /// Its name among its siblings.
    pub key: Option<&'a str>,
    /// Attributes.
    pub attrs: &'a [(&'static str, Words)],
    /// Whether a click on it means something.
    pub does: bool,
    /// What stands in it.
    pub parts: &'a dyn Parts,
}

impl<D> Parts for Vec<Part<D>> {
    fn at(&self, index: usize) -> Option<Seen<'_>> {
        self.get(index).map(seen)
    }
}

impl<D> Parts for &[Part<D>] {
    fn at(&self, index: usize) -> Option<Seen<'_>> {
        self.get(index).map(seen)
    }
}

fn seen<D>(part: &Part<D>) -> Seen<'_> {
    match part {
        Part::Text(words) => Seen::Text(words),
        Part::El(El { tag, key, attrs, does, parts }) => {
            Seen::El(Look { tag, key: key.as_deref(), attrs, does: does.is_some(), parts })
        }
    }
}

/// A text that gets its final form only where it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Words {
    /// A sentence of the language files.
    Say(Say),
    /// A sentence whose parameters get their form where it is shown.
    Phrase(&'static str, Vec<Words>),
    /// A name, a class, a number: as it is.
    Plain(String),
    /// What the user wrote.
    User(UserText),
    /// A clock time.
    Clock(Millis),
    /// A clock time without its day.
    Hour(Millis),
    /// A local day.
    Day(Millis),
    /// How long something took, in milliseconds; below zero, how long before.
    Lasted(i64),
    /// A calendar month.
    Month(Month),
    /// A number of characters, in words.
    Size(usize),
}

/// A new element.
pub fn el<D>(tag: &'static str) -> El<D> {
    El { tag, key: None, attrs: Vec::new(), does: None, parts: Vec::new() }
}

/// How long something took, in milliseconds.
pub fn lasted(ms: u64) -> Words {
    Words::Lasted(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// A sentence of the pages without parameters.
pub fn say(key: &str) -> Say {
    Say::new(key)
}

impl<D> El<D> {
    /// Sets the class.
    pub fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    /// Sets an attribute.
    pub fn attr(mut self, name: &'static str, value: impl Into<Words>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    /// Sets an attribute without a value, if `on`.
    pub fn flag(self, name: &'static str, on: bool) -> Self {
        if on { self.attr(name, "") } else { self }
    }

    /// Names it among its siblings.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// What the user does by it.
    pub fn does(mut self, deed: D) -> Self {
        self.does = Some(deed);
        self
    }

    /// Adds a text.
    pub fn text(mut self, words: impl Into<Words>) -> Self {
        self.parts.push(Part::Text(words.into()));
        self
    }

    /// Adds elements: one, an `Option`, or a list.
    pub fn with(mut self, elements: impl IntoIterator<Item = Self>) -> Self {
        self.parts.extend(elements.into_iter().map(Part::El));
        self
    }

    /// Adds one element.
    pub fn and(self, element: Self) -> Self {
        self.with([element])
    }

    /// Adds those that are there, with a space before each but the first: where they are one name, as in a button, their words do not
    /// run together.
    pub fn apart<const COUNT: usize>(self, elements: [Option<Self>; COUNT]) -> Self {
        elements.into_iter().flatten().fold(self, |all, element| {
            let all = if all.parts.is_empty() { all } else { all.text(" ") };
            all.and(element)
        })
    }
}

impl From<Say> for Words {
    fn from(say: Say) -> Self {
        Self::Say(say)
    }
}

impl From<&Say> for Words {
    fn from(say: &Say) -> Self {
        Self::Say(say.clone())
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&UserText> for Words {
    fn from(text: &UserText) -> Self {
        Self::User(text.clone())
    }
}

#[cfg(test)]
pub mod look {
    //! What a test asks of a tree.

    use super::{El, Part, Words, el};

    /// A page as one tree; every test that has drawn one sees that its names can be read.
    pub fn page<D>(parts: Vec<Part<D>>) -> El<D> {
        let mut root = el("div");
        root.parts = parts;
        assert_eq!(run_together(&root), Vec::<String>::new(), "names whose words run together");
        root
    }

    /// The names whose words run together: a screen reader reads the texts of neighbours as one, whatever room the stylesheet leaves
    /// between them.
    pub fn run_together<D>(root: &El<D>) -> Vec<String> {
        let named = |element: &&El<D>| {
            matches!(element.tag, "a" | "button" | "summary" | "label" | "legend" | "h1" | "h2" | "h3" | "th")
        };
        let says = |part: &Part<D>| matches!(part, Part::El(inner) if !texts(inner).is_empty());
        let pair = |parts: &[Part<D>]| parts.iter().all(says);
        let found = all(root).into_iter().filter(named).filter(|element| element.parts.windows(2).any(pair));
        found.map(|element| texts(element).join("|")).collect()
    }

    /// Every element of the tree, in document order.
    pub fn all<D>(root: &El<D>) -> Vec<&El<D>> {
        let mut found = vec![root];
        for part in &root.parts {
            if let Part::El(inner) = part {
                found.extend(all(inner));
            }
        }
        found
    }

    /// The keys of all sentences, the plain texts and the user's texts, in document order.
    pub fn texts<D>(root: &El<D>) -> Vec<String> {
        let mut found = Vec::new();
        for part in &root.parts {
            match part {
                Part::El(inner) => found.extend(texts(inner)),
                Part::Text(Words::Say(say)) => found.push(say.key.clone()),
                Part::Text(Words::Phrase(key, _)) => found.push((*key).to_owned()),
                Part::Text(Words::Lasted(ms)) => found.push(format!("lasted {ms}")),
                Part::Text(Words::Plain(text)) => found.push(text.clone()),
                Part::Text(Words::User(text)) => found.push(text.reveal().to_owned()),
                Part::Text(Words::Clock(at)) => found.push(format!("clock {at}")),
                Part::Text(Words::Hour(at)) => found.push(format!("hour {at}")),
                Part::Text(Words::Day(at)) => found.push(format!("day {at}")),
                Part::Text(Words::Month(month)) => found.push(format!("month {}", month.name())),
                Part::Text(Words::Size(size)) => found.push(format!("size {size}")),
            }
        }
        found
    }

    /// The value of an attribute.
    pub fn attr<'a, D>(element: &'a El<D>, name: &str) -> Option<&'a str> {
        element.attrs.iter().find(|(at, _)| *at == name).map(|(_, value)| match value {
            Words::Plain(text) => text.as_str(),
            Words::Say(say) => say.key.as_str(),
            _ => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::look::run_together;
    use super::{El, el};

    #[test]
    fn what_is_put_apart_does_not_run_together() {
        let words = || ["Continue in ChatGPT", "typed in for you"].map(|text| el("span").text(text));
        let perhaps = || words().map(Some);
        let button = |inside: El<()>| el("div").and(inside);
        assert_eq!(run_together(&button(el("button").with(words()))), ["Continue in ChatGPT|typed in for you"]);
        assert!(run_together(&button(el("button").apart(perhaps()))).is_empty());
        assert!(run_together(&button(el("button").and(el("svg")).apart(perhaps()))).is_empty());
        assert!(run_together(&button(el("p").with(words()))).is_empty(), "no name");
    }
}
