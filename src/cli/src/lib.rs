//! What `understudy` does, without its command line, so that the website's playground does the very same in a browser: the engine on
//! a HAR file, on a trace and on simulated traffic.

pub mod accuracy;
pub mod diagnose;
pub mod har;
pub mod json;
pub mod replay;
pub mod report;
pub mod source;
pub mod words;
