//! `strftime_now`: today's date as chat templates ask for it.

use minijinja::{Error, ErrorKind};

/// The present time, UTC, in Python's notation and the C locale. (A prompt with a date in it is another one tomorrow; that is
/// its author's wish.)
pub(crate) fn strftime_now(format: &str) -> Result<String, Error> {
    let wrong = |why: String| Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {why}"));
    let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(directives(format).map_err(wrong)?, &now).map_err(|error| wrong(error.to_string()))
}

/// The directives that jiff writes otherwise than Python in terms of those that both write alike. Python's time there has no
/// zone, so `%Z` and `%z` are empty.
fn directives(format: &str) -> Result<String, String> {
    let mut rest = format.chars();
    let mut plain = String::new();
    while let Some(c) = rest.next() {
        if c != '%' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('x' | 'D') => plain.push_str("%m/%d/%y"),
            Some('X' | 'T') => plain.push_str("%H:%M:%S"),
            Some('c') => plain.push_str("%a %b %e %H:%M:%S %Y"),
            Some('r') => plain.push_str("%I:%M:%S %p"),
            Some('f') => plain.push_str("%6f"),
            Some('Z' | 'z') => {}
            Some(known) if "aAbBCdeFgGhHIjklmMnpPRsStuUVwWyY%-".contains(known) => plain.extend(['%', known]),
            other => return Err(format!("`%{}` is not known", other.map_or_else(String::new, String::from))),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn dates_of_the_locale_are_those_of_c() {
        assert_eq!(directives("%x|%X|%%x|%Z%-d").unwrap(), "%m/%d/%y|%H:%M:%S|%%x|%-d");
        assert!(directives("%q").is_err() && directives("50 %").is_err());
    }
}
