//! No choice is told by less than what is asked for.

use std::collections::BTreeSet;

use super::super::rows;
use super::super::spec::{Kind, LongSpec};
use super::{FAMILIES, file, items, spec};
use crate::{Catalogue, Item};

/// The choices as lists, and how many of them have at each place what the right one has there.
fn shared(item: &Item) -> (Vec<Vec<&str>>, Vec<usize>) {
    let lists: Vec<Vec<&str>> = item.choices.iter().map(|choice| choice.split(", ").collect()).collect();
    let right = &lists[item.gold];
    let of = |place: usize| lists.iter().filter(|list| list[place] == right[place]).count();
    let shared = (0..right.len()).map(of).collect();
    (lists, shared)
}

#[test]
fn no_code_alone_tells_the_right_list_and_each_of_them_is_asked_for() {
    let mine = |long: &str| file(long).unwrap()[0].items(&[], None).unwrap().items;
    for items in [
        items("long_values_1024", 20),
        items("long_queries_1024", 40),
        mine("  kind: needle\n  lengths: [1024]\n  keys: 2\n  queries: 2\n"),
        mine("  kind: needle\n  lengths: [1024]\n  keys: 6\n  queries: 3\n  values: 2\n"),
        mine("  kind: needle\n  lengths: [1024]\n  keys: 3\n  values: 2\n"),
    ] {
        let mut told = BTreeSet::new();
        for item in &items {
            let (lists, shared) = shared(item);
            assert_eq!(lists.iter().collect::<BTreeSet<_>>().len(), 4, "{lists:?}");
            assert!(lists.iter().all(|list| list.len() == shared.len()), "{lists:?}");
            assert!(shared.iter().all(|count| [2, 4].contains(count)), "{lists:?}");
            told.extend((0..shared.len()).filter(|place| shared[*place] == 2));
        }
        assert_eq!(told.len(), shared(&items[0]).1.len(), "every code is asked for somewhere: {told:?}");
    }
}

#[test]
fn a_chain_of_variables_has_to_be_followed_to_its_end() {
    for item in items("long_variables_1024", 80) {
        let (lists, shared) = shared(&item);
        assert!(lists.iter().all(|list| list.len() == 5), "{lists:?}");
        assert!(shared[0] == 4 && shared[3] == 2 && shared[4] == 1, "{shared:?} of {lists:?}");
        let last: BTreeSet<&str> = lists.iter().map(|list| list[4]).collect();
        assert_eq!(last.len(), 4, "each goes on to a chain of its own: {lists:?}");
    }
}

#[test]
fn the_right_choice_of_one_text_at_several_depths_has_no_place_of_its_own() {
    let tasks =
        file("  kind: needle\n  lengths: [1024]\n  texts: 2\n  depths: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]\n")
            .unwrap();
    let items = tasks[0].items(&[], None).unwrap().items;
    for text in items.chunks(10) {
        assert!(text.iter().map(|item| item.gold).collect::<BTreeSet<_>>().len() > 2, "{text:?}");
    }
}

#[test]
fn neither_the_first_nor_the_last_room_of_a_text_tells_where_anybody_is() {
    for hops in [1, 2] {
        let rows = rows(&LongSpec { hops, texts: 2000, ..spec(Kind::Facts) }, "mine.yaml", None).unwrap();
        let mut right = [0_usize; 2];
        for row in &rows {
            let named = row.haystack.needles.iter().filter_map(|(_, told)| told.split_once(" went to the "));
            let rooms: Vec<&str> = named.map(|(_, room)| room.trim_end_matches('.')).collect();
            let answer = row.row["answers"][0].as_str().unwrap();
            right[0] += usize::from(rooms[0] == answer);
            right[1] += usize::from(rooms[rooms.len() - 1] == answer);
        }
        let (count, chance) = (rows.len() as f64, 1.0 / 6.0);
        let error = (chance * (1.0 - chance) / count).sqrt();
        for right in right {
            assert!((right as f64 / count - chance).abs() < 4.0 * error, "{hops} hops: {right} of {count}");
        }
    }
}

#[test]
fn rows_are_the_same_every_time_and_guessing_scores_chance() {
    for family in FAMILIES {
        let selection = Catalogue::shipped().unwrap().select(&format!("long_{family}_1024")).unwrap();
        let task = &selection.leaves[0];
        let (first, again) = (task.items(&[], None).unwrap(), task.items(&[], None).unwrap());
        assert_eq!((&first.items, &first.data_hash), (&again.items, &again.data_hash));
        let chance = 1.0 / first.items[0].choices.len() as f64;
        assert!((first.chance.unwrap() - chance).abs() < 1e-9, "{family}");
        let firsts = first.items.iter().filter(|item| item.gold == 0).count() as f64 / first.items.len() as f64;
        assert!((firsts - chance).abs() < 0.16, "{family}: {firsts} of {}", first.items.len());
    }
}
