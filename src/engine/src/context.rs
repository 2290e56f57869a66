//! Context packs: what goes along with a prompt, cut to what fits. For pages only: the background never builds one.
//!
//! A pack is plain text in the user's language, which comes in as sentences' words. It is cut at whole messages; of the oldest one
//! that is kept, at whole lines; a fenced code block is never cut. What is left out is said in one line. The prompt itself is
//! never cut: where it does not fit, there is no pack ([`TooLong`]).

use crate::handoff::{encoded_len, normalised};
use crate::text::UserText;
use crate::words::Say;

/// The active branch of a conversation, the oldest message first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// Its UUID.
    pub uuid: Option<String>,
    /// A temporary chat.
    pub temporary: bool,
    /// What was said.
    pub messages: Vec<Message>,
    /// Whether the branch could be followed to its first message.
    pub whole: bool,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Its UUID.
    pub uuid: Option<String>,
    /// Written by the person; else by Claude.
    pub human: bool,
    /// What stands in it.
    pub parts: Vec<Part>,
    /// What was attached to it.
    pub attachments: Vec<Attachment>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text.
    Text(UserText),
    /// A tool was at work here; its name.
    Tool(String),
}

/// Something attached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// Its text, where the site has taken it out.
    pub text: Option<UserText>,
}

/// An answer that broke off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Begun {
    /// The UUID of the message it answers.
    pub parent: Option<String>,
    /// Its text.
    pub text: UserText,
}

impl Conversation {
    /// Changes every text in it.
    pub fn change(&mut self, change: &dyn Fn(&str) -> String) {
        for message in &mut self.messages {
            message.change(change);
        }
    }
}

impl Message {
    /// Changes every text in it.
    pub fn change(&mut self, change: &dyn Fn(&str) -> String) {
        for part in &mut self.parts {
            if let Part::Text(text) = part {
                *text = UserText::new(change(text.reveal()));
            }
        }
        for text in self.attachments.iter_mut().filter_map(|one| one.text.as_mut()) {
            *text = UserText::new(change(text.reveal()));
        }
    }
}

/// What there is to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The prompt.
    pub prompt: &'a UserText,
    /// The UUID of its message.
    pub message: Option<&'a str>,
    /// The UUID of the message that it follows: what comes after that one belongs to another branch.
    pub parent: Option<&'a str>,
    /// The conversation that it belongs to.
    pub conversation: Option<&'a Conversation>,
    /// What was attached to it, where the conversation does not have its message.
    pub sent: Option<&'a Message>,
    /// The beginning of its answer.
    pub begun: Option<&'a Begun>,
}

/// How much of the conversation goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Nothing but the prompt.
    #[default]
    Prompt,
    /// So many turns before it: a message of the person, and what Claude answered.
    Turns(usize),
    /// From the message with this UUID on; everything if there is none.
    Since(String),
    /// Everything.
    All,
}

/// What is to go along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// How much of the conversation.
    pub scope: Scope,
    /// With the text of its attachments, and of the prompt's.
    pub attachments: bool,
    /// With the beginning of the answer.
    pub begun: bool,
}

/// How much fits, and how it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Bytes when percent-encoded for a link.
    Encoded(usize),
    /// UTF-16 units, which editors count.
    Units(usize),
}

impl Budget {
    /// The size of a text. That of two texts together is the sum of both.
    pub fn size(self, text: &str) -> usize {
        match self {
            Self::Bytes(_) => text.len(),
            Self::Encoded(_) => encoded_len(text),
            Self::Units(_) => text.chars().map(char::len_utf16).sum(),
        }
    }

    /// What fits.
    pub const fn most(self) -> usize {
        match self {
            Self::Bytes(most) | Self::Encoded(most) | Self::Units(most) => most,
        }
    }
}

/// What goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// The text; the prompt as it is, where nothing goes along.
    pub text: UserText,
    /// Messages before the prompt that are in it, whole or in part.
    pub messages: usize,
    /// Messages that were asked for and did not fit.
    pub left_out: usize,
    /// Whether the first of its messages lacks its beginning.
    pub cut: bool,
    /// Whether the beginning of the answer is in it.
    pub begun: bool,
    /// Attachments whose text is in it.
    pub attachments: usize,
}

/// Not even the prompt fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its size, as the budget counts.
    pub size: usize,
}

/// Builds a pack. `words` puts sentences into the user's language.
pub fn pack(source: Source<'_>, wish: &Wish, budget: Budget, words: &dyn Fn(&Say) -> String) -> Result<Pack, TooLong> {
    let prompt = source.prompt.reveal();
    let bare = budget.size(prompt);
    let room = budget.most().checked_sub(bare).ok_or(TooLong { size: bare })?;
    let mut plan = Plan { budget, words, wish, room, tail: prompt.to_owned(), pack: Pack::default() };
    let (before, own) = parted(source);
    if let Some(own) = own.or(source.sent).filter(|_| wish.attachments) {
        plan.append(&attached(own, words), own.attachments.iter().filter(|one| one.text.is_some()).count());
    }
    if let Some(begun) = source.begun.filter(|begun| wish.begun && !begun.text.is_blank()) {
        plan.begin(begun.text.reveal());
    }
    Ok(plan.finish(within(before, &wish.scope)))
}

/// A prompt on its way home, with the answer that it got elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The prompt, one line that says where the answer comes from, and the answer as a quotation.
    pub text: UserText,
    /// Whether the answer lacks its end, because not all of it fits.
    pub cut: bool,
}

/// Puts a fallback's answer behind a prompt; the prompt alone, where nothing is left of the answer or no line of it fits.
pub fn answered(
    prompt: &UserText,
    name: &str,
    answer: &str,
    budget: Budget,
    words: &dyn Fn(&Say) -> String,
) -> Answered {
    let alone = |cut: bool| Answered { text: prompt.clone(), cut };
    let answer = normalised(answer);
    if answer.trim().is_empty() {
        return alone(false);
    }
    let mut text = format!("{}\n\n{}\n", prompt.reveal(), words(&Say::new("pack_answer").text(name)));
    let end = format!("\n\n{}", words(&Say::new("pack_answer_cut")));
    let lines: Vec<String> = answer
        .trim_matches('\n')
        .lines()
        .map(|line| if line.is_empty() { "\n>".to_owned() } else { format!("\n> {line}") })
        .collect();
    let all = lines.iter().map(|line| budget.size(line)).sum::<usize>();
    let Some(room) = budget.most().checked_sub(budget.size(&text)) else { return alone(true) };
    if all <= room {
        text.extend(lines);
        return Answered { text: UserText::new(text), cut: false };
    }
    let Some(mut room) = room.checked_sub(budget.size(&end)) else { return alone(true) };
    let whole = lines.iter().take_while(|line| match room.checked_sub(budget.size(line)) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    });
    let kept: String = whole.map(String::as_str).collect();
    if kept.is_empty() {
        return alone(true);
    }
    Answered { text: UserText::new(text + &kept + &end), cut: true }
}

struct Plan<'a> {
    budget: Budget,
    words: &'a dyn Fn(&Say) -> String,
    wish: &'a Wish,
    room: usize,
    /// The prompt and what follows it.
    tail: String,
    pack: Pack,
}

impl Plan<'_> {
    fn say(&self, key: &str) -> String {
        (self.words)(&Say::new(key))
    }

    /// Puts something behind the prompt, if all of it fits.
    fn append(&mut self, text: &str, attachments: usize) {
        let size = self.budget.size(text);
        if let Some(room) = self.room.checked_sub(size) {
            self.room = room;
            self.tail.push_str(text);
            self.pack.attachments += attachments;
        }
    }

    /// The beginning of the answer; of a long one its end, which is where to go on.
    fn begin(&mut self, begun: &str) {
        for (key, whole) in [("pack_begun", true), ("pack_begun_cut", false)] {
            let lead = format!("\n\n{}\n", self.say(key));
            let Some(room) = self.room.checked_sub(self.budget.size(&lead)) else { continue };
            let kept = end_of(begun, room, self.budget);
            if !kept.is_empty() && (!whole || kept.len() == begun.len()) {
                self.pack.begun = true;
                self.append(&(lead + kept), 0);
                return;
            }
        }
    }

    /// With as many of the messages as fit, the newest first.
    fn finish(mut self, messages: &[Message]) -> Pack {
        let lead = format!("{}\n\n", self.say("pack_intro"));
        let me = format!("{}\n", self.say("pack_me"));
        // The longest line that could be needed.
        let total = messages.len();
        let lines = [(total, false), (total, true), (0, true), (1, false), (1, true)]
            .map(|(count, cut)| self.left_out(count, cut));
        let line = lines.iter().map(|line| self.budget.size(line)).max().unwrap_or_default();
        let frame = self.budget.size(&lead) + self.budget.size(&me) + line;
        let mut kept: Vec<(String, usize)> = Vec::new();
        let mut cut = false;
        if let Some(mut room) = self.room.checked_sub(frame) {
            for message in messages.iter().rev() {
                let (head, body) = (self.head(message), self.body(message));
                let size = self.budget.size(&head) + self.budget.size(&body) + self.budget.size("\n\n");
                let attachments = if self.wish.attachments { message.texts() } else { 0 };
                if let Some(rest) = room.checked_sub(size) {
                    kept.push((format!("{head}{body}\n\n"), attachments));
                    room = rest;
                    continue;
                }
                let left = room.saturating_sub(size - self.budget.size(&body));
                let end = end_of(&body, left, self.budget);
                if !end.is_empty() {
                    kept.push((format!("{head}{end}\n\n"), 0));
                    cut = true;
                }
                break;
            }
        }
        if kept.is_empty() {
            self.pack.left_out = total;
            self.pack.text = UserText::new(self.tail);
            return self.pack;
        }
        self.pack.messages = kept.len();
        self.pack.left_out = total - kept.len();
        self.pack.cut = cut;
        self.pack.attachments += kept.iter().map(|(_, attachments)| attachments).sum::<usize>();
        let mut text = lead;
        if self.pack.left_out > 0 || cut {
            text.push_str(&self.left_out(self.pack.left_out, cut));
        }
        kept.iter().rev().for_each(|(message, _)| text.push_str(message));
        text.push_str(&me);
        text.push_str(&self.tail);
        if self.budget.size(&text) > self.budget.most() {
            // A language whose words for a number are longer than those for a greater one: then without the conversation.
            return Pack {
                text: UserText::new(self.tail),
                messages: 0,
                left_out: total,
                cut: false,
                attachments: 0,
                ..self.pack
            };
        }
        self.pack.text = UserText::new(text);
        self.pack
    }

    fn left_out(&self, count: usize, cut: bool) -> String {
        let key = match (count, cut) {
            (0, _) => "pack_left_out_beginning",
            (1, false) => "pack_left_out_one",
            (1, true) => "pack_left_out_one_and",
            (_, false) => "pack_left_out",
            (_, true) => "pack_left_out_and",
        };
        let say = if count > 1 { Say::new(key).count(count as u64) } else { Say::new(key) };
        format!("{}\n\n", (self.words)(&say))
    }

    fn head(&self, message: &Message) -> String {
        format!("{}\n", self.say(if message.human { "pack_me" } else { "pack_claude" }))
    }

    fn body(&self, message: &Message) -> String {
        let mut body = String::new();
        for part in &message.parts {
            if !body.is_empty() {
                body.push_str("\n\n");
            }
            match part {
                Part::Text(text) => body.push_str(text.reveal().trim_matches('\n')),
                Part::Tool(name) if name.is_empty() => body.push_str(&self.say("pack_tool")),
                Part::Tool(name) => body.push_str(&(self.words)(&Say::new("pack_tool_named").text(name.as_str()))),
            }
        }
        if self.wish.attachments {
            body.push_str(&attached(message, self.words));
        } else {
            for one in &message.attachments {
                body.push_str("\n\n");
                body.push_str(&(self.words)(&Say::new("pack_attachment_named").text(one.name.as_str())));
            }
        }
        body
    }
}

impl Message {
    /// Attachments whose text is known.
    fn texts(&self) -> usize {
        self.attachments.iter().filter(|one| one.text.is_some()).count()
    }
}

/// The attachments of a message with their text, behind it.
fn attached(message: &Message, words: &dyn Fn(&Say) -> String) -> String {
    let mut text = String::new();
    for one in &message.attachments {
        let key = if one.text.is_some() { "pack_attachment" } else { "pack_attachment_named" };
        text.push_str("\n\n");
        text.push_str(&words(&Say::new(key).text(one.name.as_str())));
        if let Some(inside) = &one.text {
            text.push('\n');
            text.push_str(inside.reveal().trim_end());
        }
    }
    text
}

/// What was said before the prompt.
pub fn before(source: Source<'_>) -> &[Message] {
    parted(source).0
}

/// What was said before the prompt, and the prompt's own message if it has arrived.
fn parted(source: Source<'_>) -> (&[Message], Option<&Message>) {
    let messages = source.conversation.map_or(&[][..], |conversation| &conversation.messages);
    let own = |message: &Message| message.human && message.uuid.is_some() && message.uuid.as_deref() == source.message;
    let said = |message: &Message| match &message.parts[..] {
        [Part::Text(text)] => message.human && text.reveal().trim() == source.prompt.reveal().trim(),
        _ => false,
    };
    let at = messages.iter().rposition(own).or_else(|| {
        // Not known by its id: then by standing last with the same words.
        let last = messages.iter().rposition(|message| message.human)?;
        said(&messages[last]).then_some(last)
    });
    let Some(at) = at else {
        let follows = |message: &Message| message.uuid.is_some() && message.uuid.as_deref() == source.parent;
        let end = messages.iter().rposition(follows).map_or(messages.len(), |at| at + 1);
        return (messages.get(..end).unwrap_or_default(), None);
    };
    (&messages[..at], messages.get(at))
}

fn within<'a>(messages: &'a [Message], scope: &Scope) -> &'a [Message] {
    let from = match scope {
        Scope::Prompt | Scope::Turns(0) => messages.len(),
        Scope::All => 0,
        Scope::Since(uuid) => messages.iter().position(|one| one.uuid.as_ref() == Some(uuid)).unwrap_or_default(),
        Scope::Turns(turns) => {
            let asked = messages.iter().enumerate().rev().filter(|(_, message)| message.human);
            asked.map(|(at, _)| at).nth(turns - 1).unwrap_or_default()
        }
    };
    messages.get(from..).unwrap_or_default()
}

/// The end of a text that fits: whole lines and whole code blocks, none of it blank at its beginning.
fn end_of(text: &str, room: usize, budget: Budget) -> &str {
    let mut left = room;
    let mut from = text.len();
    for piece in pieces(text).into_iter().rev() {
        let Some(rest) = left.checked_sub(budget.size(piece)) else { break };
        (left, from) = (rest, from - piece.len());
    }
    text.get(from..).unwrap_or_default().trim_start_matches('\n')
}

/// Lines with their breaks; a fenced code block (`CommonMark` 4.5, at any depth of a list) is one piece, to its end or the text's.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let trimmed = line.trim();
        match fence {
            Some(open) => {
                // At least as many of the same sign, and nothing else.
                if trimmed.len() >= open.len()
                    && trimmed.starts_with(open)
                    && trimmed.bytes().all(|b| b == open.as_bytes()[0])
                {
                    fence = None;
                }
            }
            None => fence = opened(trimmed),
        }
        if fence.is_none() {
            pieces.extend(text.get(from..at));
            from = at;
        }
    }
    pieces.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    pieces
}

/// The fence that a line opens, also behind the mark of a list or a quotation.
fn opened(line: &str) -> Option<&str> {
    let line =
        line.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '>' | '-' | '*' | '+' | '.' | ')' | ' '));
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(sign).len();
    // ``` on one line, as in ```code```, opens nothing.
    let (fence, rest) = line.split_at_checked(length)?;
    (length >= 3 && !(sign == '`' && rest.contains('`'))).then_some(fence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Arg;

    fn words(say: &Say) -> String {
        let args: Vec<String> = say
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Text(text) => text.clone(),
                Arg::Count(count) => count.to_string(),
                _ => String::new(),
            })
            .collect();
        format!("<{} {}>", say.key, args.join(" ")).replace(" >", ">")
    }

    fn message(number: usize, text: &str) -> Message {
        Message {
            uuid: Some(format!("m{number}")),
            human: number % 2 == 1,
            parts: vec![Part::Text(UserText::new(text))],
            attachments: Vec::new(),
        }
    }

    fn conversation(texts: &[&str]) -> Conversation {
        let messages = texts.iter().enumerate().map(|(at, text)| message(at + 1, text)).collect();
        Conversation { uuid: None, temporary: false, messages, whole: true }
    }

    fn build(conversation: &Conversation, prompt: &str, wish: &Wish, budget: Budget) -> Result<Pack, TooLong> {
        let prompt = UserText::new(prompt);
        let source = Source {
            prompt: &prompt,
            message: None,
            parent: None,
            conversation: Some(conversation),
            sent: None,
            begun: None,
        };
        pack(source, wish, budget, &words)
    }

    #[test]
    fn an_answer_from_elsewhere_is_quoted_behind_its_prompt() {
        let prompt = UserText::new("why?\n");
        let with = |answer: &str, most: usize| {
            let goes = answered(&prompt, "ChatGPT", answer, Budget::Units(most), &words);
            (goes.text.reveal().to_owned(), goes.cut)
        };
        let whole = "why?\n\n\n<pack_answer ChatGPT>\n\n> because\n>\n> > of <b>\u{1f9d1}</b>";
        assert_eq!(with("\nbecause\r\n\r\n> of <b>\u{1f9d1}</b>\n\n", 1_000), (whole.to_owned(), false));
        assert_eq!(with(" \n", 1_000), ("why?\n".to_owned(), false), "nothing is no answer");
        // It fits to the unit, and is cut at a line where it does not; the prompt never is.
        let size = Budget::Units(0).size(whole);
        let answer = "because\n\n> of <b>\u{1f9d1}</b>";
        assert_eq!(with(answer, size), (whole.to_owned(), false));
        let room = Budget::Units(0).size("why?\n\n\n<pack_answer ChatGPT>\n\n> because\n\n<pack_answer_cut>");
        let cut = "why?\n\n\n<pack_answer ChatGPT>\n\n> because\n\n<pack_answer_cut>";
        assert_eq!(with(&format!("because\n{}", "x".repeat(99)), room), (cut.to_owned(), true));
        for most in 0..room {
            assert_eq!(with(&format!("because\n{}", "x".repeat(99)), most), ("why?\n".to_owned(), true), "{most}");
        }
    }

    fn wish(scope: Scope) -> Wish {
        Wish { scope, ..Wish::default() }
    }

    const ALL: Budget = Budget::Bytes(1 << 20);

    #[test]
    fn the_prompt_alone_goes_as_it_is() {
        let long = conversation(&["q1", "a1"]);
        for scope in [Scope::Prompt, Scope::Turns(0)] {
            let built = build(&long, "  the prompt\n", &wish(scope), ALL).unwrap();
            assert_eq!(built, Pack { text: UserText::new("  the prompt\n"), ..Pack::default() });
        }
        assert_eq!(build(&long, "four", &Wish::default(), Budget::Bytes(3)), Err(TooLong { size: 4 }));
    }

    #[test]
    fn turns_are_counted_from_the_end() {
        let long = conversation(&["q1", "a1", "q2", "a2", "q3", "a3"]);
        let texts = |scope| build(&long, "now", &wish(scope), ALL).unwrap().text.reveal().to_owned();
        let two = "<pack_intro>\n\n<pack_me>\nq2\n\n<pack_claude>\na2\n\n<pack_me>\nq3\n\n<pack_claude>\na3\n\n<pack_me>\nnow";
        assert_eq!(texts(Scope::Turns(2)), two);
        assert_eq!(texts(Scope::Since("m3".into())), two);
        assert_eq!(texts(Scope::Turns(9)), texts(Scope::All));
        assert_eq!(texts(Scope::Since("gone".into())), texts(Scope::All));
        assert!(texts(Scope::All).contains("q1"));
    }

    #[test]
    fn the_prompt_is_not_told_twice() {
        let mut arrived = conversation(&["q1", "a1", "now", "begun"]);
        let prompt = UserText::new("now");
        for message in [Some("m3"), None] {
            let source = Source {
                prompt: &prompt,
                message,
                parent: None,
                conversation: Some(&arrived),
                sent: None,
                begun: None,
            };
            let built = pack(source, &wish(Scope::All), ALL, &words).unwrap();
            let text = built.text.reveal();
            assert_eq!((text.matches("now").count(), text.contains("begun"), built.messages), (1, false, 2), "{text}");
        }
        // The same words further up are another message.
        arrived.messages.push(message(5, "other"));
        let source = Source {
            prompt: &prompt,
            message: None,
            parent: None,
            conversation: Some(&arrived),
            sent: None,
            begun: None,
        };
        assert_eq!(pack(source, &wish(Scope::All), ALL, &words).unwrap().messages, 5);
    }

    #[test]
    fn what_comes_after_the_message_that_the_prompt_follows_is_another_branch() {
        let long = conversation(&["q1", "a1", "q2", "a2"]);
        let prompt = UserText::new("now");
        for (parent, messages) in [(Some("m2"), 2), (Some("m4"), 4), (Some("gone"), 4), (None, 4)] {
            let source =
                Source { prompt: &prompt, message: None, parent, conversation: Some(&long), sent: None, begun: None };
            assert_eq!(pack(source, &wish(Scope::All), ALL, &words).unwrap().messages, messages, "{parent:?}");
        }
    }

    #[test]
    fn what_was_attached_to_a_prompt_that_never_arrived_goes_with_it() {
        let prompt = UserText::new("now");
        let inside = |text: &str| Message {
            human: true,
            attachments: vec![Attachment { name: "a.txt".into(), text: Some(UserText::new(text)) }],
            ..Message::default()
        };
        let sent = inside("inside");
        let source =
            Source { prompt: &prompt, message: None, parent: None, conversation: None, sent: Some(&sent), begun: None };
        let wish = Wish { attachments: true, ..Wish::default() };
        let built = pack(source, &wish, ALL, &words).unwrap();
        assert_eq!((built.text.reveal(), built.attachments), ("now\n\n<pack_attachment a.txt>\ninside", 1));
        assert_eq!(pack(source, &Wish::default(), ALL, &words).unwrap().text.reveal(), "now");
        // Once the conversation has the message, that one counts.
        let mut arrived = conversation(&["now"]);
        arrived.messages[0].attachments = inside("as it arrived").attachments;
        let built = pack(Source { conversation: Some(&arrived), ..source }, &wish, ALL, &words).unwrap();
        assert_eq!(built.text.reveal(), "now\n\n<pack_attachment a.txt>\nas it arrived");
    }

    #[test]
    fn attachments_tools_and_a_begun_answer() {
        let mut long = conversation(&["q1", "a1", "now"]);
        long.messages[0].attachments = vec![
            Attachment { name: "a.txt".into(), text: Some(UserText::new("inside\n")) },
            Attachment { name: "b.png".into(), text: None },
        ];
        long.messages[1].parts.insert(0, Part::Tool("web_search".into()));
        long.messages[2].attachments = vec![Attachment { name: "own".into(), text: Some(UserText::new("mine")) }];
        let prompt = UserText::new("now");
        let begun = Begun { parent: None, text: UserText::new("It is") };
        let source = Source {
            prompt: &prompt,
            message: Some("m3"),
            parent: None,
            conversation: Some(&long),
            sent: None,
            begun: Some(&begun),
        };
        let all = Wish { scope: Scope::All, attachments: true, begun: true };
        let built = pack(source, &all, ALL, &words).unwrap();
        assert_eq!(
            built.text.reveal(),
            "<pack_intro>\n\n<pack_me>\nq1\n\n<pack_attachment a.txt>\ninside\n\n<pack_attachment_named b.png>\n\n\
             <pack_claude>\n<pack_tool_named web_search>\n\na1\n\n<pack_me>\nnow\n\n<pack_attachment own>\nmine\n\n\
             <pack_begun>\nIt is"
        );
        assert_eq!((built.messages, built.attachments, built.begun), (2, 2, true));
        // Without: names only, and with the prompt alone nothing but the beginning.
        let built = pack(source, &Wish { scope: Scope::Prompt, attachments: false, begun: true }, ALL, &words).unwrap();
        assert_eq!(built.text.reveal(), "now\n\n<pack_begun>\nIt is");
        // A long beginning keeps its end.
        let begun = Begun { parent: None, text: UserText::new("first line\nsecond line") };
        let source = Source { begun: Some(&begun), ..source };
        let built = pack(source, &Wish { begun: true, ..Wish::default() }, Budget::Bytes(36), &words).unwrap();
        assert_eq!(built.text.reveal(), "now\n\n<pack_begun_cut>\nsecond line");
    }

    #[test]
    fn what_is_left_out_is_said() {
        let long = conversation(&["q1 is long enough", "a1", "q2", "a2\nsecond line", "q3", "a3"]);
        let all = wish(Scope::All);
        let whole = build(&long, "now", &all, ALL).unwrap();
        assert_eq!((whole.left_out, whole.cut, whole.messages), (0, false, 6));
        let mut seen = std::collections::BTreeSet::new();
        for most in 3..=whole.text.reveal().len() + 60 {
            let built = build(&long, "now", &all, Budget::Bytes(most)).unwrap();
            let text = built.text.reveal();
            assert!(text.len() <= most && text.ends_with("now"));
            assert_eq!(built.messages + built.left_out, 6);
            let line = text.lines().filter(|line| line.starts_with("<pack_left_out")).collect::<Vec<_>>();
            assert_eq!(line.len(), usize::from(built.messages > 0 && (built.left_out > 0 || built.cut)), "{text}");
            seen.extend(line.first().map(|line| (*line).to_owned()));
        }
        assert!(seen.contains("<pack_left_out 4>") && seen.contains("<pack_left_out_and 3>"), "{seen:?}");
    }

    #[test]
    fn fences_are_pieces() {
        let text = "one\n```rust\nfn a() {}\n\n```\ntwo ```x``` \n- ~~~~\n  ~~~\n  ~~~~\n> ```\nopen";
        assert_eq!(
            pieces(text),
            ["one\n", "```rust\nfn a() {}\n\n```\n", "two ```x``` \n", "- ~~~~\n  ~~~\n  ~~~~\n", "> ```\nopen"]
        );
        assert_eq!(pieces(text).concat(), text);
        assert!(pieces("").is_empty());
    }

    /// A small generator of its own: the engine has no randomness, its tests have a seed.
    struct Lot(u64);

    impl Lot {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % end
        }

        /// Text of lines and code blocks, each of which can be told from every other.
        fn text(&mut self, number: usize) -> (String, Vec<String>) {
            let (mut text, mut blocks) = (String::new(), Vec::new());
            for piece in 0..self.below(5) {
                if self.below(2) == 0 {
                    let line = format!("line {number}.{piece} é漢🧑‍💻{}\n", "x".repeat(self.below(40)));
                    text.push_str(&line);
                } else {
                    let fence = ["```", "~~~", "````"][self.below(3)];
                    let code = format!("code {number}.{piece}\n\n```\n{}", "y".repeat(self.below(60)));
                    let code = if fence == "```" { code.replace("```\n", "") } else { code };
                    let block = format!("{fence}\n{code}\n{fence}");
                    text.push_str(&block);
                    text.push('\n');
                    blocks.push(block);
                }
            }
            (text, blocks)
        }
    }

    #[test]
    fn whatever_the_budget_a_pack_keeps_its_promises() {
        for seed in 1..400 {
            let mut lot = Lot(seed);
            let (mut said, mut blocks) = (Vec::new(), Vec::new());
            for number in 0..lot.below(12) {
                let (text, more) = lot.text(number);
                said.push(text);
                blocks.extend(more);
            }
            let long = conversation(&said.iter().map(String::as_str).collect::<Vec<_>>());
            let (begun, more) = lot.text(99);
            blocks.extend(more);
            let begun = Begun { parent: None, text: UserText::new(begun.trim_end()) };
            let prompt = UserText::new("the prompt 🧑‍💻 é");
            let source = Source {
                prompt: &prompt,
                message: None,
                parent: None,
                conversation: Some(&long),
                sent: None,
                begun: Some(&begun),
            };
            let all = Wish { scope: Scope::All, attachments: true, begun: lot.below(2) == 0 };
            for _ in 0..40 {
                let most = lot.below(1_200);
                let budget = [Budget::Bytes(most), Budget::Encoded(most), Budget::Units(most)][lot.below(3)];
                let built = match pack(source, &all, budget, &words) {
                    Ok(built) => built,
                    Err(TooLong { size }) => {
                        assert!(size == budget.size(prompt.reveal()) && size > most);
                        continue;
                    }
                };
                let text = built.text.reveal();
                assert!(budget.size(text) <= most, "{budget:?}: {text}");
                assert!(text.contains(prompt.reveal()));
                // A block is there whole or not at all; a line as well.
                for block in &blocks {
                    let first = block.lines().nth(1).unwrap();
                    assert_eq!(
                        text.contains(block.as_str()),
                        text.lines().any(|line| line == first),
                        "{budget:?}\n{block}\n{text}"
                    );
                }
                let all_lines: Vec<&str> =
                    said.iter().flat_map(|text| text.lines()).chain(begun.text.reveal().lines()).collect();
                let kept: Vec<&str> = text.lines().filter(|line| line.starts_with("line ")).collect();
                assert!(kept.iter().all(|line| all_lines.contains(line)), "{text}");
                // The order is the one of the conversation, and what is kept is its end.
                let mut rest = all_lines.iter().filter(|line| line.starts_with("line "));
                assert!(kept.iter().all(|line| rest.any(|other| other == line)), "{text}");
                assert_eq!(built.messages + built.left_out, long.messages.len());
            }
        }
    }

    #[test]
    fn ten_thousand_messages_take_no_more_than_those_that_fit() {
        let texts: Vec<String> = (0..10_000).map(|number| format!("message {number}\n```\ncode\n```")).collect();
        let long = conversation(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let asked = std::cell::Cell::new(0);
        let counted = |say: &Say| {
            asked.set(asked.get() + 1);
            words(say)
        };
        let prompt = UserText::new("now");
        let source =
            Source { prompt: &prompt, message: None, parent: None, conversation: Some(&long), sent: None, begun: None };
        let built = pack(source, &wish(Scope::All), Budget::Units(4_000), &counted).unwrap();
        assert!(built.messages > 50 && built.messages + built.left_out == 10_000);
        assert!(asked.get() < built.messages + 20, "{} sentences", asked.get());
        assert!(built.text.reveal().contains("message 9999") && built.text.reveal().ends_with("now"));
    }
}
