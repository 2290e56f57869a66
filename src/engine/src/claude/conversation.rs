//! What was said in a loaded conversation, and in an answer that broke off. For pages only: the background never asks.

use super::endpoints::is_uuid;
use super::json::{At, Scalar, Sink, head, walk, word};
use crate::context::{Attachment, Begun, Conversation, Message, Part};
use crate::text::UserText;
use std::collections::BTreeMap;

/// Reads the JSON of a conversation load: the messages of the active branch, the oldest first.
///
/// The tree is flat, over all branches: from the current leaf each message names its parent, up to a parent that is no message.
/// A loop or a gap ends the branch there ([`Conversation::whole`] is false then), an unknown leaf is taken to be the newest message.
/// Blocks of a kind that is not known are left out. `None` if there is no list of messages in the text.
pub fn conversation(body: &str) -> Option<Conversation> {
    let mut tree = Tree::default();
    walk(body, &mut tree);
    if !tree.found {
        return None;
    }
    // One at a time: to collect them would sort them, which is four kilobytes of wasm.
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, one) in tree.messages.iter().enumerate() {
        if let Some(uuid) = one.message.uuid.as_deref() {
            places.insert(uuid, at);
        }
    }
    let place = |uuid: &Option<String>| places.get(uuid.as_deref()?).copied();
    let mut branch = Vec::new();
    let mut seen = vec![false; tree.messages.len()];
    let mut next = place(&tree.leaf).or(tree.messages.len().checked_sub(1));
    let mut whole = true;
    while let Some(at) = next {
        if std::mem::replace(&mut seen[at], true) {
            whole = false;
            break;
        }
        branch.push(at);
        let parent = &tree.messages[at].parent;
        next = place(parent);
        // The first message's parent is a message that never was.
        whole = next.is_some() || parent.as_deref().is_none_or(|parent| parent == SENTINEL);
    }
    let mut messages: Vec<_> = tree.messages.into_iter().map(|one| Some(one.message)).collect();
    let messages = branch.into_iter().rev().filter_map(|at| messages[at].take()).collect();
    Some(Conversation { uuid: tree.uuid, temporary: tree.temporary, messages, whole })
}

/// Reads the events of an answer's stream, the `data` of one a line: its text as far as it came.
///
/// `None` if it came to its end, or if there is no text in it.
pub fn begun_answer(events: &str) -> Option<Begun> {
    let mut begun = Begun::default();
    let mut text = String::new();
    for line in events.lines() {
        let mut event = Event::default();
        walk(line, &mut event);
        match event.kind.as_deref() {
            // Another answer, or the same one from its beginning.
            Some("message_start") => {
                text.clear();
                begun.parent = event.parent;
            }
            Some("content_block_delta") => text.push_str(&event.text),
            Some("message_stop") => return None,
            _ => {}
        }
    }
    begun.text = UserText::new(text.trim_end());
    (!begun.text.is_blank()).then_some(begun)
}

/// Reads the body of a send: what was attached to the prompt, as a message without its words. `None` if nothing of it has a text.
pub fn sent_message(body: &str) -> Option<Message> {
    let mut sent = Sent::default();
    walk(body, &mut sent);
    let message = Message { human: true, attachments: sent.attachments, ..Message::default() };
    message.attachments.iter().any(|one| one.text.is_some()).then_some(message)
}

/// The parent of a conversation's first message.
const SENTINEL: &str = "00000000-0000-4000-8000-000000000000";

#[derive(Default)]
struct Tree {
    uuid: Option<String>,
    temporary: bool,
    leaf: Option<String>,
    found: bool,
    messages: Vec<Node>,
    node: Node,
    block: Block,
    attached: Attachment,
}

#[derive(Default)]
struct Node {
    message: Message,
    parent: Option<String>,
    /// The text of old conversations, beside the blocks.
    plain: String,
}

#[derive(Default)]
struct Block {
    kind: String,
    name: String,
    text: String,
}

fn uuid(value: Scalar<'_>) -> Option<String> {
    value.text().filter(|text| is_uuid(text)).map(str::to_ascii_lowercase)
}

impl Sink for Tree {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top, "uuid") => At::Id,
            (At::Top, "is_temporary") => At::Temporary,
            (At::Top, "current_leaf_message_uuid") => At::Leaf,
            (At::Top, "chat_messages") => {
                self.found = true;
                At::Messages
            }
            (At::TreeMessage, "uuid") => At::Uuid,
            (At::TreeMessage, "sender") => At::Sender,
            (At::TreeMessage, "parent_message_uuid") => At::Parent,
            (At::TreeMessage, "text") => At::Message,
            (At::TreeMessage, "content") => At::Content,
            (At::TreeMessage, "attachments") => At::Attachments,
            (At::TreeMessage, "files") => At::Files,
            (At::Block, "type") => At::BlockKind,
            (At::Block, "text") => At::Text,
            (At::Block, "name") => At::BlockName,
            (At::Attachment | At::File, "file_name") => At::FileName,
            (At::Attachment, "extracted_content") => At::Extracted,
            _ => At::Skip,
        }
    }

    fn item(&mut self, at: At) -> At {
        match at {
            At::Messages => At::TreeMessage,
            At::Content => At::Block,
            At::Attachments => At::Attachment,
            At::Files => At::File,
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        let text = || value.text().unwrap_or_default();
        match at {
            At::Id => self.uuid = uuid(value),
            At::Leaf => self.leaf = uuid(value),
            At::Temporary => self.temporary = matches!(value, Scalar::Bool(true)),
            At::Uuid => self.node.message.uuid = uuid(value),
            At::Parent => self.node.parent = uuid(value),
            At::Sender => self.node.message.human = value.text() == Some("human"),
            At::Message => text().clone_into(&mut self.node.plain),
            At::BlockKind => text().clone_into(&mut self.block.kind),
            At::BlockName => self.block.name = word(text()).unwrap_or_default(),
            At::Text => text().clone_into(&mut self.block.text),
            At::FileName => head(text(), 256).clone_into(&mut self.attached.name),
            At::Extracted => self.attached.text = Some(UserText::new(text())).filter(|text| !text.is_blank()),
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        match at {
            At::Block => {
                let Block { kind, name, text } = std::mem::take(&mut self.block);
                let parts = &mut self.node.message.parts;
                match kind.as_str() {
                    "text" if !text.trim().is_empty() => parts.push(Part::Text(UserText::new(text))),
                    // One mark for a tool, whatever it was given and whatever it gave back.
                    "tool_use" => parts.push(Part::Tool(name)),
                    _ => {}
                }
            }
            At::Attachment | At::File => {
                let attached = std::mem::take(&mut self.attached);
                if !attached.name.is_empty() || attached.text.is_some() {
                    self.node.message.attachments.push(attached);
                }
            }
            At::TreeMessage => {
                let mut node = std::mem::take(&mut self.node);
                if node.message.parts.is_empty() && !node.plain.trim().is_empty() {
                    node.message.parts.push(Part::Text(UserText::new(std::mem::take(&mut node.plain))));
                }
                // What has neither is no message.
                if node.message.uuid.is_some() || !node.message.parts.is_empty() {
                    self.messages.push(node);
                }
            }
            _ => {}
        }
    }
}

/// The attachments of a send.
#[derive(Default)]
struct Sent {
    attachments: Vec<Attachment>,
    attached: Attachment,
}

impl Sink for Sent {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top, "attachments") => At::Attachments,
            (At::Attachment, "file_name") => At::FileName,
            (At::Attachment, "extracted_content") => At::Extracted,
            _ => At::Skip,
        }
    }

    fn item(&mut self, at: At) -> At {
        if at == At::Attachments { At::Attachment } else { At::Skip }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        let text = value.text().unwrap_or_default();
        match at {
            At::FileName => head(text, 256).clone_into(&mut self.attached.name),
            At::Extracted => self.attached.text = Some(UserText::new(text)).filter(|text| !text.is_blank()),
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        if at == At::Attachment {
            self.attachments.push(std::mem::take(&mut self.attached));
        }
    }
}

/// One event of an answer's stream, as far as its text goes.
#[derive(Default)]
struct Event {
    kind: Option<String>,
    parent: Option<String>,
    text: String,
}

impl Sink for Event {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top, "type") => At::Kind,
            (At::Top, "message") => At::Message,
            (At::Message, "parent_uuid") => At::Parent,
            (At::Top, "delta") => At::Delta,
            // Thinking and the inputs of tools come under other names.
            (At::Delta, "text") => At::Text,
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        match at {
            At::Kind => self.kind = value.text().map(str::to_owned),
            At::Parent => self.parent = uuid(value),
            At::Text => value.text().unwrap_or_default().clone_into(&mut self.text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SENTINEL, begun_answer, conversation, sent_message};
    use crate::context::{Conversation, Part};
    use crate::text::UserText;
    use serde_json::{Value, json};

    fn id(number: usize) -> String {
        format!("019f3e54-0000-7000-8000-{number:012}")
    }

    fn message(number: usize, parent: &str, text: &str) -> Value {
        let sender = if number % 2 == 1 { "human" } else { "assistant" };
        json!({"uuid": id(number), "text": "", "sender": sender, "index": number, "parent_message_uuid": parent,
               "content": [{"type": "text", "text": text, "citations": []}], "attachments": [], "files": []})
    }

    fn load(leaf: usize, messages: &[Value]) -> Conversation {
        let body = json!({"uuid": id(0), "current_leaf_message_uuid": id(leaf), "is_temporary": false, "chat_messages": messages});
        conversation(&body.to_string()).expect("a conversation")
    }

    fn said(conversation: &Conversation) -> Vec<String> {
        let text = |part: &Part| match part {
            Part::Text(text) => text.reveal().to_owned(),
            Part::Tool(name) => format!("<{name}>"),
        };
        conversation.messages.iter().map(|one| one.parts.iter().map(text).collect::<Vec<_>>().join("|")).collect()
    }

    #[test]
    fn the_texts_of_attachments_are_read_from_the_body_of_a_send() {
        let body = json!({"prompt": "p", "extracted_content": "no", "attachments": [
            {"file_name": "a.txt", "extracted_content": "one\n\u{1f9d1}", "kind": "file"},
            {"file_name": "b.txt", "extracted_content": ""}, 7, null, {"extracted_content": "pasted"}],
            "files": ["f"], "turn_message_uuids": {"attachments": [{"extracted_content": "no"}]}});
        let sent = sent_message(&body.to_string()).expect("texts");
        let texts: Vec<_> =
            sent.attachments.iter().map(|one| (one.name.as_str(), one.text.as_ref().map(UserText::reveal))).collect();
        assert_eq!(texts, [("a.txt", Some("one\n\u{1f9d1}")), ("b.txt", None), ("", Some("pasted"))]);
        for none in ["", "{}", "[]", r#"{"attachments":[]}"#, r#"{"attachments":[{"file_name":"a"}]}"#] {
            assert_eq!(sent_message(none), None, "{none}");
        }
        // Of a body that was cut off, what stands before the cut.
        let whole = body.to_string();
        let cut = sent_message(&whole[..whole.find("b.txt").unwrap()]).expect("the first one");
        assert_eq!(cut.attachments[0].name, "a.txt");
    }

    #[test]
    fn only_the_active_branch_is_read_in_its_order() {
        // 1 → 2 → 3 → 4, and another answer 6 with what followed it, 7; in the order in which they were made.
        let messages = [
            message(1, SENTINEL, "one"),
            message(2, &id(1), "two"),
            message(3, &id(2), "three"),
            message(4, &id(3), "four"),
            message(6, &id(1), "six"),
            message(7, &id(6), "seven"),
        ];
        assert_eq!(said(&load(4, &messages)), ["one", "two", "three", "four"]);
        let other = load(7, &messages);
        assert_eq!(said(&other), ["one", "six", "seven"]);
        assert_eq!(other.messages.iter().map(|one| one.human).collect::<Vec<_>>(), [true, false, true]);
        assert!(other.whole && other.uuid == Some(id(0)));
        // A leaf that is not there.
        assert_eq!(said(&load(99, &messages)), ["one", "six", "seven"]);
    }

    #[test]
    fn blocks_and_attachments_of_every_kind() {
        let mut asked = message(1, SENTINEL, "look");
        asked["attachments"] =
            json!([{"file_name": "a.txt", "extracted_content": "inside"}, {"file_name": "b.bin"}, 7, {}]);
        asked["files"] = json!([{"file_name": "c.png", "preview_url": "x"}, "019f3f53-8769-75de-b0ed-6b9ca8c59b6c"]);
        let mut answer = message(2, &id(1), "");
        answer["content"] = json!([
            {"type": "thinking", "thinking": "secret thoughts", "text": "no"},
            {"type": "text", "text": "before"},
            {"type": "tool_use", "name": "web_search", "input": {"text": "no"}},
            {"type": "tool_result", "name": "web_search", "content": [{"type": "text", "text": "no"}]},
            {"type": "tool_result", "content": "no"},
            {"type": "token_budget", "text": "no"}, {"type": "of tomorrow", "text": "no"}, 7, null, "x", [],
            {"type": "text", "text": "after"},
            {"type": "text", "text": 7}, {"type": "text"}
        ]);
        let mut old = message(3, &id(2), "");
        old["content"] = Value::Null;
        old["text"] = json!("of 2024");
        let read = load(3, &[asked, answer, old]);
        assert_eq!(said(&read), ["look", "before|<web_search>|after", "of 2024"]);
        let attached: Vec<_> = read.messages[0]
            .attachments
            .iter()
            .map(|one| (one.name.as_str(), one.text.as_ref().map(UserText::reveal)))
            .collect();
        assert_eq!(attached, [("a.txt", Some("inside")), ("b.bin", None), ("c.png", None)]);
    }

    #[test]
    fn loops_and_gaps_end_the_branch() {
        let own = [message(1, &id(1), "own parent")];
        assert_eq!((said(&load(1, &own)), load(1, &own).whole), (vec!["own parent".to_owned()], false));
        let round = [message(1, &id(3), "one"), message(2, &id(1), "two"), message(3, &id(2), "three")];
        assert_eq!((said(&load(3, &round)).len(), load(3, &round).whole), (3, false));
        let gap = [message(1, SENTINEL, "one"), message(4, &id(3), "four"), message(5, &id(4), "five")];
        assert_eq!((said(&load(5, &gap)), load(5, &gap).whole), (vec!["four".to_owned(), "five".to_owned()], false));
        // Two with one id.
        let twice = [message(1, SENTINEL, "first"), message(1, SENTINEL, "second"), message(2, &id(1), "two")];
        assert_eq!(said(&load(2, &twice)), ["second", "two"]);
        assert!(load(1, &[]).messages.is_empty());
    }

    #[test]
    fn ten_thousand_messages_are_one_walk() {
        let messages: Vec<Value> =
            (1..=10_000).map(|n| message(n, &if n == 1 { SENTINEL.to_owned() } else { id(n - 1) }, "said")).collect();
        let read = load(10_000, &messages);
        assert!(read.whole && read.messages.len() == 10_000 && read.messages[9_999].uuid == Some(id(10_000)));
    }

    #[test]
    fn drift_costs_what_has_drifted() {
        for body in ["", "{}", "[]", "<html>", "null", r#"{"uuid":"x"}"#, r#"{"chat":[{"chat_messages":[]}]}"#] {
            assert!(conversation(body).is_none(), "{body}");
        }
        for body in [
            r#"{"chat_messages":null}"#,
            r#"{"chat_messages":{"a":1}}"#,
            r#"{"chat_messages":[7,"x",null,[]],"current_leaf_message_uuid":{"a":[]}}"#,
        ] {
            assert!(conversation(body).is_some_and(|read| read.messages.is_empty()), "{body}");
        }
        let body = json!({"chat_messages": [message(1, SENTINEL, "one"), message(2, &id(1), "two")]}).to_string();
        for cut in 0..body.len() {
            let _ = conversation(&body[..cut]);
        }
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_came() {
        let start = format!(r#"{{"type":"message_start","message":{{"parent_uuid":"{}","content":[]}}}}"#, id(1));
        let delta = |text: &str| {
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
                .to_string()
        };
        let thinking = r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"no"}}"#;
        let events =
            [&start, &delta("Once "), thinking, "{cut", &delta("upon\na 🧑‍💻 \n")].map(|line: &str| line).join("\n");
        let begun = begun_answer(&events).expect("a beginning");
        assert_eq!((begun.text.reveal(), begun.parent), ("Once upon\na 🧑‍💻", Some(id(1))));
        // An answer that is whole is no beginning, and another one begins anew.
        assert_eq!(begun_answer(&format!("{events}\n{}", r#"{"type":"message_stop"}"#)), None);
        let again = begun_answer(&[events.as_str(), &start, &delta("new")].join("\n")).expect("another");
        assert_eq!(again.text.reveal(), "new");
        assert_eq!(begun_answer(""), None);
        assert_eq!(begun_answer(&start), None);
    }
}
