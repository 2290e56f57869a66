//! Puts a [`tree`](crate::tree) into the document and keeps it up to date: what is the same stays untouched, so focus,
//! selection, scroll positions and opened details survive every change.

use crate::tree::{El, Part, Words};
use gloo_events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use understudy_engine::words::{Arg, Say};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement, Node};

/// The place of a page in its document.
pub struct Stage<D> {
    root: Element,
    document: Document,
    /// What each `data-do` means; its number is the index.
    deeds: Rc<RefCell<Vec<D>>>,
    _listeners: [EventListener; 3],
}

/// What came with a deed.
#[derive(Clone, Debug, Default)]
pub struct Entered {
    /// The text in the field.
    pub value: String,
    /// Whether the box is ticked.
    pub checked: bool,
    /// Whether the user is still typing.
    pub typing: bool,
}

impl<D: Clone + 'static> Stage<D> {
    /// Takes over the element `#page`. `heard` runs inside the user's click, for as long as it does not await.
    pub fn new(heard: impl Fn(D, Entered) + 'static) -> Result<Self, JsValue> {
        let document = web_sys::window().and_then(|window| window.document()).ok_or("no document")?;
        let root = document.get_element_by_id("page").ok_or("no #page")?;
        let deeds: Rc<RefCell<Vec<D>>> = Rc::default();
        let heard = Rc::new(heard);
        let listen = |kind: &'static str| {
            let (deeds, heard) = (Rc::clone(&deeds), Rc::clone(&heard));
            EventListener::new(&root, kind, move |event| {
                let Some((number, entered)) = meant(event, kind) else { return };
                let deed = deeds.borrow().get(number).cloned();
                if let Some(deed) = deed {
                    heard(deed, entered);
                }
            })
        };
        let listeners = [listen("click"), listen("change"), listen("input")];
        Ok(Self { root, document, deeds, _listeners: listeners })
    }

    /// Makes the document show this.
    pub fn show(&self, parts: &[Part<D>]) {
        let focused = self.document.active_element();
        let mut deeds = Vec::new();
        self.fill(&self.root, parts, &mut deeds);
        *self.deeds.borrow_mut() = deeds;
        let _ = self.root.remove_attribute("aria-busy");
        // A node that was moved has lost the focus.
        if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok())
            && focused.is_connected()
            && self.document.active_element().as_deref() != Some(&*focused)
        {
            let _ = focused.focus();
        }
    }

    /// The name of the tab.
    pub fn title(&self, title: &Say) {
        self.document.set_title(&understudy_browser::say(title));
    }

    /// Moves the focus to the element with this id.
    pub fn focus(&self, id: &str) {
        if let Some(element) =
            self.document.get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    }

    fn fill(&self, host: &Element, parts: &[Part<D>], deeds: &mut Vec<D>) {
        let mut next = host.first_child();
        for part in parts {
            let node: Option<Node> = match part {
                Part::Text(text) => self.text(host, next.as_ref(), &resolve(text)),
                Part::El(wanted) => self.element(host, next.as_ref(), wanted, deeds).map(Into::into),
            };
            next = node.and_then(|node| node.next_sibling());
        }
        while let Some(old) = next {
            next = old.next_sibling();
            let _ = host.remove_child(&old);
        }
    }

    fn text(&self, host: &Element, next: Option<&Node>, text: &str) -> Option<Node> {
        if let Some(node) = next.filter(|node| node.node_type() == Node::TEXT_NODE) {
            if node.node_value().as_deref() != Some(text) {
                node.set_node_value(Some(text));
            }
            return Some(node.clone());
        }
        host.insert_before(&self.document.create_text_node(text), next).ok()
    }

    fn element(&self, host: &Element, next: Option<&Node>, wanted: &El<D>, deeds: &mut Vec<D>) -> Option<Element> {
        let element = match reusable(next, wanted) {
            Some(element) => element,
            None => self.create(wanted.tag)?,
        };
        if next != Some(&*element) {
            host.insert_before(&element, next).ok()?;
        }
        if let Some(key) = &wanted.key {
            put(&element, "data-key", key);
        }
        match &wanted.does {
            Some(deed) => {
                put(&element, "data-do", &deeds.len().to_string());
                deeds.push(deed.clone());
            }
            None => {
                let _ = element.remove_attribute("data-do");
            }
        }
        for (name, value) in &wanted.attrs {
            put(&element, name, &resolve(value));
        }
        for name in element.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            let ours = wanted.attrs.iter().any(|(wanted, _)| *wanted == name);
            // `open` belongs to the user, who opens and closes details.
            if !ours && !matches!(name.as_str(), "data-key" | "data-do" | "open") {
                let _ = element.remove_attribute(&name);
            }
        }
        self.field(&element, wanted);
        self.fill(&element, &wanted.parts, deeds);
        Some(element)
    }

    fn create(&self, tag: &str) -> Option<Element> {
        let made = match tag {
            "svg" | "path" => self.document.create_element_ns(Some("http://www.w3.org/2000/svg"), tag),
            _ => self.document.create_element(tag),
        };
        made.ok()
    }

    /// The attributes of a field are only its beginning; what it shows are its properties.
    fn field(&self, element: &Element, wanted: &El<D>) {
        let Some(field) = element.dyn_ref::<HtmlInputElement>() else { return };
        let attr = |name| wanted.attrs.iter().find(|(at, _)| *at == name);
        if matches!(field.type_().as_str(), "checkbox" | "radio") {
            field.set_checked(attr("checked").is_some());
        } else if let Some((_, value)) = attr("value")
            && self.document.active_element().as_ref() != Some(element)
        {
            // Never under the user's hands.
            let value = resolve(value);
            if field.value() != value {
                field.set_value(&value);
            }
        }
    }
}

/// The words as they are shown.
pub fn resolve(words: &Words) -> String {
    match words {
        Words::Say(say) => understudy_browser::say(say),
        Words::Plain(text) => text.clone(),
        Words::User(text) => text.reveal().to_owned(),
        Words::Clock(at) => understudy_browser::clock(*at),
        Words::Size(size) => understudy_browser::say(&sized(*size)),
    }
}

fn sized(size: usize) -> Say {
    if size == 1 {
        return Say::new("page_size_one");
    }
    #[expect(clippy::cast_precision_loss, reason = "no text is longer than 2^53 characters")]
    let number = js_sys::Number::from(size as f64).to_locale_string("default");
    let mut say = Say::new("page_size");
    say.args.push(Arg::Text(String::from(number)));
    say
}

/// The child to go on with: the same key wherever it stands, or the same tag in the same place.
fn reusable<D>(next: Option<&Node>, wanted: &El<D>) -> Option<Element> {
    let mut at = next.cloned();
    if let Some(key) = &wanted.key {
        while let Some(node) = at {
            at = node.next_sibling();
            if let Some(element) = node.dyn_ref::<Element>()
                && element.get_attribute("data-key").as_ref() == Some(key)
                && element.local_name() == wanted.tag
            {
                return Some(element.clone());
            }
        }
        return None;
    }
    let element = at?.dyn_into::<Element>().ok()?;
    (element.local_name() == wanted.tag && !element.has_attribute("data-key")).then_some(element)
}

fn put(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        let _ = element.set_attribute(name, value);
    }
}

/// Which deed an event means: clicks of buttons, changes of fields.
fn meant(event: &Event, kind: &str) -> Option<(usize, Entered)> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let element = target.closest("[data-do]").ok()??;
    let number = element.get_attribute("data-do")?.parse().ok()?;
    match element.dyn_ref::<HtmlInputElement>() {
        None if kind == "click" => {
            (element.get_attribute("aria-disabled").as_deref() != Some("true")).then(|| (number, Entered::default()))
        }
        Some(field) if kind != "click" => {
            let boxed = matches!(field.type_().as_str(), "checkbox" | "radio");
            if boxed && kind == "input" {
                return None;
            }
            Some((number, Entered { value: field.value(), checked: field.checked(), typing: kind == "input" }))
        }
        _ => None,
    }
}
