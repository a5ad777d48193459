//! Tests of `remote`.

use super::*;

fn chosen(part: Option<&str>, splits: &[&str], paths: &[&str]) -> Vec<String> {
    let set = DataSet {
        id: "a/b".into(),
        part: part.map(Into::into),
        splits: splits.iter().map(|split| (*split).into()).collect(),
    };
    set.choose(paths).into_iter().map(|(path, place)| format!("{path}>{place}")).collect()
}

#[test]
fn files_are_chosen_in_the_layouts_of_the_hub() {
    let data = ["README.md", "data/train-00000-of-00001.parquet", "data/validation-00000-of-00001.parquet"];
    assert_eq!(chosen(None, &["validation"], &data), [format!("{0}>{0}", data[2])]);
    assert_eq!(chosen(None, &["validation", "train"], &data).len(), 2);
    assert_eq!(chosen(None, &["test", "train"], &data), [""; 0], "the split that is asked is not there");
    let parts =
        ["ARC-Easy/test-00000-of-00001.parquet", "ARC-Challenge/test-00000-of-00001.parquet", "ARC-Easy/dev.jsonl"];
    assert_eq!(chosen(Some("ARC-Challenge"), &["test"], &parts), [format!("{0}>{0}", parts[1])]);
    assert_eq!(chosen(Some("ARC-Easy"), &["test", "validation"], &parts).len(), 2);
    let converted = [
        "default/test/0000.parquet",
        "default/test/0001.parquet",
        "de/test/0000.parquet",
        "default/train/0000.parquet",
    ];
    assert_eq!(
        chosen(None, &["test"], &converted),
        ["default/test/0000.parquet>test/0000.parquet", "default/test/0001.parquet>test/0001.parquet"]
    );
    assert_eq!(
        chosen(Some("default"), &["test"], &converted)[0],
        "default/test/0000.parquet>default/test/0000.parquet"
    );
    assert_eq!(chosen(Some("de"), &["test"], &converted), ["de/test/0000.parquet>de/test/0000.parquet"]);
    let forms = ["test.jsonl", "test.csv", "test.parquet"];
    assert_eq!(chosen(None, &["test"], &forms), ["test.parquet>test.parquet"]);
}

/// What the shipped tasks read is chosen from the listings of their repositories, and found where it is put.
#[test]
fn every_shipped_task_knows_its_repository_and_its_licence() {
    let catalogue = crate::Catalogue::shipped().unwrap();
    let cases = [
        ("hellaswag", "Rowan/hellaswag", "data/validation-00000-of-00001.parquet"),
        ("arc_easy", "allenai/ai2_arc", "ARC-Easy/test-00000-of-00001.parquet"),
        ("arc_challenge", "allenai/ai2_arc", "ARC-Challenge/test-00000-of-00001.parquet"),
        ("mmlu_anatomy", "cais/mmlu", "anatomy/test-00000-of-00001.parquet"),
        ("piqa", "baber/piqa", "default/validation/0000.parquet"),
        ("winogrande", "allenai/winogrande", "winogrande_xl/validation-00000-of-00001.parquet"),
        ("boolq", "aps/super_glue", "boolq/validation-00000-of-00001.parquet"),
        ("openbookqa", "allenai/openbookqa", "main/test-00000-of-00001.parquet"),
        ("sciq", "allenai/sciq", "data/test-00000-of-00001.parquet"),
        ("lambada_openai", "EleutherAI/lambada_openai", "default/test/0000.parquet"),
        ("wikitext", "EleutherAI/wikitext_document_level", "wikitext-2-raw-v1/test/0000.parquet"),
    ];
    for (name, id, path) in cases {
        let task = catalogue.select(name).unwrap().leaves.remove(0);
        let set = task.data_set().unwrap();
        assert!(set.id == id && task.licence.is_some(), "{name}: {set:?}");
        let others = ["README.md", "other/test-00000-of-00001.parquet", "de/test/0000.parquet"];
        let chosen = set.choose(&[&[path], &others[..]].concat());
        assert_eq!(chosen.len(), 1, "{name}: {chosen:?}");
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join(&set.id).join(&chosen[0].1);
        fs_err::create_dir_all(place.parent().unwrap()).unwrap();
        fs_err::write(&place, "").unwrap();
        let looked = task.items(&[dir.path().to_path_buf()], None).unwrap_err().to_string();
        assert!(looked.contains(&place.display().to_string()), "{name} does not find {}: {looked}", place.display());
    }
    for leaf in catalogue.select("*").unwrap().leaves {
        assert!(leaf.data_set().is_none() || leaf.licence.is_some(), "{}", leaf.name);
    }
}
