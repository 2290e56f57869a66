//! The hosts the extension may ask for: the engine's catalogue decides, the manifest follows.

/// Every optional host permission, sorted.
pub fn optional_hosts() -> Vec<String> {
    let mut hosts: Vec<String> = understudy_engine::provider::origins().collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
