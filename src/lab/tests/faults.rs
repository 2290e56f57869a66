//! Every fault as it shows on a client's socket.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking, and watches the clock")]

mod common;

use common::{Client, Ending, Got, first_message, lab};
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;
use understudy_lab::{Answer, Effect, End, Fault, Lab, Link, Network, Part, Shape, Target};

const CONV: &str = "019d0d70-0000-7000-8000-000000000001";
const HUMAN: &str = "019d0d70-0000-7000-8000-0000000000f1";
const SOON: Duration = Duration::from_secs(5);

/// One send under one fault.
fn send_under(fault: Fault) -> (Lab, Client, Got) {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.patience = Duration::from_millis(400);
    lab.fault(fault);
    let got = client.prompt(CONV, HUMAN, "hello");
    (lab, client, got)
}

fn completion(effect: Effect) -> Fault {
    Fault::on(&[Part::Completion], effect)
}

fn arrived(client: &mut Client) -> bool {
    let tree = client.get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}?tree=True")));
    tree.status == Some(200) && tree.json()["chat_messages"].as_array().unwrap().iter().any(|it| it["uuid"] == HUMAN)
}

#[test]
fn every_shape_is_sent_as_it_is() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    for shape in Shape::ALL {
        let id = lab.fault(completion(Effect::shape(shape)));
        let got = client.prompt(CONV, HUMAN, "hello");
        lab.lift(id);
        assert_eq!((got.status, got.ending), (Some(shape.status()), Ending::Whole), "{shape:?}");
        assert_eq!(got.header("cf-mitigated").is_some(), shape == Shape::Challenge, "{shape:?}");
        assert_eq!(got.header("location").is_some(), shape == Shape::Region, "{shape:?}");
        let stranger = matches!(shape, Shape::CaptivePortal | Shape::CompanyFilter);
        assert_eq!(got.header("cf-ray").is_none(), stranger, "only strangers are not behind Cloudflare: {shape:?}");
    }
    assert!(lab.prompts().is_empty(), "none of them was taken");
    assert_eq!(client.prompt(CONV, HUMAN, "hello").status, Some(200), "and all of them were lifted");
}

#[test]
fn bodies_of_the_best_known_failures() {
    let body = |shape| send_under(completion(Effect::shape(shape))).2;
    let overloaded = body(Shape::Overloaded);
    assert_eq!(overloaded.json()["error"], json!({"type": "overloaded_error", "message": "Overloaded"}));
    assert!(overloaded.json()["request_id"].as_str().unwrap().starts_with("req_"));
    assert_eq!(body(Shape::ApiError).json()["error"]["message"], "Internal server error");
    assert!(
        body(Shape::UpstreamConnect).body.starts_with("upstream connect error or disconnect/reset before headers.")
    );
    assert_eq!(body(Shape::RateExceeded).body, "Rate exceeded");
    assert_eq!(body(Shape::CloudflareText).body, "error code: 522");
    let edge = send_under(completion(Effect::shape_with(Shape::Cloudflare, 521))).2;
    assert!(edge.status == Some(521) && edge.body.contains("<title>claude.ai | 521: Web server is down</title>"));
    let limit = body(Shape::UsageLimit).json();
    let inner: Value = serde_json::from_str(limit["error"]["message"].as_str().unwrap()).unwrap();
    assert!(inner["resetsAt"].as_u64().unwrap() > 1_700_000_000);
}

#[test]
fn an_answer_of_ones_own() {
    let answer = Answer {
        status: Some(418),
        content_type: Some("text/plain".to_owned()),
        body: Some("teapot".to_owned()),
        headers: [("retry-after".to_owned(), "3".to_owned())].into(),
        ..Answer::default()
    };
    let (_, _, got) = send_under(completion(Effect::Answer(answer)));
    assert_eq!((got.status, got.body.as_str(), got.header("retry-after")), (Some(418), "teapot", Some("3")));
}

#[test]
fn connections_break_before_the_headers() {
    let (lab, mut client, got) = send_under(completion(Effect::Reset));
    assert_eq!((got.status, got.ending), (None, Ending::Reset));
    let (seen, end) = lab.wait_for_completion(1, SOON).unwrap();
    assert_eq!((seen.fault, end), (Some("reset"), End::Broken));
    assert!(!arrived(&mut client));
    let (_, _, got) = send_under(completion(Effect::Close));
    assert_eq!((got.status, got.ending), (None, Ending::Cut), "an orderly close with nothing in it");
    let (_, _, got) = send_under(completion(Effect::Hang));
    assert_eq!((got.status, got.ending), (None, Ending::Silence));
}

#[test]
fn a_broken_request_may_have_arrived_all_the_same() {
    for effect in [Effect::Reset, Effect::Close, Effect::shape(Shape::BadGateway)] {
        let (lab, mut client, _) = send_under(completion(effect).accepted());
        assert!(arrived(&mut client));
        assert_eq!(lab.prompts(), ["hello"]);
        lab.clear();
        // The client sends the same message again: a conflict is how it learns that the message is there.
        assert_eq!(client.prompt(CONV, HUMAN, "hello").status, Some(409));
    }
}

#[test]
fn plain_bodies_break_in_their_middle() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.patience = Duration::from_millis(400);
    let path = Client::org("chat_conversations_v2");
    let whole = client.get("claude.ai", &path);
    let cases = [
        (Effect::ResetMidBody { after: 20 }, Ending::Reset, 20),
        (Effect::CutBody { after: 20 }, Ending::Cut, 20),
        (Effect::ShortBody { after: 20 }, Ending::Cut, 20),
        (Effect::Stall, Ending::Silence, 0),
    ];
    for (effect, ending, length) in cases {
        let id = lab.fault(Fault::on(&[Part::List], effect.clone()));
        let got = client.get("claude.ai", &path);
        lab.lift(id);
        assert_eq!(
            (got.status, got.ending, got.body.as_str()),
            (Some(200), ending, &whole.body[..length]),
            "{effect:?}"
        );
    }
}

#[test]
fn slow_headers_come_all_the_same() {
    let (_, _, got) = send_under(completion(Effect::Slow { ms: 4_000 }));
    assert_eq!((got.status, got.ending), (Some(200), Ending::Whole));
    assert!(got.first_byte >= Duration::from_millis(100), "4 s, 40 times faster: {:?}", got.first_byte);
}

#[test]
fn streams_break_after_so_many_events() {
    let error = Effect::StreamError {
        after: 4,
        kind: "overloaded_error".to_owned(),
        message: String::new(),
        code: Some("x_y".to_owned()),
    };
    let (lab, mut client, got) = send_under(completion(error));
    assert_eq!((got.status, got.ending), (Some(200), Ending::Whole));
    assert_eq!(got.names().len(), 5);
    let (name, data) = got.events().pop().unwrap();
    assert_eq!(name, "error");
    assert_eq!(
        data,
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded",
        "details": {"error_code": "x_y", "error_visibility": "user_facing"}}})
    );
    assert!(arrived(&mut client), "the message was taken");
    let status =
        client.get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}/completion_status?poll=true"))).json();
    assert_eq!((&status["is_pending"], &status["is_error"]), (&json!(false), &json!(true)));
    assert_eq!(lab.wait_for_completion(1, SOON).unwrap().1, End::Whole);

    let (_, _, got) = send_under(completion(Effect::StreamEnd { after: 4 }));
    assert_eq!((got.ending, got.names().len()), (Ending::Whole, 4));
    let (lab, _, got) = send_under(completion(Effect::CutBody { after: 4 }));
    assert_eq!((got.ending, got.names().len()), (Ending::Cut, 4));
    assert_eq!(lab.wait_for_completion(1, SOON).unwrap().1, End::Broken);
    let (_, _, got) = send_under(completion(Effect::ResetMidBody { after: 4 }));
    assert_eq!((got.ending, got.names().len()), (Ending::Reset, 4));
    let (_, _, got) = send_under(completion(Effect::StreamStall { after: 4, pings: false }));
    assert_eq!((got.ending, got.names().len()), (Ending::Silence, 4));
    let (lab, _, got) = send_under(completion(Effect::StallThenClose { after: 4, ms: 2_000 }));
    assert_eq!((got.ending, got.names().len()), (Ending::Cut, 4));
    assert_eq!(lab.wait_for_completion(1, SOON).unwrap().1, End::Broken);
    // Pings come every 15 s, here every 375 ms.
    let lab = self::lab();
    let mut client = Client::signed_in(&lab);
    client.pieces = 9;
    lab.fault(completion(Effect::StreamStall { after: 4, pings: true }));
    let got = client.prompt(CONV, HUMAN, "hello");
    let names: Vec<String> = got.names();
    assert!(names.len() > 4 && names[4..].iter().all(|name| name == "ping"), "{names:?}");
}

#[test]
fn a_limit_can_come_with_a_good_answer() {
    let (_, _, got) = send_under(completion(Effect::StreamLimit { resets_in: 60 }));
    let limit = got.events().into_iter().find(|(name, _)| name == "message_limit").unwrap().1;
    assert_eq!(limit["message_limit"]["type"], "exceeded_limit");
    assert!(limit["message_limit"]["resetsAt"].is_u64());
    assert_eq!(got.names().last().map(String::as_str), Some("message_stop"));
}

#[test]
fn the_same_turn_sent_again_without_its_ids_stays_one_message() {
    let error =
        Effect::StreamError { after: 8, kind: "overloaded_error".to_owned(), message: String::new(), code: None };
    let (lab, mut client, _) = send_under(completion(error).times(1));
    let mut again = first_message(HUMAN, "hello");
    again.as_object_mut().unwrap().remove("create_conversation_params");
    again.as_object_mut().unwrap().remove("turn_message_uuids");
    let got = client.post("claude.ai", &Client::org(&format!("chat_conversations/{CONV}/completion")), &again);
    assert_eq!((got.status, got.names().last().map(String::as_str)), (Some(200), Some("message_stop")));
    assert_eq!(lab.prompts(), ["hello"]);
}

#[test]
fn stop_ends_a_stream_and_keeps_what_was_said() {
    let lab = Lab::start(understudy_lab::LabConfig { speed: 4.0, ..understudy_lab::LabConfig::default() }).unwrap();
    let mut client = Client::signed_in(&lab);
    let mut other_tab = Client::signed_in(&lab);
    other_tab.cookies.clone_from(&client.cookies);
    let got = thread::scope(|scope| {
        let answer = scope.spawn(|| client.prompt(CONV, HUMAN, "a long story"));
        lab.wait_for(SOON, |seen| seen.part == Part::Completion && seen.status == Some(200)).unwrap();
        let stopped =
            other_tab.post("claude.ai", &Client::org(&format!("chat_conversations/{CONV}/stop_response")), &json!({}));
        assert_eq!(stopped.status, Some(200));
        answer.join().unwrap()
    });
    assert!(!got.names().contains(&"message_stop".to_owned()));
    let tree = other_tab.get("claude.ai", &Client::org(&format!("chat_conversations/{CONV}"))).json();
    assert_eq!(tree["chat_messages"][1]["stop_reason"], "user_canceled");
}

#[test]
fn a_client_that_leaves_is_told_from_a_broken_answer() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.fault(completion(Effect::StreamStall { after: 2, pings: false }));
    client.patience = Duration::from_millis(100);
    client.prompt(CONV, HUMAN, "never mind");
    assert_eq!(lab.wait_for_completion(1, SOON).unwrap().1, End::ClientGone);
}

#[test]
fn the_last_fault_set_decides_until_it_is_used_up() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.fault(completion(Effect::shape(Shape::ApiError)));
    lab.fault(completion(Effect::shape(Shape::Overloaded)).skip(1).times(1));
    let statuses: Vec<Option<u16>> = (0..3).map(|_| client.prompt(CONV, HUMAN, "x").status).collect();
    assert_eq!(statuses, [Some(500), Some(529), Some(500)]);
    assert_eq!(client.get("claude.ai", "/new").status, Some(200), "other parts are well");
}

#[test]
fn faults_meet_paths_and_methods() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let on = Target {
        method: Some("get".to_owned()),
        path: Some("/api/organizations/*/usage".to_owned()),
        ..Target::default()
    };
    lab.fault(Fault { on, ..Fault::on(&[], Effect::shape(Shape::NotFound)) });
    assert_eq!(client.get("claude.ai", &Client::org("usage")).status, Some(404));
    assert_eq!(client.get("claude.ai", &Client::org("chat_conversations_v2")).status, Some(200));
    lab.fault(Fault {
        on: Target { host: Some("status.claude.com".to_owned()), ..Target::default() },
        ..Fault::on(&[], Effect::Reset)
    });
    assert_eq!(client.get("status.claude.com", "/api/v2/summary.json").ending, Ending::Reset);
}

#[test]
fn a_browsers_own_second_try_meets_the_same_break() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.fault(completion(Effect::Reset).times(1));
    assert_eq!(client.prompt(CONV, HUMAN, "x").ending, Ending::Reset);
    let at_once = client.prompt(CONV, HUMAN, "x");
    // Only on a machine that stalls for longer than a browser would take may the second try get through.
    let gap = {
        let all = lab.completions();
        all[1].at - all[0].at
    };
    assert!(at_once.ending == Ending::Reset || gap > 60, "after {gap} ms");
    let other =
        client.prompt("019d0d70-0000-7000-8000-000000000002", "019d0d70-0000-7000-8000-0000000000f2", "another");
    assert_eq!(other.status, Some(200), "another request is not meant");
}

#[test]
fn a_dead_network_resets_what_is_open_and_what_comes() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    client.patience = Duration::from_secs(5);
    let mut open = client.connect("claude.ai").unwrap();
    assert_eq!(client.over(&mut open, "claude.ai", "GET", "/api/account", "").status, Some(200));
    lab.network(Network::all(Link::Reset));
    assert_eq!(client.over(&mut open, "claude.ai", "GET", "/api/account", "").ending, Ending::Reset);
    for host in ["claude.ai", "status.claude.com", "chatgpt.com"] {
        assert_eq!(client.get(host, "/").ending, Ending::Reset, "{host}");
    }
    lab.clear();
    assert_eq!(client.get("claude.ai", "/api/account").status, Some(200));
}

#[test]
fn one_host_can_die_alone() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.network(Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] });
    assert_eq!(client.get("claude.ai", "/new").ending, Ending::Reset);
    assert_eq!(client.get("status.claude.com", "/api/v2/status.json").status, Some(200));
}

#[test]
fn a_refused_port_is_had_again() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    lab.network(Network::all(Link::Refused));
    assert_eq!(client.get("claude.ai", "/new").ending, Ending::Reset);
    assert!(client.connect("claude.ai").is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused));
    lab.network(Network::default());
    assert_eq!(client.get("claude.ai", "/new").status, Some(200));
}

#[test]
fn a_silent_network_says_nothing_and_goes_on_where_it_was() {
    let lab = lab();
    let mut client = Client::signed_in(&lab);
    let mut open = client.connect("claude.ai").unwrap();
    assert_eq!(client.over(&mut open, "claude.ai", "GET", "/api/account", "").status, Some(200));
    lab.network(Network::all(Link::Silent));
    client.patience = Duration::from_millis(150);
    assert_eq!(client.get("claude.ai", "/new").ending, Ending::Silence);
    lab.clear();
    assert_eq!(client.over(&mut open, "claude.ai", "GET", "/api/account", "").status, Some(200));
}
