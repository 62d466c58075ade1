// SPDX-License-Identifier: AGPL-3.0-or-later
#![allow(clippy::unwrap_used, reason = "a test may end by panicking")]

use super::*;
use std::collections::BTreeMap;

/// Table to column to (type, may a row leave it out).
type Shape = BTreeMap<String, BTreeMap<String, (String, bool)>>;

fn shape(connection: &Connection) -> Shape {
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(std::result::Result::unwrap)
        .collect();
    let columns = |table: &str| {
        let mut info = connection
            .prepare(&format!("PRAGMA table_info({table})"))
            .unwrap();
        let rows = info.query_map([], |row| {
            let (kept, default): (bool, Option<String>) = (row.get(3)?, row.get(4)?);
            Ok((row.get(1)?, (row.get(2)?, !kept || default.is_some())))
        });
        rows.unwrap().map(std::result::Result::unwrap).collect()
    };
    names
        .iter()
        .map(|table| (table.clone(), columns(table)))
        .collect()
}

/// Rules of tables that were there before: one more of them could refuse what the release before writes.
fn rules(connection: &Connection, tables: &Shape) -> Vec<String> {
    let mut rules = connection
        .prepare(
            "SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' OR sql LIKE 'CREATE UNIQUE%'",
        )
        .unwrap();
    let rows = rules.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    rows.unwrap()
        .map(std::result::Result::unwrap)
        .filter(|(table, _)| tables.contains_key(table))
        .map(|(_, sql)| sql)
        .collect()
}

#[test]
fn a_step_only_adds_unless_it_is_said_to_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("board.sqlite");
    let connection = Connection::open(&path).unwrap();
    for count in 1..STEPS.len() {
        bring_to(&connection, &path, &STEPS[..count]).unwrap();
        let (before, rules_before) = (shape(&connection), rules(&connection, &shape(&connection)));
        bring_to(&connection, &path, &STEPS[..=count]).unwrap();
        let after = shape(&connection);
        let kept = before.iter().all(|(table, columns)| {
            after.get(table).is_some_and(|now| {
                columns.iter().all(|(name, what)| now.get(name) == Some(what))
                    && now
                        .iter()
                        .all(|(name, (_, optional))| columns.contains_key(name) || *optional)
            })
        }) && rules(&connection, &before) == rules_before;
        let version = u32::try_from(count + 1).unwrap();
        assert_eq!(
            kept,
            !BREAKING.contains(&version),
            "step {version} only adds: {kept}; BREAKING must say so"
        );
    }
}

#[test]
fn the_release_before_opens_what_only_has_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("board.sqlite");
    let connection = Connection::open(&path).unwrap();
    run(&connection, &path).unwrap();
    let newest = u32::try_from(STEPS.len()).unwrap();
    let oldest = oldest_reader(&connection).unwrap().unwrap();
    for known in 1..=newest {
        let opened = bring_to(&connection, &path, &STEPS[..known as usize]);
        assert_eq!(opened.is_ok(), known >= oldest, "{known}: {opened:?}");
        if let Err(error) = opened {
            assert!(matches!(error, StateError::TooNew { found, known: k } if found == newest && k == known));
        }
        let found: u32 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, newest, "nothing is taken back");
    }
}

#[test]
fn one_that_does_not_say_who_can_read_it_is_for_its_own_release() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("board.sqlite");
    let connection = Connection::open(&path).unwrap();
    run(&connection, &path).unwrap();
    connection.execute_batch("DROP TABLE schema_reader").unwrap();
    let opened = bring_to(&connection, &path, &STEPS[..STEPS.len() - 1]);
    assert!(matches!(opened, Err(StateError::TooNew { .. })));
    run(&connection, &path).unwrap();
}
