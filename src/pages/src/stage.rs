//! Puts a [`tree`](crate::tree) into the document and keeps it up to date: what is the same stays untouched, so focus,
//! selection, scroll positions and opened details survive every change.

use crate::tree::{Look, Part, Parts, Seen, Words};
use gloo_events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use understudy_engine::words::{Arg, Say};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Node, NodeList};

/// The place of a page in its document.
pub struct Stage<D> {
    boards: Boards,
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
        Ok(Self { boards: Boards { root, document }, deeds, _listeners: listeners })
    }

    /// Makes the document show this.
    pub fn show(&self, parts: &[Part<D>]) {
        let mut deeds = Vec::new();
        collect(parts, &mut deeds);
        self.boards.show(&parts);
        *self.deeds.borrow_mut() = deeds;
    }

    /// The name of the tab, and the language of the page, in which that is.
    pub fn title(&self, title: &Say) {
        let document = &self.boards.document;
        document.set_title(&understudy_browser::say(title));
        if let Some(html) = document.document_element() {
            for (name, key) in [("lang", "ext_language"), ("dir", "ext_direction")] {
                put(&html, name, &understudy_browser::say(&Say::new(key)));
            }
        }
    }

    /// Moves the focus to the element with this id.
    pub fn focus(&self, id: &str) {
        self.boards.focus(id);
    }
}

/// Every deed, in the order of the document.
fn collect<D: Clone>(parts: &[Part<D>], deeds: &mut Vec<D>) {
    for part in parts {
        if let Part::El(element) = part {
            deeds.extend(element.does.clone());
            collect(&element.parts, deeds);
        }
    }
}

/// The document and our place in it. It knows of no deeds but their numbers, so that every page has the same code.
struct Boards {
    root: Element,
    document: Document,
}

impl Boards {
    fn show(&self, parts: &dyn Parts) {
        let (focused, stops) = (self.document.active_element(), self.root.query_selector_all("[data-do]"));
        self.fill(&self.root, parts, &mut 0);
        if self.root.has_attribute("aria-busy") {
            let _ = self.root.remove_attribute("aria-busy");
            // From here on the page is of use: `cargo xtask bench popup` reads how long that took.
            let performance = web_sys::window().and_then(|window| window.performance());
            let _ = performance.map(|performance| performance.mark("drawn"));
        }
        if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok())
            && self.document.active_element().as_deref() != Some(&*focused)
        {
            if focused.is_connected() {
                // A node that was moved has lost it.
                let _ = focused.focus();
            } else if let Ok(stops) = stops {
                self.hand_on(&focused, &stops);
            }
        }
    }

    /// What is gone leaves the focus to what stood before it, not to what stands in its place: Enter may still be held.
    fn hand_on(&self, gone: &Node, stops: &NodeList) {
        let place = (0..stops.length()).find(|at| stops.get(*at).as_ref() == Some(gone)).unwrap_or_default();
        let before = (0..place).rev().filter_map(|at| stops.get(at)).filter(Node::is_connected);
        let first = self.root.query_selector("[data-do]").ok().flatten().map(Node::from);
        for one in before.chain(first).filter_map(|one| one.dyn_into::<HtmlElement>().ok()) {
            let _ = one.focus();
            if self.document.active_element().is_some_and(|one| one.has_attribute("data-do")) {
                return;
            }
        }
    }

    fn focus(&self, id: &str) {
        if let Some(element) =
            self.document.get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    }

    /// `deeds` is the number of those that stand before this.
    fn fill(&self, host: &Element, parts: &dyn Parts, deeds: &mut usize) {
        let mut next = host.first_child();
        let mut index = 0;
        while let Some(part) = parts.at(index) {
            let node: Option<Node> = match part {
                Seen::Text(text) => self.text(host, next.as_ref(), &resolve(text)),
                Seen::El(wanted) => self.element(host, next.as_ref(), &wanted, deeds).map(Into::into),
            };
            next = node.and_then(|node| node.next_sibling());
            index += 1;
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

    fn element(&self, host: &Element, next: Option<&Node>, wanted: &Look<'_>, deeds: &mut usize) -> Option<Element> {
        let element = match reusable(next, wanted) {
            Some(element) => element,
            None => self.create(wanted.tag)?,
        };
        if next != Some(&*element) {
            host.insert_before(&element, next).ok()?;
        }
        if let Some(key) = wanted.key {
            put(&element, "data-key", key);
        }
        if wanted.does {
            put(&element, "data-do", &deeds.to_string());
            *deeds += 1;
        } else {
            let _ = element.remove_attribute("data-do");
        }
        for (name, value) in wanted.attrs {
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
        self.fill(&element, wanted.parts, deeds);
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
    fn field(&self, element: &Element, wanted: &Look<'_>) {
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
        Words::Phrase(key, args) => {
            let args = args.iter().map(|words| Arg::Text(resolve(words))).collect();
            understudy_browser::say(&Say { key: (*key).to_owned(), args })
        }
        Words::Plain(text) => text.clone(),
        Words::User(text) => text.reveal().to_owned(),
        Words::Clock(at) => understudy_browser::clock(*at),
        Words::Hour(at) => understudy_browser::hour(*at),
        Words::Day(at) => understudy_browser::day(*at),
        Words::Lasted(ms) => understudy_browser::lasted(*ms),
        Words::Month(month) => understudy_browser::month(month.start()),
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
fn reusable(next: Option<&Node>, wanted: &Look<'_>) -> Option<Element> {
    let mut at = next.cloned();
    if let Some(key) = wanted.key {
        while let Some(node) = at {
            at = node.next_sibling();
            if let Some(element) = node.dyn_ref::<Element>()
                && element.get_attribute("data-key").as_deref() == Some(key)
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
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        let entered = Entered { value: area.value(), checked: false, typing: kind == "input" };
        return (kind != "click").then_some((number, entered));
    }
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

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::{Entered, Stage};
    use crate::stand_in::{install, js};
    use crate::tree::{El, Part, Words, el, say};
    use std::cell::RefCell;
    use std::rc::Rc;
    use understudy_engine::UserText;
    use understudy_engine::words::Say;
    use wasm_bindgen::JsValue;
    use wasm_bindgen_test::wasm_bindgen_test;

    type Heard = Rc<RefCell<Vec<(u8, Entered)>>>;

    /// A stage on an empty page, and what it hears.
    fn stage() -> (Stage<u8>, Heard) {
        install();
        crate::stand_in::page();
        let heard = Heard::default();
        let hearing = Rc::clone(&heard);
        (Stage::new(move |deed, entered| hearing.borrow_mut().push((deed, entered))).unwrap(), heard)
    }

    fn show(stage: &Stage<u8>, elements: Vec<El<u8>>) {
        stage.show(&elements.into_iter().map(Part::El).collect::<Vec<_>>());
    }

    /// What a JavaScript expression about `page`, the page's root, comes to.
    fn seen(expression: &str) -> JsValue {
        js(&format!("((page) => {expression})(document.getElementById('page'))"))
    }

    fn html() -> String {
        seen("page.innerHTML").as_string().unwrap()
    }

    #[wasm_bindgen_test]
    fn a_tree_becomes_elements_with_their_names() {
        let (stage, _) = stage();
        let mark = el("svg").attr("viewBox", "0 0 16 16").attr("aria-hidden", "true").and(el("path").attr("d", "M0 0"));
        show(
            &stage,
            vec![
                el("main")
                    .and(el("h2").attr("id", "t").text(say("page_way")))
                    .and(el("section").attr("aria-labelledby", "t").and(mark))
                    .and(
                        el("p")
                            .attr("role", "status")
                            .text(Say::new("page_open_in").text("Le Chat"))
                            .text(Words::Size(1)),
                    ),
            ],
        );
        assert_eq!(
            html(),
            "<main><h2 id=\"t\">Go on elsewhere</h2><section aria-labelledby=\"t\"><svg viewBox=\"0 0 16 16\" \
             aria-hidden=\"true\"><path d=\"M0 0\"></path></svg></section><p role=\"status\">Open Le Chat1 character</p></main>"
        );
        assert_eq!(seen("page.querySelector('path').namespaceURI"), "http://www.w3.org/2000/svg");
        assert_eq!(seen("page.querySelector('h2').namespaceURI"), "http://www.w3.org/1999/xhtml");
        assert_eq!(seen("page.hasAttribute('aria-busy')"), false);
        stage.title(&say("page_title_options"));
        assert_eq!(js("document.title"), "Options");
    }

    #[wasm_bindgen_test]
    fn the_document_has_the_language_and_direction_of_the_words() {
        let browser = install();
        crate::stand_in::page();
        browser.replace("i18n.getMessage", "(key) => ({ ext_language: 'ar', ext_direction: 'rtl' })[key] ?? ''");
        let set = || js("`${document.documentElement.lang} ${document.documentElement.dir}`");
        let stage = Stage::<u8>::new(|_, _| {}).unwrap();
        stage.title(&say("page_title_options"));
        assert_eq!(set(), "ar rtl");
        drop(stage);
        self::stage().0.title(&say("page_title_options"));
        assert_eq!(set(), "en ltr");
    }

    #[wasm_bindgen_test]
    fn a_sentence_takes_what_gets_its_form_here() {
        let (stage, _) = stage();
        let wait = vec![Words::Lasted(1_200_000), Words::Lasted(10_800_000), Words::Say(say("page_chance_half"))];
        show(&stage, vec![el("p").text(Words::Phrase("page_wait", wait)).text(Words::Lasted(-40_000))]);
        let said = "Probably 20 min to 3 hr more; about half of such outages end within the hour.-40 sec";
        assert_eq!(seen("page.textContent"), said);
    }

    #[wasm_bindgen_test]
    fn text_stays_text_whatever_it_looks_like() {
        let (stage, _) = stage();
        // Every way of making elements from text is closed: whoever takes one of them breaks this test.
        js("globalThis.ways = []");
        js(
            "Object.assign(globalThis, { kept: ['innerHTML', 'outerHTML'].map((name) => [name, Object.getOwnPropertyDescriptor(Element.prototype, name)]) })",
        );
        js(
            "kept.forEach(([name, { get }]) => Object.defineProperty(Element.prototype, name, { configurable: true, get, set() { ways.push(name); } }))",
        );
        js("globalThis.keptInsert = Element.prototype.insertAdjacentHTML");
        js("Element.prototype.insertAdjacentHTML = () => { ways.push('insertAdjacentHTML'); }");
        let texts = [
            "</script><script>globalThis.ways.push('script')</script>",
            "<img src=x onerror=\"globalThis.ways.push('img')\">",
            "\u{202e}gnp.exe\u{202c} שלום <b>bold</b>",
            "&lt;&amp;&#x3c;",
            "]]><!-- -->",
            "a\u{0}b\u{feff}c\r\nd\t",
        ];
        for text in texts {
            show(
                &stage,
                vec![
                    el("p")
                        .attr("dir", "auto")
                        .attr("aria-label", Words::User(UserText::new(text)))
                        .text(Words::User(UserText::new(text))),
                    el("q").text(Say::new("page_choose").text(text)),
                ],
            );
            assert_eq!(seen("page.querySelector('p').textContent"), text);
            assert_eq!(seen("page.querySelector('p').getAttribute('aria-label')"), text);
            assert_eq!(seen("page.querySelector('q').textContent"), format!("Hand over: {text}"));
            assert_eq!(seen("page.querySelectorAll('*').length"), 2, "{text}");
        }
        // Right-to-left text turns its own line and no other.
        show(&stage, vec![el("p").attr("dir", "auto").text("שלום world"), el("p").attr("dir", "auto").text("hello")]);
        assert_eq!(seen("getComputedStyle(page.children[0]).direction"), "rtl");
        assert_eq!(seen("getComputedStyle(page.children[1]).direction"), "ltr");
        js("kept.forEach(([name, way]) => Object.defineProperty(Element.prototype, name, way))");
        js("Element.prototype.insertAdjacentHTML = keptInsert");
        assert_eq!(js("ways.join()"), "");
    }

    fn rows(keys: &[&str]) -> El<u8> {
        el("ul").with(keys.iter().map(|key| {
            el("li").key(*key).and(el("button").attr("id", format!("b-{key}")).text(*key).does(key.as_bytes()[0]))
        }))
    }

    #[wasm_bindgen_test]
    fn the_focus_stays_where_it_was() {
        let (stage, _) = stage();
        show(&stage, vec![rows(&["a", "b", "c"])]);
        stage.focus("b-b");
        js("globalThis.held = document.activeElement");
        for order in [&["a", "b", "c"][..], &["c", "b", "a"], &["b"], &["x", "y", "b", "z"]] {
            show(&stage, vec![rows(order)]);
            assert_eq!(seen("document.activeElement === held && held.id"), "b-b", "{order:?}");
            let shown = seen("[...page.querySelectorAll('button')].map((b) => b.textContent).join()");
            assert_eq!(shown, order.join(","));
        }
        // What is gone leaves it to what stood before it, if that is still there and can be seen.
        show(&stage, vec![rows(&["a", "z"])]);
        assert_eq!(seen("document.activeElement.id"), "b-a", "nothing did");
        // Not to what moves up: it would be pressed as well.
        let pair = |keys: &[&str]| {
            let button = |name: &str| el("button").attr("id", name.to_owned()).text(name).does(3);
            el("ul").with(
                keys.iter().map(|key| el("li").key(*key).with(["box", "never"].map(|b| button(&format!("{key}-{b}"))))),
            )
        };
        show(&stage, vec![pair(&["a", "b", "c"])]);
        stage.focus("b-never");
        show(&stage, vec![pair(&["a", "c"])]);
        assert_eq!(seen("document.activeElement.id"), "a-never");
        let hidden = el("button").attr("hidden", "").text("y").does(1);
        show(&stage, vec![rows(&["a"]), hidden, el("p").and(el("button").attr("id", "last").text("c").does(2))]);
        stage.focus("last");
        show(&stage, vec![rows(&["a"]), el("button").attr("hidden", "").text("y").does(1)]);
        assert_eq!(seen("document.activeElement.id"), "b-a");
    }

    #[wasm_bindgen_test]
    fn nothing_is_changed_under_the_hands_of_the_user() {
        let (stage, _) = stage();
        let page = |typed: &str, ticked: bool, notice: &str| {
            vec![
                el("p").attr("role", "status").text(notice),
                el("input").attr("type", "text").attr("id", "one").attr("value", typed).does(1),
                el("input").attr("type", "text").attr("id", "two").attr("value", typed).does(2),
                el("input").attr("type", "checkbox").attr("id", "box").flag("checked", ticked).does(3),
                el("details").and(el("summary").text("more")).and(el("p").text("inside")),
            ]
        };
        show(&stage, page("stored", false, "first"));
        stage.focus("one");
        js("document.getElementById('one').value = 'half a wo'");
        js("document.getElementById('one').setSelectionRange(2, 5)");
        js("document.querySelector('#page details').open = true");
        show(&stage, page("changed elsewhere", true, "second"));
        assert_eq!(seen("page.querySelector('#one').value"), "half a wo");
        assert_eq!(
            seen("`${page.querySelector('#one').selectionStart} ${page.querySelector('#one').selectionEnd}`"),
            "2 5"
        );
        assert_eq!(seen("page.querySelector('#two').value"), "changed elsewhere");
        assert_eq!(seen("page.querySelector('#box').checked"), true);
        assert_eq!(seen("page.querySelector('details').open"), true);
        assert_eq!(seen("page.querySelector('p').textContent"), "second");
        // What the user ticked goes by what is stored, as soon as it is drawn again.
        js("document.getElementById('box').checked = false");
        show(&stage, page("changed elsewhere", true, "second"));
        assert_eq!(seen("page.querySelector('#box').checked"), true);
        show(&stage, page("changed elsewhere", false, "second"));
        assert_eq!(seen("page.querySelector('#box').checked"), false);
    }

    #[wasm_bindgen_test]
    fn the_same_again_touches_nothing_and_a_change_only_its_place() {
        let (stage, _) = stage();
        let page = |headline: &str| {
            vec![
                el("header").attr("aria-live", "polite").and(el("h1").text(headline)).and(el("p").text("advice")),
                rows(&["a", "b"]),
            ]
        };
        show(&stage, page("Claude works"));
        js("globalThis.observer = new MutationObserver(() => {})");
        js(
            "observer.observe(document.getElementById('page'), { subtree: true, childList: true, characterData: true, attributes: true })",
        );
        let told =
            || js("observer.takeRecords().map((one) => `${one.type} ${one.target.parentNode.localName}`).join()");
        show(&stage, page("Claude works"));
        assert_eq!(told(), "");
        show(&stage, page("Claude is down"));
        assert_eq!(told(), "characterData h1");
        show(&stage, page("Claude is down"));
        assert_eq!(told(), "");
        js("observer.disconnect()");
    }

    #[wasm_bindgen_test]
    fn an_element_of_another_kind_is_a_new_one() {
        let (stage, _) = stage();
        show(&stage, vec![el("p").class("old").attr("id", "x").text("a").and(el("b").text("b"))]);
        show(&stage, vec![el("div").text("c")]);
        assert_eq!(html(), "<div>c</div>");
        show(&stage, vec![el("p").attr("title", "t").and(el("b").text("b"))]);
        show(&stage, vec![el("p").text("text")]);
        assert_eq!(html(), "<p>text</p>");
        show(&stage, vec![]);
        assert_eq!(html(), "");
    }

    #[wasm_bindgen_test]
    fn a_deed_is_heard_once_and_only_from_what_does_it() {
        let (stage, heard) = stage();
        show(
            &stage,
            vec![
                el("button").attr("id", "a").and(el("span").attr("id", "inner").text("a")).does(1),
                el("button").attr("id", "off").attr("aria-disabled", "true").text("b").does(2),
                el("p").attr("id", "plain").text("c"),
                el("input").attr("type", "text").attr("id", "field").does(3),
                el("input").attr("type", "checkbox").attr("id", "box").does(4),
            ],
        );
        js("['a', 'inner', 'off', 'plain', 'field', 'box'].forEach((id) => document.getElementById(id).click())");
        js("document.getElementById('field').value = '</script>'");
        js(
            "['input', 'change'].forEach((type) => document.getElementById('field').dispatchEvent(new Event(type, { bubbles: true })))",
        );
        let heard = heard.take();
        let deeds: Vec<(u8, &str, bool, bool)> = heard
            .iter()
            .map(|(deed, entered)| (*deed, entered.value.as_str(), entered.checked, entered.typing))
            .collect();
        assert_eq!(
            deeds,
            [
                (1, "", false, false),
                (1, "", false, false),
                (4, "on", true, false),
                (3, "</script>", false, true),
                (3, "</script>", false, false),
            ]
        );
    }

    #[wasm_bindgen_test]
    fn a_deed_that_a_script_wrote_into_the_page_is_nothing() {
        let (stage, heard) = stage();
        show(&stage, vec![el("button").attr("id", "a").text("a").does(1)]);
        for number in ["1", "-1", "x", "", "99999999999999999999"] {
            js(&format!("document.getElementById('a').setAttribute('data-do', '{number}')"));
            js("document.getElementById('a').click()");
        }
        assert!(heard.borrow().is_empty());
        drop(stage);
        js("document.getElementById('a').setAttribute('data-do', '0')");
        js("document.getElementById('a').click()");
        assert!(heard.borrow().is_empty(), "a stage that is gone hears nothing");
    }

    #[wasm_bindgen_test]
    fn without_its_place_there_is_no_stage() {
        install();
        js("document.getElementById('page')?.remove()");
        assert!(Stage::<u8>::new(|_, _| {}).is_err());
    }
}
