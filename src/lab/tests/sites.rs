//! The sites as they are when nothing is broken.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking, and watches the clock")]

mod common;

use common::{Client, Ending, first_message, lab};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use understudy_lab::{BRANCHED, End, FALLBACKS, Lab, LabConfig, ORGANIZATION, Part, ROOT, Session, answer_to};

const CONV: &str = "019d0d70-0000-7000-8000-000000000001";
const HUMAN: &str = "019d0d70-0000-7000-8000-0000000000f1";

#[test]
fn a_page_comes_with_policy_cookies_and_the_layers_headers() {
    let lab = lab();
    let mut client = Client::new(&lab);
    for path in ["/", "/new", "/chat/019d0d70-0000-7000-8000-000000000001", "/settings/usage", "/project/x"] {
        let page = client.get("claude.ai", path);
        assert_eq!(page.status, Some(200), "{path}");
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
    }
    let page = Client::new(&lab).get("claude.ai", "/new");
    let policy = page.header("content-security-policy").unwrap();
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(scripts.contains("'strict-dynamic'") && scripts.contains("'nonce-"));
    assert!(
        !scripts.contains("unsafe-inline") && !scripts.contains("unsafe-eval"),
        "neither inline script, nor eval, nor wasm: {scripts}"
    );
    assert!(page.body.contains("Placeholder for claude.ai"), "without a build the page says what it is");
    let cookies: Vec<&str> =
        page.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert!(cookies.iter().any(|it| it.starts_with("sessionKey=") && it.contains("HttpOnly")));
    assert!(
        cookies.iter().any(|it| it.starts_with(&format!("lastActiveOrg={ORGANIZATION}")) && !it.contains("HttpOnly"))
    );
    for header in ["cf-ray", "cf-cache-status", "via", "request-id", "x-envoy-upstream-service-time"] {
        assert!(page.header(header).is_some(), "{header}");
    }
}

#[test]
fn a_build_is_served_with_nonces_and_speed() {
    let dist = std::env::temp_dir().join(format!("understudy-lab-sites-{}", std::process::id()));
    let assets = dist.join("assets-proxy.anthropic.com/claude-ai/v2/assets/v1");
    fs::create_dir_all(&assets).unwrap();
    fs::create_dir_all(dist.join("claude.ai")).unwrap();
    fs::create_dir_all(dist.join("chatgpt.com/assets")).unwrap();
    fs::write(
        dist.join("claude.ai/index.html"),
        "<head><meta name=\"lab-speed\" content=\"\"><script src=\"a.js\"></script></head>",
    )
    .unwrap();
    fs::write(assets.join("a.js"), "1").unwrap();
    fs::write(dist.join("chatgpt.com/index.html"), "<p>hello</p>").unwrap();
    fs::write(dist.join("chatgpt.com/assets/site.js"), "2").unwrap();
    let lab = Lab::start(LabConfig { port: 0, sites: dist.clone(), speed: 8.0 }).unwrap();
    let mut client = Client::new(&lab);

    let page = client.get("claude.ai", "/");
    let nonce = page.body.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(page.header("content-security-policy").unwrap().contains(&format!("'nonce-{nonce}'")));
    assert!(page.body.contains("<meta name=\"lab-speed\" content=\"8\">"));
    assert!(!client.get("claude.ai", "/").body.contains(&nonce), "a nonce is used once");

    let script = client.get("assets-proxy.anthropic.com", "/claude-ai/v2/assets/v1/a.js");
    assert_eq!((script.status, script.body.as_str()), (Some(200), "1"));
    assert!(script.header("content-type").unwrap().starts_with("text/javascript"));
    assert_eq!(script.header("access-control-allow-origin"), Some("*"));
    assert_eq!(client.get("chatgpt.com", "/assets/site.js").body, "2");
    assert_eq!(client.get("chatgpt.com", "/?prompt=a%20b").body, "<p>hello</p>");
    assert_eq!(client.get("chatgpt.com", "/assets/none.js").status, Some(404));
    drop(lab);
    fs::remove_dir_all(dist).unwrap();
}

#[test]
fn every_fallback_answers_any_page_and_one_asks_for_trusted_types() {
    let lab = lab();
    let mut client = Client::new(&lab);
    let mut trusted = 0;
    for host in FALLBACKS {
        let page = client.get(host, "/search/new?q=a%20b");
        assert_eq!(page.status, Some(200), "{host}");
        trusted +=
            usize::from(page.header("content-security-policy").unwrap().contains("require-trusted-types-for 'script'"));
        assert_eq!(client.post(host, "/backend-api/conversation", &json!({"x": 1})).status, Some(200));
    }
    assert_eq!(trusted, 1);
    let seen = lab.requests();
    assert!(
        seen.iter().any(|it| it.host == "gemini.google.com" && it.target == "/search/new?q=a%20b" && it.carries("a b"))
    );
}

#[test]
fn bootstrap_account_and_list_have_their_shapes() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let paths = [
        format!("/edge-api/bootstrap/{ORGANIZATION}/app_start?statsig_hashing_algorithm=djb2"),
        "/edge-api/bootstrap?cache_bust=1".to_owned(),
        "/api/bootstrap".to_owned(),
        format!("/api/bootstrap/{ORGANIZATION}/app_start"),
    ];
    for path in paths {
        let bootstrap = client.get("claude.ai", &path);
        assert_eq!(bootstrap.json()["account"]["memberships"][0]["organization"]["uuid"], ORGANIZATION, "{path}");
    }
    assert_eq!(client.get("claude.ai", "/api/account").json()["email_address"], "ada@example.com");
    assert_eq!(client.get("claude.ai", "/api/organizations").json()[0]["uuid"], ORGANIZATION);

    let v2 = client
        .get("claude.ai", &Client::org("chat_conversations_v2?limit=2&offset=0&starred=false&consistency=eventual"))
        .json();
    assert_eq!((v2["data"].as_array().unwrap().len(), &v2["has_more"]), (2, &json!(true)));
    assert_eq!(v2["data"][0]["uuid"], BRANCHED);
    let older = client.get("claude.ai", &Client::org("chat_conversations?limit=30&offset=0")).json();
    assert_eq!(older.as_array().unwrap().len(), 3);
    let usage = client.get("claude.ai", &Client::org("usage")).json();
    assert!(usage["five_hour"]["utilization"].is_number());
}

#[test]
fn a_conversation_comes_with_all_its_branches() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let path =
        Client::org(&format!("chat_conversations/{BRANCHED}?tree=True&rendering_mode=messages&render_all_tools=true"));
    let tree = client.get("claude.ai", &path).json();
    let messages = tree["chat_messages"].as_array().unwrap();
    assert_eq!(messages.len(), 6);
    assert_eq!(messages[0]["parent_message_uuid"], ROOT);
    let mut branch = Vec::new();
    let mut at = tree["current_leaf_message_uuid"].clone();
    while at != ROOT {
        let message = messages.iter().find(|message| message["uuid"] == at).unwrap();
        branch.push(message["content"][0]["text"].as_str().unwrap());
        at = message["parent_message_uuid"].clone();
    }
    assert_eq!(branch.len(), 4);
    assert!(branch.contains(&"And with an Rc?") && !branch.contains(&"And with a clone?"));

    let trunk = client.get("claude.ai", &Client::org(&format!("chat_conversations/{BRANCHED}?tree=False"))).json();
    assert_eq!(trunk["chat_messages"].as_array().unwrap().len(), 4);
    let missing = client.get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}?tree=True")));
    assert_eq!(
        (missing.status, &missing.json()["error"]["details"]["error_code"]),
        (Some(404), &json!("chat_conversation_not_found"))
    );
    assert_eq!(client.get("claude.ai", &Client::org("chat_conversations/nonsense")).status, Some(400));
}

#[test]
fn a_first_prompt_creates_its_chat_and_streams_its_answer() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let answer = client.prompt(CONV, HUMAN, "How do I fix this?");
    assert_eq!((answer.status, answer.ending), (Some(200), Ending::Whole));
    assert!(answer.header("content-type").unwrap().contains("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let names = answer.names();
    assert_eq!(&names[..2], ["ping", "message_start"]);
    assert_eq!(&names[names.len() - 3..], ["message_delta", "message_limit", "message_stop"]);
    let text: String =
        answer.events().iter().filter_map(|(_, data)| data["delta"]["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(text, answer_to("How do I fix this?"));
    assert!(answer.body.contains("\"is_error\":true"), "a failing tool, which is no failure of Claude's");

    let tree = client.get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}?tree=True"))).json();
    assert_eq!(tree["chat_messages"][0]["uuid"], HUMAN, "the client's own id is adopted");
    assert_eq!(tree["chat_messages"][0]["content"][0]["text"], "How do I fix this?");
    assert_eq!(tree["chat_messages"][1]["stop_reason"], "end_turn");
    assert_eq!(lab.prompts(), ["How do I fix this?"]);
    let (seen, end) = lab.wait_for_completion(1, Duration::from_secs(1)).unwrap();
    assert_eq!((seen.prompt().as_deref(), seen.status, end), (Some("How do I fix this?"), Some(200), End::Whole));
}

#[test]
fn deltas_come_one_after_another() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let answer = client.prompt(CONV, HUMAN, "x");
    let span = answer.arrivals.last().unwrap().saturating_sub(answer.first_byte);
    assert!(answer.arrivals.len() > 10, "in pieces: {}", answer.arrivals.len());
    assert!(span >= Duration::from_millis(25), "about 1.8 s of real time, 40 times faster: {span:?}");
}

#[test]
fn the_same_message_is_taken_once() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.prompt(CONV, HUMAN, "once");
    let again = client.prompt(CONV, HUMAN, "once");
    assert_eq!(again.status, Some(409));
    assert_eq!(lab.prompts(), ["once"]);
}

#[test]
fn follow_ups_edits_and_retries_grow_the_tree() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.prompt(CONV, HUMAN, "first");
    let path = Client::org(&format!("chat_conversations/{CONV}"));
    let tree = client.get("claude.ai", &path).json();
    let leaf = tree["current_leaf_message_uuid"].clone();
    let follow = |parent: &Value, human: &str, prompt: &str| {
        let mut body = first_message(human, prompt);
        body.as_object_mut().unwrap().remove("create_conversation_params");
        body["parent_message_uuid"] = parent.clone();
        body
    };
    let second = "019d0d70-0000-7000-8000-0000000000f2";
    assert_eq!(
        client.post("claude.ai", &format!("{path}/completion2"), &follow(&leaf, second, "second")).status,
        Some(200)
    );
    // An edit of the second: the same parent again.
    let edited = "019d0d70-0000-7000-8000-0000000000f3";
    assert_eq!(
        client.post("claude.ai", &format!("{path}/completion"), &follow(&leaf, edited, "edited")).status,
        Some(200)
    );
    let retry = json!({"prompt": "", "parent_message_uuid": edited, "rendering_mode": "messages"});
    assert_eq!(client.post("claude.ai", &format!("{path}/retry_completion"), &retry).status, Some(200));
    let tree = client.get("claude.ai", &path).json();
    let children = |of: &Value| {
        tree["chat_messages"].as_array().unwrap().iter().filter(|it| it["parent_message_uuid"] == *of).count()
    };
    assert_eq!((children(&leaf), children(&json!(edited))), (2, 2));
    let unknown = follow(&json!("019d0d70-0000-7000-8000-0000000000ff"), "019d0d70-0000-7000-8000-0000000000f4", "x");
    assert_eq!(client.post("claude.ai", &format!("{path}/completion"), &unknown).status, Some(400));
    let elsewhere = Client::org("chat_conversations/019d0d70-0000-7000-8000-000000000009/completion");
    assert_eq!(client.post("claude.ai", &elsewhere, &follow(&leaf, second, "x")).status, Some(404));
}

#[test]
fn small_endpoints_answer_with_their_codes() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let created = client.post("claude.ai", &Client::org("chat_conversations"), &json!({"uuid": CONV, "name": ""}));
    assert_eq!((created.status, &created.json()["uuid"]), (Some(201), &json!(CONV)));
    let path = Client::org(&format!("chat_conversations/{CONV}"));
    let title = client.post(
        "claude.ai",
        &format!("{path}/title"),
        &json!({"message_content": "Fix my code please", "recent_titles": []}),
    );
    assert_eq!((title.status, &title.json()["title"]), (Some(202), &json!("Fix my code please")));
    let status = client.get("claude.ai", &format!("{path}/completion_status?poll=false")).json();
    assert_eq!(status, json!({"is_pending": false, "is_error": false, "error_code": null, "error_detail": null}));
    assert_eq!(client.get("claude.ai", &format!("{path}/serving")).status, Some(404));
    assert_eq!(client.send("claude.ai", "DELETE", &path, "").status, Some(204));
    assert_eq!(client.get("claude.ai", &path).status, Some(404));
    let upload = client.send(
        "claude.ai",
        "POST",
        &Client::org(&format!("conversations/{CONV}/wiggle/upload-file")),
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\n\r\nhello\r\n--b--\r\n",
    );
    assert_eq!(upload.json()["file_name"], "notes.txt");
    for path in ["/api/event_logging/v2/batch", "/sentry-tunnel?o=1", "/cdn-cgi/rum", "/api/frame/telemetry"] {
        assert_eq!(client.post("claude.ai", path, &json!({})).status, Some(200), "{path}");
        assert_eq!(lab.requests().last().unwrap().part, Part::Telemetry);
    }
}

#[test]
fn without_a_session_the_api_refuses_and_pages_lead_to_the_login() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.sign(Session::Out);
    let refused = client.get("claude.ai", &Client::org("chat_conversations_v2"));
    assert_eq!(
        (refused.status, &refused.json()["error"]["details"]["error_code"]),
        (Some(403), &json!("account_session_invalid"))
    );
    assert_eq!(client.get("claude.ai", "/api/bootstrap").json()["account"], Value::Null);
    let page = client.get("claude.ai", "/chat/x");
    assert_eq!((page.status, page.header("location")), (Some(307), Some("/login?returnTo=%2Fchat%2Fx")));
    assert_eq!(client.get("claude.ai", "/login").status, Some(200));

    assert!(client.get("claude.ai", "/api/auth/login_methods?email=ada%40example.com").json()["methods"].is_array());
    assert_eq!(
        client.post("claude.ai", "/api/auth/send_magic_link", &json!({"email_address": "ada@example.com"})).json()["sent"],
        true
    );
    assert_eq!(
        client.post("claude.ai", "/api/auth/verify_magic_link", &json!({"credentials": {}})).json()["success"],
        true
    );
    assert_eq!(client.get("claude.ai", "/api/account").status, Some(200));
    client.post("claude.ai", "/api/auth/logout", &json!({}));
    assert!(!client.cookies.iter().any(|(name, _)| name == "sessionKey"));
    assert_eq!(client.get("claude.ai", "/api/account").status, Some(403));
    assert_eq!(
        Client::new(&lab).get("claude.ai", "/api/account").status,
        Some(403),
        "a client without cookies is nobody"
    );
}

#[test]
fn whoever_passes_the_check_is_led_back() {
    let lab = lab();
    let mut client = Client::new(&lab);
    for (to, back) in [
        ("%2Fchat%2Fx%3Fa%3D1", "/chat/x?a=1"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("", "/"),
    ] {
        let bounce = client.get("claude.ai", &format!("/api/challenge_redirect?to={to}"));
        assert_eq!((bounce.status, bounce.header("location")), (Some(307), Some(back)), "{to}");
    }
}

#[test]
fn the_status_page_has_its_shape_and_says_so_when_nothing_changed() {
    let lab = lab();
    let mut client = Client::new(&lab);
    let summary = client.get("status.claude.com", "/api/v2/summary.json");
    assert_eq!(summary.header("access-control-allow-origin"), Some("*"));
    let body = summary.json();
    assert_eq!(body["status"], json!({"indicator": "none", "description": "All Systems Operational"}));
    let ids: Vec<&str> = body["components"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["rwppv331jlwc", "k8w3r06qmzrp", "yyzkbfz2thpt", "0qbwn08sd68x"]);
    for path in ["status", "components", "incidents", "incidents/unresolved", "scheduled-maintenances"] {
        assert_eq!(client.get("status.claude.com", &format!("/api/v2/{path}.json")).status, Some(200), "{path}");
    }
    let moved = client.get("status.anthropic.com", "/api/v2/summary.json");
    assert_eq!(
        (moved.status, moved.header("location")),
        (Some(302), Some("https://status.claude.com/api/v2/summary.json"))
    );
}

#[test]
fn a_connection_serves_many_requests() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let mut stream = client.connect("claude.ai").unwrap();
    for _ in 0..3 {
        assert_eq!(client.over(&mut stream, "claude.ai", "GET", "/api/account", "").status, Some(200));
        assert_eq!(client.over(&mut stream, "claude.ai", "HEAD", "/new", "").ending, Ending::Whole);
    }
}

#[test]
fn a_reset_makes_everything_fresh() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.prompt(CONV, HUMAN, "gone");
    lab.sign(Session::Out);
    lab.reset();
    assert!(lab.requests().is_empty() && lab.prompts().is_empty());
    assert_eq!(
        Client::signed_in(&lab).get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}"))).status,
        Some(404)
    );
}

#[test]
fn stopping_ends_the_listening() {
    let lab = lab();
    let client = Client::new(&lab);
    lab.stop();
    assert!(client.connect("claude.ai").is_err());
}
