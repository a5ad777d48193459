//! How long to wait before the hub is asked again, and how often: as its headers say, or a little longer each time.

use std::time::{Duration, Instant};

use ureq::http::HeaderMap;

/// So often in a row a request may fail without a byte of progress.
const FAILURES: u32 = 6;
/// So often in a row the hub may ask to wait.
const ASKED: u32 = 24;
/// The first wait after a second failure; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// A wait that is asked for is told from here on.
const WORTH_TELLING: Duration = Duration::from_secs(2);
/// No wait that is asked for is longer: the hub counts in windows of five minutes.
const LONGEST: Duration = Duration::from_mins(15);
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Who is told of what takes long, and who may stop it.
#[derive(Clone, Copy)]
pub(crate) struct Talk<'a> {
    pub(crate) tell: &'a (dyn Fn(&str) + Sync),
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
}

impl Talk<'static> {
    /// Nobody is told, nobody stops it.
    pub(crate) const ALONE: Self = Self { tell: &|_| (), stop: &|| false };
}

impl Talk<'_> {
    /// Whether it was stopped meanwhile.
    pub(super) fn sleep(self, how_long: Duration) -> bool {
        let until = Instant::now() + how_long;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if (self.stop)() || left.is_zero() {
                return (self.stop)();
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// How much more is put up with.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    asked: u32,
}

impl Patience {
    /// Bytes have come.
    pub(super) fn renew(&mut self) {
        *self = Self::default();
    }

    /// The wait after a failure; `None` when it is over.
    pub(super) fn after_failure(&mut self) -> Option<Duration> {
        self.failures += 1;
        match self.failures {
            1 => Some(Duration::ZERO),
            failures if failures <= FAILURES => Some(FIRST * 2_u32.pow(failures - 2)),
            _ => None,
        }
    }

    /// The wait that an answer with 429 or 503 asks for, told where it is long; `None` when it is over.
    pub(super) fn as_asked(&mut self, headers: &HeaderMap, talk: Talk<'_>) -> Option<Duration> {
        let Some(wait) = asked_for(headers) else { return self.after_failure().map(|wait| wait.max(FIRST)) };
        let wait = wait.min(LONGEST);
        self.asked += 1;
        if wait >= WORTH_TELLING {
            (talk.tell)(&format!("the hub asks to wait {} s: waiting", wait.as_secs()));
        }
        (self.asked <= ASKED).then_some(wait)
    }
}

/// The wait that headers ask for: `Retry-After: 30`, or `RateLimit: "api";r=0;t=30` (nothing remains, the window ends in 30 s: a
/// second more is safe).
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(seconds) = text("Retry-After").and_then(|text| text.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    let part = |part: &str| part.trim().strip_prefix("t=")?.parse::<u64>().ok();
    text("RateLimit")?.split(';').find_map(part).map(|seconds| Duration::from_secs(seconds.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_as_long_as_the_headers_say() {
        let wait = |name: &'static str, value: &'static str| {
            let headers: HeaderMap = [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect();
            asked_for(&headers).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("retry-after", "7"), Some(7));
        assert_eq!(wait("ratelimit", "\"api\";r=0;t=55"), Some(56));
        assert_eq!(wait("ratelimit", "\"api\";r=0;t=18446744073709551615"), Some(u64::MAX));
        assert_eq!(wait("ratelimit", "\"api\";r=0"), None);
        assert_eq!(wait("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(wait("date", "7"), None);
    }

    #[test]
    fn patience_ends_and_is_renewed() {
        let mut patience = Patience::default();
        let waits: Vec<_> = std::iter::from_fn(|| patience.after_failure()).collect();
        assert_eq!(waits.len(), 6);
        assert_eq!((waits[0], waits[1], waits[5]), (Duration::ZERO, FIRST, FIRST * 16));
        patience.renew();
        assert_eq!(patience.after_failure(), Some(Duration::ZERO));
        assert!(Talk { tell: &|_| (), stop: &|| true }.sleep(Duration::from_mins(1)), "stopped at once");
    }
}
