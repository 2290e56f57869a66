//! The lab: a faithful local stand-in for claude.ai, for the fallback sites and for the official status page, with a script of faults.
//!
//! One port on 127.0.0.1 speaks TLS for all hosts; the browser is told to take it for the real ones, so that the extension's match
//! patterns and host permissions apply unchanged. What is known of the wire comes from recorded traffic; the front-ends are built by
//! `tests/sites`.
//!
//! ```no_run
//! use std::time::Duration;
//! use understudy_lab::{Effect, Fault, Lab, LabConfig, Part, Shape};
//!
//! let lab = Lab::start(LabConfig::default())?;
//! lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::Overloaded)).times(3));
//! // … point a browser at lab.port() and send a prompt …
//! let (seen, _) = lab.wait_for_completion(1, Duration::from_secs(10)).expect("a prompt was sent");
//! assert_eq!(seen.status, Some(529));
//! # Ok::<(), std::io::Error>(())
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this crate is the outside world, with clock, threads and a terminal"
)]

mod claude;
mod clock;
mod fault;
mod feed;
mod http;
mod lab;
mod log;
mod part;
mod play;
mod scenario;
mod server;
mod shape;
mod site;
mod status;
mod story;
mod stream;
mod world;

pub use claude::{BRANCHED, ORGANIZATION, ROOT};
pub use fault::{Answer, Effect, Fault, Link, Network, Target};
pub use feed::FEEDS;
pub use lab::{FaultId, Lab, LabConfig};
pub use log::{End, Seen};
pub use part::Part;
pub use play::{Done, Playing};
pub use scenario::{Deed, Expect, Scenario, ScenarioError, Session, Sight, Step, UserStep, When};
pub use shape::Shape;
pub use site::FALLBACKS;
pub use status::{Component, ComponentStatus, Impact, IncidentStatus, Post, StatusChange};
pub use stream::answer as answer_to;
