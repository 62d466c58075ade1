// SPDX-License-Identifier: AGPL-3.0-or-later
//! First texts, written from [`Answers`].
//!
//! A template is a text in `texts/<language>/<kind>.txt`. A line `? condition` applies to the line after it, which
//! stands only when the condition holds (`!` before it: only when not). `{key}` is replaced by an answer.

use super::{Answers, Fee, Joining, TextKind, Voting};
use types::Language;

macro_rules! template {
    ($language:literal, $kind:literal) => {
        include_str!(concat!("../../texts/", $language, "/", $kind, ".txt"))
    };
}

fn template(kind: TextKind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::En, TextKind::Terms) => template!("en", "terms"),
        (Language::En, TextKind::Privacy) => template!("en", "privacy"),
        (Language::En, TextKind::Economy) => template!("en", "economy"),
        (Language::En, TextKind::Conduct) => template!("en", "conduct"),
        (Language::En, TextKind::Contact) => template!("en", "contact"),
        (Language::Fr, TextKind::Terms) => template!("fr", "terms"),
        (Language::Fr, TextKind::Privacy) => template!("fr", "privacy"),
        (Language::Fr, TextKind::Economy) => template!("fr", "economy"),
        (Language::Fr, TextKind::Conduct) => template!("fr", "conduct"),
        (Language::Fr, TextKind::Contact) => template!("fr", "contact"),
    }
}

/// The first text of a kind in a language.
pub fn first_text(kind: TextKind, language: Language, answers: &Answers) -> String {
    let mut kept = Vec::new();
    let mut stands = true;
    for line in template(kind, language).lines() {
        if let Some(condition) = line.strip_prefix("? ") {
            stands &= holds(condition.trim(), answers);
            continue;
        }
        if stands {
            kept.push(fill(line, answers));
        }
        stands = true;
    }
    // A line that was left out leaves no gap.
    let text = kept.join("\n");
    let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn holds(condition: &str, answers: &Answers) -> bool {
    let (negative, name) = match condition.strip_prefix('!') {
        Some(name) => (true, name),
        None => (false, condition),
    };
    let holds = match name {
        "invited" => answers.joining == Joining::Invited,
        "asking" => answers.joining == Joining::Asking,
        "closed" => answers.joining == Joining::Closed,
        "free" => answers.fee == Fee::None,
        "donations" => answers.fee == Fee::Donations,
        "dues" => answers.fee == Fee::Dues,
        "consent" => answers.voting == Voting::Consent,
        "majority" => answers.voting == Voting::Majority,
        "stewards" => answers.voting == Voting::Stewards,
        "copies" => answers.copies,
        "delegates" => !answers.delegates.is_empty(),
        _ => false,
    };
    holds != negative
}

fn fill(line: &str, answers: &Answers) -> String {
    let delegates = answers.delegates.join(", ");
    let values = [
        ("{name}", answers.name.trim()),
        ("{contact}", answers.contact.trim()),
        ("{country}", answers.country.trim()),
        ("{dues}", answers.dues.trim()),
        ("{delegates}", &delegates),
        ("{answer_days}", &answers.answer_days.to_string()),
        ("{log_days}", &answers.log_days.to_string()),
        ("{notice_days}", &answers.notice_days.to_string()),
        ("{end_days}", &answers.end_days.to_string()),
    ];
    // One pass, so that an answer that looks like a placeholder stays what it is.
    let mut text = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = values.iter().find(|(key, _)| rest.starts_with(key));
        let (value, skip) = known.map_or(("{", 1), |(key, value)| (*value, key.len()));
        text.push_str(value);
        rest = &rest[skip..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn words(kind: TextKind, language: Language) -> (Vec<&'static str>, BTreeSet<String>) {
        let conditions = template(kind, language)
            .lines()
            .filter_map(|line| line.strip_prefix("? "));
        let keys = template(kind, language)
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0.to_owned()));
        (conditions.collect(), keys.collect())
    }

    #[test]
    fn templates_say_the_same_in_every_language_and_use_only_what_is_asked() {
        let known = [
            "invited",
            "asking",
            "closed",
            "free",
            "donations",
            "dues",
            "consent",
            "majority",
            "stewards",
            "copies",
            "delegates",
        ];
        for kind in TextKind::ALL {
            let english = words(kind, Language::En);
            assert_eq!(words(kind, Language::Fr), english, "{kind:?}");
            for condition in english.0 {
                assert!(known.contains(&condition.trim_start_matches('!')), "{condition}");
            }
            for key in english.1 {
                assert_ne!(
                    fill(&format!("{{{key}}}"), &Answers::default()),
                    format!("{{{key}}}"),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_text_says_what_was_answered_and_nothing_else() {
        let mut answers = Answers {
            name: "Oak {contact} Street".into(),
            contact: "hello@oak.test".into(),
            country: "France".into(),
            fee: Fee::Dues,
            dues: "5 EUR".into(),
            log_days: 7,
            notice_days: 21,
            end_days: 90,
            answer_days: 3,
            ..Answers::default()
        };
        let economy = first_text(TextKind::Economy, Language::En, &answers);
        assert!(
            economy.contains("5 EUR") && economy.contains("Oak {contact} Street"),
            "{economy}"
        );
        let terms = first_text(TextKind::Terms, Language::Fr, &answers);
        assert!(
            terms.contains("21 jours") && terms.contains("90 jours"),
            "{terms}"
        );
        let privacy = first_text(TextKind::Privacy, Language::En, &answers);
        assert!(
            privacy.contains("7 days") && privacy.contains("no copies"),
            "{privacy}"
        );
        answers.copies = true;
        let privacy = first_text(TextKind::Privacy, Language::En, &answers);
        assert!(!privacy.contains("no copies"), "{privacy}");
        for kind in TextKind::ALL {
            for language in Language::ALL {
                let text = first_text(kind, language, &answers);
                assert!(text.len() > 150 && !text.contains("\n\n\n"), "{kind:?} {text}");
            }
        }
    }
}
