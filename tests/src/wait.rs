//! Waiting for conditions. Nothing in these tests sleeps for a fixed time.

use crate::died::Died;
use anyhow::{Context, Result, bail};
use std::thread;
use std::time::{Duration, Instant};

/// How long a thing that happens at once may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);
/// How long a thing that needs a page load, a browser start or a large fill may take.
pub const PATIENT: Duration = Duration::from_secs(45);

/// The pause between two looks: short, because some tests measure with it.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// Calls `look` until it gives a value; fails with `what` and the last error after `limit`, and at once when the browser has died.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        let error = match look() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) if Died::in_error(&error).is_some() => {
                return Err(error).with_context(|| format!("while waiting for: {what}"));
            }
            Err(error) => Some(error),
        };
        if start.elapsed() >= limit {
            match error {
                Some(error) => bail!("after {limit:?} still not: {what} ({error:#})"),
                None => bail!("after {limit:?} still not: {what}"),
            }
        }
        thread::sleep(LOOK);
    }
}

/// Looks for `span` and fails if `look` ever gives a value: for what must *not* happen.
///
/// An absence can only be watched, so this is the one wait that always takes its whole time; keep `span` short.
pub fn never<T: std::fmt::Debug>(
    what: &str,
    span: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < span {
        if let Some(value) = look()? {
            bail!("must not happen: {what}: {value:?}");
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_returns_the_first_value() {
        let mut looks = 0;
        let value = until("three looks", SOON, || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(value.unwrap(), 3);
    }

    #[test]
    fn until_names_what_it_waited_for() {
        let error = until::<()>("the moon", Duration::from_millis(1), || bail!("clouds")).unwrap_err();
        assert!(error.to_string().contains("the moon") && error.to_string().contains("clouds"));
    }

    #[test]
    fn never_fails_when_it_happens() {
        assert!(never("a value", SOON, || Ok(Some(1))).is_err());
    }
}
