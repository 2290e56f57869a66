//! The prompt in a completion request, and the proof in a conversation's tree that it arrived.

use super::Send;
use super::endpoints::is_uuid;
use super::json::{At, Scalar, Sink, head, walk, word};
use crate::text::UserText;

/// The prompt in the body of a completion request; `None` if there is no `prompt` in it.
///
/// Only `prompt` is needed: whatever else has drifted, is missing or is cut off must not lose what a person wrote.
pub fn parse_send(body: &[u8]) -> Option<Send> {
    let mut found = Found::default();
    walk(body_text(body), &mut found);
    found.prompt.then_some(found.send)
}

/// The text of a request's body, as far as it is text: one that was cut inside a character is still a body.
pub fn body_text(body: &[u8]) -> &str {
    match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            body.get(..error.valid_up_to()).and_then(|sound| std::str::from_utf8(sound).ok()).unwrap_or_default()
        }
    }
}

/// The UUIDs of the messages that a person wrote in a loaded conversation, over all branches, in the order of the list; the
/// newest 1,000. The list is flat, so no loop in the tree can catch us; of a tree cut off, what stands before the cut.
pub fn human_messages(body: &str) -> Vec<String> {
    let mut tree = Tree::default();
    walk(body, &mut tree);
    tree.human
}

const MAX_ATTACHMENTS: usize = 100;
const MAX_MESSAGES: usize = 1_000;

#[derive(Default)]
struct Found {
    send: Send,
    prompt: bool,
}

impl Found {
    fn attach(&mut self, name: &str) {
        if self.send.attachments.len() < MAX_ATTACHMENTS {
            self.send.attachments.push(head(name, 256).to_owned());
        }
    }
}

impl Sink for Found {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top, "prompt") => At::Prompt,
            (At::Top | At::Create, "model") => At::Model,
            (At::Top, "turn_message_uuids") => At::Turn,
            (At::Top, "parent_message_uuid") => At::Parent,
            (At::Top, "attachments") => At::Attachments,
            (At::Top, "files") => At::Files,
            (At::Top, "create_conversation_params") => {
                self.send.first = true;
                At::Create
            }
            (At::Create, "is_temporary") => At::Temporary,
            (At::Turn, "human_message_uuid") => At::HumanUuid,
            (At::Attachment, "file_name") => At::FileName,
            (At::Attachment, "extracted_content") => At::Extracted,
            _ => At::Skip,
        }
    }

    fn item(&mut self, at: At) -> At {
        match at {
            At::Attachments => At::Attachment,
            At::Files => At::File,
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        match (at, value) {
            (At::Prompt, Scalar::Text(text)) => {
                self.prompt = true;
                self.send.prompt = UserText::new(text);
            }
            (At::Model, Scalar::Text(text)) => self.send.model = word(text).or(self.send.model.take()),
            (At::HumanUuid, Scalar::Text(text)) => {
                self.send.human_message = is_uuid(text).then(|| text.to_ascii_lowercase());
            }
            (At::Parent, Scalar::Text(text)) => self.send.parent = is_uuid(text).then(|| text.to_ascii_lowercase()),
            (At::Temporary, Scalar::Bool(value)) => self.send.temporary = value,
            (At::FileName, Scalar::Text(name)) => self.attach(name),
            (At::Extracted, Scalar::Text(text)) => self.send.inside |= !text.is_empty(),
            (At::File, Scalar::Text(_)) => self.attach("file"),
            // `null` instead of the parameters means that there are none.
            (At::Create, Scalar::Null) => self.send.first = false,
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        if at == At::File {
            self.attach("file");
        }
    }
}

#[derive(Default)]
struct Tree {
    human: Vec<String>,
    uuid: Option<String>,
    is_human: bool,
}

impl Sink for Tree {
    fn key(&mut self, at: At, key: &str) -> At {
        match (at, key) {
            (At::Top, "chat_messages") => At::Messages,
            (At::TreeMessage, "uuid") => At::Uuid,
            (At::TreeMessage, "sender") => At::Sender,
            _ => At::Skip,
        }
    }

    fn item(&mut self, at: At) -> At {
        if at == At::Messages { At::TreeMessage } else { At::Skip }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        match at {
            At::Uuid => self.uuid = value.text().filter(|t| is_uuid(t)).map(str::to_ascii_lowercase),
            At::Sender => self.is_human = value.text() == Some("human"),
            _ => {}
        }
    }

    fn close(&mut self, at: At) {
        if at == At::TreeMessage {
            let uuid = self.uuid.take();
            if std::mem::take(&mut self.is_human)
                && let Some(uuid) = uuid
            {
                if self.human.len() >= MAX_MESSAGES {
                    self.human.remove(0);
                }
                self.human.push(uuid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{human_messages, parse_send};

    const FIRST: &str = r#"{"prompt":"hi \"you\"\n</script> 😀","timezone":"America/New_York","model":"claude-opus-4-8","tools":[],
        "turn_message_uuids":{"human_message_uuid":"019F3F53-8769-71b0-8160-c86835378b38","assistant_message_uuid":"019f3f53-8769-75de-b0ed-6b9ca8c59b6c"},
        "attachments":[{"file_name":"notes.txt","extracted_content":"prompt"},{"file_name":7}],"files":["019f3f53-8769-75de-b0ed-6b9ca8c59b6c",{"file_uuid":"x"}],
        "create_conversation_params":{"name":"","model":"claude-opus-4-8","is_temporary":true}}"#;

    #[test]
    fn the_prompt_and_what_goes_with_it() {
        let send = parse_send(FIRST.as_bytes()).expect("a send");
        assert_eq!(send.prompt.reveal(), "hi \"you\"\n</script> 😀");
        assert_eq!(send.human_message.as_deref(), Some("019f3f53-8769-71b0-8160-c86835378b38"));
        assert_eq!(send.model.as_deref(), Some("claude-opus-4-8"));
        assert_eq!(send.attachments, ["notes.txt", "file", "file"]);
        assert!(send.temporary && send.first);

        let retry = parse_send(br#"{"prompt":"","parent_message_uuid":"x","create_conversation_params":null}"#)
            .expect("a retry");
        assert!(retry.prompt.is_blank() && !retry.first && !retry.temporary && retry.human_message.is_none());
    }

    #[test]
    fn drift_does_not_lose_the_prompt() {
        for body in [
            r#"{"attachments":null,"files":{},"turn_message_uuids":[],"model":{"id":1},"prompt":"hi"}"#,
            r#"{"prompt":"hi","new":{"prompt":"no"},"create_conversation_params":"yes"}"#,
            r#"{"prompt":"hi","attachments":[{"file_na"#,
            r#"{"prompt":"hi", oops"#,
        ] {
            assert_eq!(parse_send(body.as_bytes()).expect(body).prompt.reveal(), "hi", "{body}");
        }
        for cut in 0..FIRST.len() {
            let _ = parse_send(&FIRST.as_bytes()[..cut]);
        }
        for body in ["", "{}", "[]", "null", r#"{"prompt":null}"#, r#"{"prompt":["hi"]}"#, "\u{0}"] {
            assert!(parse_send(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn human_messages_of_a_tree() {
        let one = "019f3e54-0000-7000-8000-000000000001";
        let two = "019f3e54-0000-7000-8000-000000000003";
        // A message that is its own parent: nobody walks the tree, so nobody turns in circles.
        let tree = format!(
            r#"{{"uuid":"x","current_leaf_message_uuid":"y","chat_messages":[
            {{"uuid":"{one}","sender":"human","content":[{{"type":"text","text":"hi","uuid":"no"}}],"parent_message_uuid":"{one}"}},
            {{"uuid":"019f3e54-0000-7000-8000-000000000002","sender":"assistant","parent_message_uuid":"{one}"}},
            {{"sender":"human","uuid":"not a uuid"}}, 7, null, [],
            {{"sender":"human","uuid":"{two}"}}]}}"#
        );
        assert_eq!(human_messages(&tree), [one, two]);
        assert_eq!(human_messages(&tree[..tree.len() - 3]), [one]);
        assert!(human_messages("[]").is_empty() && human_messages("<html>").is_empty());
        let long = format!(
            r#"{{"chat_messages":[{}]}}"#,
            vec![format!(r#"{{"uuid":"{one}","sender":"human"}}"#); 1_500].join(",")
        );
        assert_eq!(human_messages(&long).len(), 1_000);
    }
}
