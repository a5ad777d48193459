//! Tests of `read`.

use super::*;

const STARS: &str = r#"{"rater": "ann", "pack": "p", "prompt": "q", "kind": "stars", "at": {"branch": "t", "step": 3}, "stars": 4, "note": "", "time": "2026-01-01T10:00:00Z"}"#;
const PAIR: &str = r#"{"rater": "ann", "pack": "p", "prompt": "q", "kind": "pair", "a": {"branch": "t", "step": 3}, "b": {"branch": "t", "step": 6}, "winner": "a", "time": "2026-01-01T10:00:00Z"}"#;

fn read(text: &str) -> Result<Vec<(usize, Rating)>> {
    RatingFile::of(Path::new("r.jsonl"), text).map(|file| file.ratings)
}

#[test]
fn lines_that_are_no_ratings_are_named() {
    let cases = [
        (STARS, r#""stars": 4"#, r#""stars": 0"#, "`stars` are 1 to 5, not 0"),
        (STARS, r#""stars": 4"#, r#""stars": 6"#, "`stars` are 1 to 5, not 6"),
        (STARS, r#""stars": 4"#, r#""stars": 200"#, "`stars` are 1 to 5, not 200"),
        (STARS, r#""stars": 4"#, r#""stars": -1"#, "-1"),
        (STARS, r#""stars": 4"#, r#""stars": 4.5"#, "4.5"),
        (STARS, r#""stars": 4, "#, "", "stars"),
        (STARS, r#""ann""#, r#""  ""#, "`rater` names nobody"),
        (STARS, r#""ann""#, "3", "string"),
        (STARS, "2026-01-01T10:00:00Z", "yesterday", "the time `yesterday` is none"),
        (STARS, "2026-01-01T10:00:00Z", "2026-13-01T10:00:00Z", "2026-13-01T10:00:00Z"),
        (STARS, r#""step": 3"#, r#""step": -3"#, "-3"),
        (STARS, "stars\", \"at", "hearts\", \"at", "hearts"),
        (PAIR, r#""winner": "a""#, r#""winner": "left""#, "left"),
        (PAIR, r#""winner": "a""#, r#""winner": """#, "`winner` is `a`, `b` or `tie`, not ``"),
        (PAIR, r#""winner": "a""#, r#""winner": null"#, "null"),
        (PAIR, r#""step": 6"#, r#""step": 3"#, "step 3 of `t` with itself"),
    ];
    for (line, old, new, wanted) in cases {
        let changed = line.replacen(old, new, 1);
        assert_ne!(changed, line);
        let error = read(&format!("{STARS}\n{changed}\n")).unwrap_err().to_string();
        assert!(error.starts_with("r.jsonl, line 2: is not a rating") && error.contains(wanted), "{new}: {error}");
    }
}

#[test]
fn usual_files_are_read() {
    let upper = PAIR.replace(r#""winner": "a""#, r#""winner": "A""#);
    let no_time = STARS.replace(r#", "time": "2026-01-01T10:00:00Z""#, "");
    let text = format!("\u{feff}{STARS}\r\n\r\n\u{feff}{upper}\r\n{no_time}");
    let read = read(&text).unwrap();
    assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 4]);
    assert!(read[1].1.game().is_some_and(|(_, _, score)| score > 0.9));
    assert_eq!(moment(&read[2].1), None);
}

#[test]
fn times_are_moments_not_texts() {
    let at = |time: &str| moment(&read(&STARS.replace("2026-01-01T10:00:00Z", time)).unwrap()[0].1);
    let early = at("2026-01-01T10:00:00+05:00");
    assert!(early < at("2026-01-01T06:00:00Z") && early == at("2026-01-01T05:00:00.000Z"));
    assert_eq!(at("2026-01-01 05:00:00"), early);
    assert!(at("2026-01-01") < early);
}
