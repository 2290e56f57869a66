//! The app behind claude.ai: account, session, conversations with all their branches, answers (facts: claude-wire, sections 2 to 6).

use crate::clock::{is_uuid, rfc3339, uuid7};
use crate::http::{Head, Request};
use crate::log::percent_decode;
use crate::part::Part;
use crate::shape::{JSON, Shape, envelope, render};
use crate::stream::{self, Event, Topic};
use crate::{fault::Answer, site::Page};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The organization that the lab's one account belongs to.
pub const ORGANIZATION: &str = "0f4d1a52-9a3b-4c52-8f0e-4b1f6f0a2b11";
/// The parent of a conversation's first message.
pub const ROOT: &str = "00000000-0000-4000-8000-000000000000";
/// A conversation that is there from the start, with an edited question: two branches.
pub const BRANCHED: &str = "019c1a00-0000-7000-8000-00000000b001";

const ACCOUNT: &str = "6b1f2c1e-6d0e-4d0a-9a53-3c5b0e5f7a10";
const EMAIL: &str = "ada@example.com";
const DEFAULT_MODEL: &str = "claude-opus-4-8";

/// What the app answers.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer whose body is known.
    Whole(Head, Vec<u8>),
    /// A page of the site's front-end.
    Page(Page),
    /// A stream.
    Stream(Box<Job>),
}

/// A stream to be sent.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) head: Head,
    pub(crate) events: Vec<Event>,
    pub(crate) conversation: String,
    pub(crate) assistant: String,
}

/// How a stream ended, as far as the app knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The answer came to its end, whether anybody was listening or not.
    Whole,
    /// The user pressed Stop.
    Stopped,
    /// The app failed.
    Failed,
}

/// Account, session, conversations.
#[derive(Debug)]
pub(crate) struct Claude {
    signed_in: bool,
    /// Cookies of an older key are worth nothing.
    session_key: u64,
    ids: u64,
    turns: u64,
    conversations: Vec<Conversation>,
    stopped: BTreeSet<String>,
}

#[derive(Debug)]
struct Conversation {
    uuid: String,
    name: String,
    model: String,
    created_at: u64,
    updated_at: u64,
    leaf: String,
    temporary: bool,
    starred: bool,
    messages: Vec<Message>,
    /// `uuid` of the answer that is being streamed.
    pending: Option<String>,
    failed: bool,
}

#[derive(Debug)]
struct Message {
    uuid: String,
    parent: String,
    human: bool,
    text: String,
    at: u64,
    stop_reason: Option<&'static str>,
    attachments: Value,
    files: Value,
}

impl Claude {
    /// Signed in, with a few conversations.
    pub(crate) fn new(now: u64) -> Self {
        let mut claude = Self {
            signed_in: true,
            session_key: now,
            ids: 0,
            turns: 0,
            conversations: Vec::new(),
            stopped: BTreeSet::new(),
        };
        claude.seed(now);
        claude
    }

    /// Signs the account in or out on the server's side. Every cookie handed out before is void.
    pub(crate) fn sign(&mut self, signed_in: bool) {
        self.signed_in = signed_in;
        self.session_key += 1;
    }

    /// The prompts that have arrived, in their order.
    pub(crate) fn prompts(&self) -> Vec<String> {
        let mut sent: Vec<&Message> =
            self.conversations.iter().flat_map(|it| &it.messages).filter(|it| it.human && it.at > 0).collect();
        sent.sort_by_key(|message| message.at);
        sent.into_iter().map(|message| message.text.clone()).collect()
    }

    /// Whether Stop was pressed on this answer.
    pub(crate) fn is_stopped(&self, assistant: &str) -> bool {
        self.stopped.contains(assistant)
    }

    /// Notes what has been streamed of an answer.
    pub(crate) fn finish(&mut self, conversation: &str, assistant: &str, text: &str, finish: Finish, now: u64) {
        let Some(conversation) = self.conversations.iter_mut().find(|it| it.uuid == conversation) else { return };
        conversation.pending = None;
        conversation.failed = finish == Finish::Failed;
        conversation.updated_at = now;
        let Some(message) = conversation.messages.iter_mut().find(|it| it.uuid == assistant) else { return };
        if finish == Finish::Failed && text.is_empty() {
            // Nothing was said: the tree ends with the question.
            conversation.leaf.clone_from(&message.parent);
            conversation.messages.retain(|it| it.uuid != assistant);
            return;
        }
        text.clone_into(&mut message.text);
        message.stop_reason = match finish {
            Finish::Whole => Some("end_turn"),
            Finish::Stopped => Some("user_canceled"),
            Finish::Failed => None,
        };
    }

    /// Answers a request to claude.ai.
    pub(crate) fn respond(
        &mut self,
        request: &Request,
        part: Part,
        id: &str,
        now: u64,
        exceeded_until: Option<u64>,
    ) -> Reply {
        match part {
            Part::Document => return self.document(request),
            Part::Telemetry => return ok(&json!({})),
            Part::Login => return self.login(request),
            Part::Bootstrap => return ok(&self.bootstrap(request)),
            _ => {}
        }
        let path = request.path().to_owned();
        if matches!(path.as_str(), "/favicon.ico" | "/robots.txt" | "/manifest.json") {
            return Reply::Whole(Head::new(204, ""), Vec::new());
        }
        if path == "/api/challenge_redirect" {
            // Whoever gets through to the app has passed the check.
            let to = percent_decode(request.query("to").unwrap_or_default());
            let to = if to.starts_with('/') && !to.starts_with("//") && !to.contains(['\r', '\n']) {
                to
            } else {
                "/".to_owned()
            };
            return Reply::Whole(Head::new(307, "").with("location", to), Vec::new());
        }
        if !self.is_authorized(request) {
            return fail(Shape::SessionInvalid, id);
        }
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["api", "account" | "account_profile"] => ok(&account(self.session_key)),
            ["api", "account", "settings"] => {
                ok(&json!({"has_started_claudeai_onboarding": true, "preview_feature_uses_artifacts": true}))
            }
            ["api", "organizations"] => ok(&json!([organization()])),
            ["api", "organizations", org, rest @ ..] => {
                if !is_uuid(org) {
                    return client_fault("organization_uuid: Input should be a valid UUID", id);
                }
                if *org != ORGANIZATION {
                    let (kind, body) = envelope(
                        "permission_error",
                        "Invalid authorization for organization",
                        Some("access_denied"),
                        Some(id),
                    );
                    return Reply::Whole(Head::new(403, kind), body.into_bytes());
                }
                self.organization(request, part, rest, id, now, exceeded_until)
            }
            ["api", _, "upload"] | ["api", "convert_document"] => ok(&self.upload(request, now)),
            ["api", "bootstrap", ..] => ok(&json!({})),
            _ => not_found(id),
        }
    }

    fn organization(
        &mut self,
        request: &Request,
        part: Part,
        rest: &[&str],
        id: &str,
        now: u64,
        exceeded_until: Option<u64>,
    ) -> Reply {
        match (request.method.as_str(), rest) {
            ("GET", ["chat_conversations_v2"] | ["chat_conversations", "v2"]) => {
                let (data, has_more) = self.list(request);
                ok(&json!({"data": data, "has_more": has_more}))
            }
            ("GET", ["chat_conversations"]) => ok(&Value::Array(self.list(request).0)),
            ("POST", ["chat_conversations"]) => self.create(request, id, now),
            (_, ["chat_conversations", conversation, ..]) if !is_uuid(conversation) => {
                client_fault("chat_conversation_uuid: Input should be a valid UUID", id)
            }
            ("GET", ["chat_conversations", conversation]) => self.load(conversation, request, id),
            ("DELETE", ["chat_conversations", conversation]) => {
                self.conversations.retain(|it| it.uuid != *conversation);
                Reply::Whole(Head::new(204, ""), Vec::new())
            }
            ("PUT" | "PATCH", ["chat_conversations", conversation]) => self.change(conversation, request, id),
            ("PUT", ["chat_conversations", conversation, "current_leaf_message_uuid"]) => {
                self.set_leaf(conversation, request, id)
            }
            ("POST", ["chat_conversations", conversation, _]) if part == Part::Completion => {
                self.complete(conversation, rest[2].starts_with("retry"), request, id, now, exceeded_until)
            }
            ("GET", ["chat_conversations", conversation, "completion_status"]) => {
                self.completion_status(conversation, id)
            }
            ("POST", ["chat_conversations", conversation, "stop_response"]) => self.stop(conversation, id),
            ("POST", ["chat_conversations", conversation, "title"]) => self.title(conversation, request, id),
            (_, ["chat_conversations", _, "serving"]) => not_found(id),
            ("POST", ["chat_conversations", _, ..]) => ok(&json!({})),
            ("POST", _) if part == Part::Upload => ok(&self.upload(request, now)),
            ("GET", ["conversations", _, "wiggle", "list-files"]) => ok(&json!({"files": []})),
            ("GET", ["usage"]) => ok(&usage(now, exceeded_until)),
            ("GET", ["projects" | "style-presets" | "published_artifacts" | "model_configs", ..]) => ok(&json!([])),
            ("GET", _) => ok(&json!({})),
            _ => not_found(id),
        }
    }

    fn is_authorized(&self, request: &Request) -> bool {
        self.signed_in && request.cookie("sessionKey") == Some(self.key().as_str())
    }

    fn key(&self) -> String {
        format!("sk-ant-sid02-lab{}", self.session_key)
    }

    /// Pages. A browser that has no session yet is signed in by its first page: the lab's account has no password.
    fn document(&self, request: &Request) -> Reply {
        let path = request.path();
        let open = ["/login", "/logout", "/maintenance", "/restricted"]
            .iter()
            .any(|it| path == *it || path.starts_with(&format!("{it}/")));
        if !self.signed_in && !open {
            let back = if path == "/" { String::new() } else { format!("?returnTo={}", path.replace('/', "%2F")) };
            return Reply::Whole(Head::new(307, "").with("location", format!("/login{back}")), Vec::new());
        }
        let mut cookies = vec![format!("anthropic-device-id={ACCOUNT}; Path=/; Secure; SameSite=Lax")];
        if self.signed_in && request.cookie("sessionKey") != Some(self.key().as_str()) {
            cookies.extend(self.session_cookies());
        }
        Reply::Page(Page { host: "claude.ai", cookies })
    }

    fn session_cookies(&self) -> [String; 2] {
        [
            format!("sessionKey={}; Path=/; Secure; HttpOnly; SameSite=Lax", self.key()),
            format!("lastActiveOrg={ORGANIZATION}; Path=/; Secure; SameSite=Lax"),
        ]
    }

    fn login(&mut self, request: &Request) -> Reply {
        let last = request.path().rsplit('/').next().unwrap_or_default();
        match last {
            "login_methods" => ok(&json!({"methods": ["magic_link", "google"], "sso": null})),
            "send_magic_link" => ok(&json!({"sent": true, "sso_url": null})),
            "verify_magic_link" | "verify_google" => {
                if !self.signed_in {
                    self.sign(true);
                }
                let mut head = Head::new(200, JSON);
                for cookie in self.session_cookies() {
                    head = head.with("set-cookie", cookie);
                }
                Reply::Whole(
                    head,
                    json!({"success": true, "account": account(self.session_key)}).to_string().into_bytes(),
                )
            }
            "logout" => {
                self.sign(false);
                let head = Head::new(200, JSON)
                    .with("set-cookie", "sessionKey=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
                    .with("set-cookie", "lastActiveOrg=; Path=/; Max-Age=0; Secure; SameSite=Lax");
                Reply::Whole(head, json!({"success": true}).to_string().into_bytes())
            }
            _ => ok(&json!({})),
        }
    }

    fn bootstrap(&self, request: &Request) -> Value {
        let account = if self.is_authorized(request) { account(self.session_key) } else { Value::Null };
        json!({"account": account, "locale": "en-US", "intercom_account_hash": null,
            "growthbook": {"features": {}, "hashingAlgorithm": "djb2"}, "statsig": {"values": {}}, "system_prompts": null})
    }

    fn list(&self, request: &Request) -> (Vec<Value>, bool) {
        let number = |name: &str, default: usize| request.query(name).and_then(|it| it.parse().ok()).unwrap_or(default);
        let (limit, offset) = (number("limit", 30), number("offset", 0));
        let starred = request.query("starred") == Some("true");
        let mut shown: Vec<&Conversation> =
            self.conversations.iter().filter(|it| !it.temporary && (it.starred || !starred)).collect();
        shown.sort_by_key(|conversation| std::cmp::Reverse(conversation.updated_at));
        let has_more = shown.len() > offset + limit;
        (shown.into_iter().skip(offset).take(limit).map(Conversation::summary).collect(), has_more)
    }

    fn create(&mut self, request: &Request, id: &str, now: u64) -> Reply {
        let body = request.json();
        let uuid = body["uuid"].as_str().filter(|uuid| is_uuid(uuid)).map_or_else(|| self.uuid(now), str::to_owned);
        if self.find(&uuid).is_some() {
            return fail(Shape::Conflict, id);
        }
        let mut conversation = Conversation::new(&uuid, now);
        body["name"].as_str().unwrap_or_default().clone_into(&mut conversation.name);
        conversation.temporary = body["is_temporary"] == true;
        let summary = conversation.summary();
        self.conversations.push(conversation);
        Reply::Whole(Head::new(201, JSON), summary.to_string().into_bytes())
    }

    fn load(&self, uuid: &str, request: &Request, id: &str) -> Reply {
        let Some(conversation) = self.find(uuid) else { return fail(Shape::NotFound, id) };
        let branch = conversation.branch();
        let trunk_only = request.query("tree").is_some_and(|tree| tree.eq_ignore_ascii_case("false"));
        let messages: Vec<Value> = conversation
            .messages
            .iter()
            .enumerate()
            .filter(|(_, message)| Some(&message.uuid) != conversation.pending.as_ref())
            .filter(|(_, message)| !trunk_only || branch.contains(&message.uuid.as_str()))
            .map(|(index, message)| message.json(index))
            .collect();
        let mut value = conversation.summary();
        value["chat_messages"] = Value::Array(messages);
        if let Some(pending) = &conversation.pending {
            // An answer under way is not in the tree yet: the leaf is its question.
            let parent = conversation.messages.iter().find(|it| it.uuid == *pending).map(|it| it.parent.clone());
            value["current_leaf_message_uuid"] = json!(parent);
        }
        ok(&value)
    }

    fn change(&mut self, uuid: &str, request: &Request, id: &str) -> Reply {
        let body = request.json();
        let Some(conversation) = self.find_mut(uuid) else { return fail(Shape::NotFound, id) };
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut conversation.name);
        }
        if let Some(starred) = body["is_starred"].as_bool() {
            conversation.starred = starred;
        }
        Reply::Whole(Head::new(202, JSON), conversation.summary().to_string().into_bytes())
    }

    fn set_leaf(&mut self, uuid: &str, request: &Request, id: &str) -> Reply {
        let body = request.json();
        let Some(conversation) = self.find_mut(uuid) else { return fail(Shape::NotFound, id) };
        let leaf = body["current_leaf_message_uuid"].as_str().unwrap_or_default();
        if !conversation.messages.iter().any(|message| message.uuid == leaf) {
            return client_fault("current_leaf_message_uuid: no such message", id);
        }
        leaf.clone_into(&mut conversation.leaf);
        Reply::Whole(Head::new(202, JSON), conversation.summary().to_string().into_bytes())
    }

    fn complete(
        &mut self,
        uuid: &str,
        retry: bool,
        request: &Request,
        id: &str,
        now: u64,
        exceeded_until: Option<u64>,
    ) -> Reply {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return client_fault("body: Input should be valid JSON", id);
        };
        let Some(prompt) = body["prompt"].as_str() else { return client_fault("prompt: Field required", id) };
        let params = &body["create_conversation_params"];
        if self.find(uuid).is_none() {
            if !params.is_object() || retry {
                return fail(Shape::NotFound, id);
            }
            let mut conversation = Conversation::new(uuid, now);
            params["name"].as_str().unwrap_or_default().clone_into(&mut conversation.name);
            conversation.temporary = params["is_temporary"] == true;
            self.conversations.push(conversation);
        }
        let fresh = [self.uuid(now), self.uuid(now)];
        let turn = self.turns;
        let Some(conversation) = self.find_mut(uuid) else { return fail(Shape::NotFound, id) };
        let ids = &body["turn_message_uuids"];
        let adopt = |name: &str, fresh: &str| ids[name].as_str().filter(|it| is_uuid(it)).unwrap_or(fresh).to_owned();
        let assistant = adopt("assistant_message_uuid", &fresh[1]);
        let model =
            body["model"].as_str().or_else(|| params["model"].as_str()).unwrap_or(&conversation.model).to_owned();
        let has =
            |conversation: &Conversation, uuid: &str| conversation.messages.iter().any(|message| message.uuid == uuid);
        let parent = body["parent_message_uuid"].as_str().unwrap_or(&conversation.leaf).to_owned();
        if parent != ROOT && !has(conversation, &parent) {
            return client_fault("parent_message_uuid: no such message", id);
        }
        let same = || conversation.unanswered(prompt, body["parent_message_uuid"].as_str());
        let (human, asked) = if let Some(human) = same().filter(|_| !retry && ids.is_null()) {
            (human, prompt.to_owned())
        } else if retry {
            let Some(asked) = conversation.messages.iter().find(|message| message.uuid == parent && message.human)
            else {
                return client_fault("parent_message_uuid: not a human message", id);
            };
            (parent, asked.text.clone())
        } else {
            let human = adopt("human_message_uuid", &fresh[0]);
            if has(conversation, &human) {
                return fail(Shape::Conflict, id);
            }
            conversation.messages.push(Message {
                attachments: body["attachments"].clone(),
                files: body["files"].clone(),
                ..Message::new(&human, &parent, true, prompt, now)
            });
            (human, prompt.to_owned())
        };
        if has(conversation, &assistant) {
            return fail(Shape::Conflict, id);
        }
        conversation.messages.push(Message::new(&assistant, &human, false, "", now));
        conversation.leaf.clone_from(&assistant);
        conversation.model.clone_from(&model);
        conversation.updated_at = now;
        conversation.pending = Some(assistant.clone());
        conversation.failed = false;
        self.turns += 1;
        let events = stream::events(&Topic {
            prompt: &asked,
            model: &model,
            human: &human,
            assistant: &assistant,
            request_id: id,
            turn,
            now_ms: now,
            exceeded_until,
        });
        let head = Head::new(200, "text/event-stream; charset=utf-8").with("cache-control", "no-cache");
        Reply::Stream(Box::new(Job { head, events, conversation: uuid.to_owned(), assistant }))
    }

    fn completion_status(&self, uuid: &str, id: &str) -> Reply {
        let Some(conversation) = self.find(uuid) else { return fail(Shape::NotFound, id) };
        let (code, detail) = if conversation.failed {
            (json!("api_error"), json!("Internal server error"))
        } else {
            (Value::Null, Value::Null)
        };
        ok(
            &json!({"is_pending": conversation.pending.is_some(), "is_error": conversation.failed, "error_code": code, "error_detail": detail}),
        )
    }

    fn stop(&mut self, uuid: &str, id: &str) -> Reply {
        let Some(conversation) = self.find(uuid) else { return fail(Shape::NotFound, id) };
        if let Some(pending) = conversation.pending.clone() {
            self.stopped.insert(pending);
        }
        ok(&json!({"success": true}))
    }

    fn title(&mut self, uuid: &str, request: &Request, id: &str) -> Reply {
        let content = request.json()["message_content"].as_str().unwrap_or_default().to_owned();
        let Some(conversation) = self.find_mut(uuid) else { return fail(Shape::NotFound, id) };
        let words: Vec<&str> = content.split_whitespace().filter(|word| !word.ends_with(':')).take(5).collect();
        conversation.name = if words.is_empty() { "New chat".to_owned() } else { words.join(" ") };
        Reply::Whole(Head::new(202, JSON), json!({"title": conversation.name}).to_string().into_bytes())
    }

    fn upload(&mut self, request: &Request, now: u64) -> Value {
        let uuid = self.uuid(now);
        let text = String::from_utf8_lossy(&request.body[..request.body.len().min(4_096)]).into_owned();
        let name =
            text.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("file").to_owned();
        json!({"success": true, "file_kind": "document", "file_uuid": uuid, "file_name": name, "size_bytes": request.body.len(),
            "path": format!("/mnt/user-data/uploads/{name}"), "created_at": rfc3339(now), "extracted_content": "",
            "preview_url": format!("/api/{ORGANIZATION}/files/{uuid}/preview")})
    }

    fn find(&self, uuid: &str) -> Option<&Conversation> {
        self.conversations.iter().find(|it| it.uuid == uuid)
    }

    fn find_mut(&mut self, uuid: &str) -> Option<&mut Conversation> {
        self.conversations.iter_mut().find(|it| it.uuid == uuid)
    }

    fn uuid(&mut self, now: u64) -> String {
        self.ids += 1;
        uuid7(now, self.ids)
    }

    /// Older conversations. Their messages have the time 0, so that they are told from what a test has sent.
    fn seed(&mut self, now: u64) {
        let day = 24 * 3_600 * 1_000;
        let mut branched = Conversation::new(BRANCHED, now.saturating_sub(day));
        "Borrow checker puzzle".clone_into(&mut branched.name);
        let id = |number: u32| format!("019c1a00-0000-7000-8000-{number:012x}");
        let lines = [
            (1, ROOT.to_owned(), true, "Why does this not compile?\n\n```rust\nlet r = &x;\n```"),
            (2, id(1), false, "Because `x` does not live long enough."),
            (3, id(2), true, "And with a clone?"),
            (4, id(3), false, "Then it compiles, at the price of a copy."),
            // The second question again, edited: another branch from the first answer.
            (5, id(2), true, "And with an Rc?"),
            (6, id(5), false, "Then both share one value; nothing is overloaded, and no 404 either."),
        ];
        for (number, parent, human, text) in lines {
            let mut message = Message::new(&id(number), &parent, human, text, 0);
            message.stop_reason = (!human).then_some("end_turn");
            branched.messages.push(message);
        }
        branched.leaf = id(6);
        self.conversations.push(branched);
        for (number, name) in [(1_u64, "Dinner for six"), (2, "\u{05e9}\u{05dc}\u{05d5}\u{05dd} and emoji \u{1f9ea}")] {
            let mut conversation = Conversation::new(
                &format!("019c1a00-0000-7000-8000-00000000c{number:03x}"),
                now.saturating_sub((1 + number) * day),
            );
            name.clone_into(&mut conversation.name);
            let (human, assistant) =
                (id(16 * (1 + u32::try_from(number).unwrap_or(0))), id(17 * (1 + u32::try_from(number).unwrap_or(0))));
            conversation.messages.push(Message::new(&human, ROOT, true, name, 0));
            let mut answer = Message::new(&assistant, &human, false, &stream::answer(name), 0);
            answer.stop_reason = Some("end_turn");
            conversation.messages.push(answer);
            conversation.leaf = assistant;
            self.conversations.push(conversation);
        }
    }
}

impl Conversation {
    fn new(uuid: &str, now: u64) -> Self {
        Self {
            uuid: uuid.to_owned(),
            name: String::new(),
            model: DEFAULT_MODEL.to_owned(),
            created_at: now,
            updated_at: now,
            leaf: ROOT.to_owned(),
            temporary: false,
            starred: false,
            messages: Vec::new(),
            pending: None,
            failed: false,
        }
    }

    fn summary(&self) -> Value {
        json!({"uuid": self.uuid, "name": self.name, "summary": "", "model": self.model, "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at), "settings": {}, "is_starred": self.starred, "is_temporary": self.temporary,
            "platform": "CLAUDE_AI", "current_leaf_message_uuid": self.leaf})
    }

    /// The last question, if its answer failed and it is asked again word for word. The client drops its message ids when it repeats a
    /// send whose answer had begun; that the server then knows the message again is a guess.
    fn unanswered(&self, prompt: &str, parent: Option<&str>) -> Option<String> {
        let last = self.messages.iter().rev().find(|message| message.human)?;
        let again = self.failed && last.text == prompt && parent.is_none_or(|parent| parent == last.parent);
        again.then(|| last.uuid.clone())
    }

    /// The uuids from the leaf up to the root.
    fn branch(&self) -> Vec<&str> {
        let mut branch = Vec::new();
        let mut at = self.leaf.as_str();
        while let Some(message) = self.messages.iter().find(|it| it.uuid == at) {
            if branch.contains(&at) {
                break;
            }
            branch.push(at);
            at = &message.parent;
        }
        branch
    }
}

impl Message {
    fn new(uuid: &str, parent: &str, human: bool, text: &str, at: u64) -> Self {
        Self {
            uuid: uuid.to_owned(),
            parent: parent.to_owned(),
            human,
            text: text.to_owned(),
            at,
            stop_reason: None,
            attachments: json!([]),
            files: json!([]),
        }
    }

    fn json(&self, index: usize) -> Value {
        let mut value = json!({"uuid": self.uuid, "text": "", "sender": if self.human { "human" } else { "assistant" }, "index": index,
            "created_at": rfc3339(self.at), "updated_at": rfc3339(self.at), "truncated": false,
            "content": [{"type": "text", "text": self.text, "citations": []}],
            "attachments": if self.attachments.is_array() { self.attachments.clone() } else { json!([]) },
            "files": if self.files.is_array() { self.files.clone() } else { json!([]) },
            "files_v2": [], "sync_sources": [], "parent_message_uuid": self.parent});
        if self.human {
            value["input_mode"] = json!("text");
        } else {
            value["stop_reason"] = json!(self.stop_reason);
        }
        value
    }
}

fn ok(value: &Value) -> Reply {
    Reply::Whole(Head::new(200, JSON), value.to_string().into_bytes())
}

fn fail(shape: Shape, id: &str) -> Reply {
    let (head, body, _) = render(&Answer { shape: Some(shape), ..Answer::default() }, id, 0);
    Reply::Whole(head, body)
}

fn client_fault(message: &str, id: &str) -> Reply {
    let (kind, body) = envelope("invalid_request_error", message, None, Some(id));
    Reply::Whole(Head::new(400, kind), body.into_bytes())
}

fn not_found(id: &str) -> Reply {
    let (kind, body) = envelope("not_found_error", "Not found", None, Some(id));
    Reply::Whole(Head::new(404, kind), body.into_bytes())
}

fn organization() -> Value {
    json!({"uuid": ORGANIZATION, "id": 1, "name": "ada@example.com's Organization", "capabilities": ["chat", "claude_pro"],
        "billing_type": "stripe_subscription", "rate_limit_tier": "default_claude_ai", "active_flags": [],
        "settings": {"claude_console_privacy": "default_private"}, "created_at": "2024-01-01T00:00:00.000Z"})
}

fn account(tag: u64) -> Value {
    json!({"tagged_id": format!("user_lab{tag}"), "uuid": ACCOUNT, "email_address": EMAIL, "full_name": "Ada", "display_name": "Ada",
        "is_verified": true, "settings": {}, "memberships": [{"role": "admin", "seat_tier": null, "organization": organization()}],
        "created_at": "2024-01-01T00:00:00.000Z", "updated_at": "2024-01-01T00:00:00.000Z"})
}

fn usage(now: u64, exceeded_until: Option<u64>) -> Value {
    let until = exceeded_until.map_or(now + 4 * 3_600 * 1_000, |seconds| seconds * 1_000);
    let utilization = if exceeded_until.is_some() { 100.0 } else { 12.0 };
    json!({"five_hour": {"utilization": utilization, "resets_at": rfc3339(until)},
        "seven_day": {"utilization": 31.0, "resets_at": rfc3339(now + 3 * 24 * 3_600 * 1_000)},
        "seven_day_opus": null, "seven_day_sonnet": null, "extra_usage": null, "limits": []})
}
