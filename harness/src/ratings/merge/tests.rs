//! Tests of `merge`.

use std::path::Path;

use super::*;

fn file(name: &str, lines: &[String]) -> RatingFile {
    RatingFile::of(Path::new(name), &lines.join("\n")).unwrap()
}

fn stars(rater: &str, stars: u8, time: &str) -> String {
    format!(
        r#"{{"rater":"{rater}","pack":"p","prompt":"q","variables":{{"x":1,"y":2}},"kind":"stars","at":{{"branch":"t","step":5}},"stars":{stars},"time":"{time}"}}"#
    )
}

fn pair(rater: &str, steps: [u64; 2], winner: &str, time: &str) -> String {
    let [a, b] = steps;
    format!(
        r#"{{"rater":"{rater}","pack":"p","prompt":"q","kind":"pair","a":{{"branch":"t","step":{a}}},"b":{{"branch":"t","step":{b}}},"winner":"{winner}","time":"{time}"}}"#
    )
}

fn told(known: &[RatingFile], files: &[RatingFile], others: Others) -> Result<(Vec<f64>, [usize; 3])> {
    let known = merge(Vec::new(), known, Others::Refused)?.all;
    let merged = merge(known, files, others)?;
    let value = |rating: &Rating| rating.stars().map(|(_, stars)| stars).or(rating.game().map(|game| game.2)).unwrap();
    Ok((merged.all.iter().map(value).collect(), [merged.new, merged.replaced, merged.left_out]))
}

const ONE: &str = "2026-01-01T10:00:00+05:00";
const TWO: &str = "2026-01-01T06:00:00Z"; // an hour later, though it sorts before as a text

#[test]
fn a_reader_has_one_opinion_on_one_thing() {
    let cases: [(&[String], &[f64], [usize; 3]); 9] = [
        (&[stars("ann", 1, ONE), stars("ann", 5, TWO)], &[5.0], [1, 1, 0]),
        (&[stars("ann", 5, TWO), stars("ann", 1, ONE)], &[5.0], [1, 1, 0]),
        (&[stars("ann", 1, ""), stars("ann", 5, "2026-01-01")], &[5.0], [1, 1, 0]),
        (&[stars("ann", 5, "2026-01-01"), stars("ann", 1, "")], &[5.0], [1, 1, 0]),
        (&[stars("ann", 5, TWO), stars("ann", 5, ONE)], &[5.0], [1, 0, 0]),
        (&[stars("ann", 2, ONE), stars("ben", 3, ONE)], &[2.0, 3.0], [2, 0, 0]),
        (&[stars("ann", 2, ONE), stars("ann ", 3, TWO).replace(r#""x":1,"y":2"#, r#""y":2,"x":1"#)], &[3.0], [1, 1, 0]),
        (&[pair("ann", [5, 6], "a", ONE), pair("ann", [6, 5], "a", TWO)], &[1.0], [1, 0, 1]),
        (
            &[pair("ann", [5, 6], "a", ONE), pair("ann", [6, 5], "b", TWO), pair("ann", [5, 7], "tie", TWO)],
            &[1.0, 0.5],
            [2, 0, 0],
        ),
    ];
    for (lines, values, counts) in cases {
        let read = told(&[], &[file("a", lines)], Others::Refused).unwrap();
        assert_eq!(read, (values.to_vec(), counts), "{lines:?}");
    }
}

#[test]
fn other_votes_under_one_name_are_refused_unless_told() {
    let first = [file("first", &[stars("me", 1, ONE), pair("me", [5, 6], "a", ONE)])];
    let second = [file("second", &[stars("me", 4, TWO), pair("me", [6, 5], "a", TWO)])];
    let refused = told(&first, &second, Others::Refused).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "second, line 1: `me` has judged this otherwise before (2 votes that differ: nothing was merged)"
    );
    assert!(told(&[], &[first.clone(), second.clone()].concat(), Others::Refused).is_err(), "two files at once");
    assert_eq!(told(&first, &second, Others::Replace).unwrap(), (vec![4.0, 1.0], [0, 2, 0]));
    assert_eq!(told(&second, &first, Others::Replace).unwrap(), (vec![4.0, 1.0], [0, 0, 2]));
    assert_eq!(told(&first, &first, Others::Refused).unwrap(), (vec![1.0, 1.0], [0, 0, 0]), "nothing counts twice");
}
