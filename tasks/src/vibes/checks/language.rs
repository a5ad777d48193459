//! Language and script of a reply.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Finding;
use super::alphabet::SCRIPTS;
use super::text_match::fold;

/// A language that can be told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    De,
    Fr,
    Es,
    It,
    Pt,
    Nl,
    Ru,
    El,
    Ar,
    He,
    Hi,
    Zh,
    Ja,
    Ko,
}

/// Words that hardly a sentence of the language does without, few of them shared with the others.
const WORDS: [(Language, &str); 7] = [
    (
        Language::En,
        "the and of to is are was were it that you i for with this not have be on at my your we they what there will can do from but as a in an he she his her so if or me how",
    ),
    (
        Language::De,
        "der die das und ist sind war nicht ein eine ich du er sie es wir ihr mit für auf dem den des von zu im aber auch wie was wenn oder haben hat sein sich kann dass bei nach noch nur mein dein",
    ),
    (
        Language::Fr,
        "le la les et est sont était ne pas un une je tu il elle nous vous ils avec pour dans des du de que qui sur ce cette mais aussi comme si ou mon ma ton sa au aux en plus très c'est j'ai",
    ),
    (
        Language::Es,
        "el la los las y es son era no un una yo tú él ella nosotros con para en del de que por lo se su mi pero también como si o más muy está hay al qué me te le",
    ),
    (
        Language::It,
        "il lo la i gli le e è sono era non un una io tu lui lei noi con per in del della di che si su mio ma anche come se o più molto sta c'è al nel alla questo mi ti",
    ),
    (
        Language::Pt,
        "o a os as e é são era não um uma eu tu ele ela nós com para em do da de que por se seu meu mas também como ou mais muito está há ao no na isso me você",
    ),
    (
        Language::Nl,
        "de het een en is zijn was niet ik jij je hij zij ze wij we met voor op van te in dat die er aan maar ook als of wat hoe kan heb heeft naar nog wel mijn jouw om bij dit",
    ),
];

/// The language that fits best; `None` where nothing tells.
fn guess(text: &str) -> Option<Language> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let in_script = |holds: fn(char) -> bool| text.chars().filter(|c| holds(*c)).count();
    let (language, most) =
        SCRIPTS.map(|(language, holds)| (language, in_script(holds))).into_iter().max_by_key(|(_, n)| *n)?;
    if 2 * most > letters {
        // Japanese is written with Chinese characters between its own.
        let kana = in_script(SCRIPTS[6].1);
        return Some(if language == Language::Zh && 10 * kana > most { Language::Ja } else { language });
    }
    let lower = fold(text);
    let said: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty()).collect();
    let hits = |words: &str| said.iter().filter(|word| words.split(' ').any(|known| known == **word)).count();
    let counts = WORDS.map(|(language, words)| (language, hits(words)));
    // The first of equals: `max_by_key` would take the last.
    let (language, most) = counts.into_iter().rev().max_by_key(|(_, n)| *n)?;
    (most > 0).then_some(language)
}

pub(super) fn is(said: &str, value: Language) -> Finding {
    let guessed = guess(said);
    let name = |language: Language| format!("{language:?}").to_lowercase();
    let actual = guessed.map_or_else(|| "no language that is known".into(), name);
    Finding::of(guessed == Some(value), format!("language {}", name(value)), actual)
}
