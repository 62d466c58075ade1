// SPDX-License-Identifier: AGPL-3.0-or-later
//! News as an Atom feed (RFC 4287) and planned downtime as a calendar (RFC 5545).

use super::{News, NewsKind};
use crate::date::{compact, moment};
use std::fmt::Write as _;
use types::Timestamp;

/// Entries in a feed.
const MOST: usize = 50;

/// The feed. `base` is the origin of the public page, without a slash at the end.
pub fn atom(news: &[News], title: &str, base: &str, since: Timestamp) -> String {
    let mut newest: Vec<&News> = news.iter().collect();
    newest.sort_by(|a, b| (b.changed, &b.id).cmp(&(a.changed, &a.id)));
    newest.truncate(MOST);
    let updated = newest.first().map_or(since, |one| one.changed);
    let base = xml(base);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = write!(
        text,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>{title}</title>\n<id>{base}/news.atom</id>\n\
         <link rel=\"self\" href=\"{base}/news.atom\"/>\n<link href=\"{base}/\"/>\n<updated>{updated}</updated>\n\
         <author><name>{title}</name></author>\n",
        title = xml(title),
        updated = moment(updated),
    );
    for one in newest {
        let mut words = format!("{} – ", moment(one.begins));
        words.push_str(&one.ends.map(moment).unwrap_or_default());
        if one.cancelled {
            words.push_str(" (cancelled)");
        }
        let _ = write!(
            text,
            "<entry>\n<title>{title}</title>\n<id>{base}/news/{id}</id>\n<link href=\"{base}/#news-{id}\"/>\n\
             <published>{written}</published>\n<updated>{changed}</updated>\n<category term=\"{kind}\"/>\n\
             <content type=\"text\">{content}</content>\n</entry>\n",
            title = xml(&one.title),
            id = xml(&one.id),
            written = moment(one.written),
            changed = moment(one.changed),
            kind = match one.kind {
                NewsKind::Incident => "incident",
                NewsKind::Planned => "planned",
            },
            content = xml(&format!("{words}\n\n{}", one.text)),
        );
    }
    text.push_str("</feed>\n");
    text
}

/// What XML 1.0 can hold, with its own signs escaped.
fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() && c != '\n' && c != '\t' => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// The calendar of planned downtime.
pub fn calendar(news: &[News], title: &str, host: &str) -> String {
    let mut text = String::new();
    for fixed in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Commonhost//Downtime//EN",
        "METHOD:PUBLISH",
    ] {
        line(&mut text, fixed);
    }
    line(&mut text, &format!("X-WR-CALNAME:{}", value(title)));
    let mut planned: Vec<&News> = news.iter().filter(|one| one.kind == NewsKind::Planned).collect();
    planned.sort_by(|a, b| (a.begins, &a.id).cmp(&(b.begins, &b.id)));
    for one in planned {
        line(&mut text, "BEGIN:VEVENT");
        line(&mut text, &format!("UID:{}@{}", value(&one.id), value(host)));
        line(&mut text, &format!("DTSTAMP:{}", compact(one.changed)));
        line(&mut text, &format!("CREATED:{}", compact(one.written)));
        line(&mut text, &format!("LAST-MODIFIED:{}", compact(one.changed)));
        line(&mut text, &format!("SEQUENCE:{}", one.sequence));
        line(&mut text, &format!("DTSTART:{}", compact(one.begins)));
        line(
            &mut text,
            &format!("DTEND:{}", compact(one.ends.unwrap_or(one.begins))),
        );
        line(&mut text, &format!("SUMMARY:{}", value(&one.title)));
        if !one.text.is_empty() {
            line(&mut text, &format!("DESCRIPTION:{}", value(&one.text)));
        }
        line(
            &mut text,
            &format!("STATUS:{}", if one.cancelled { "CANCELLED" } else { "CONFIRMED" }),
        );
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// A text value (RFC 5545, 3.3.11).
fn value(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n");
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A content line, folded at 75 bytes (RFC 5545, 3.1) and never within a character.
fn line(text: &mut String, content: &str) {
    let mut width = 0;
    for c in content.chars() {
        if width + c.len_utf8() > 75 {
            text.push_str("\r\n ");
            width = 1;
        }
        text.push(c);
        width += c.len_utf8();
    }
    text.push_str("\r\n");
}
