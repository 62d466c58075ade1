// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost`, as it is typed on a board and elsewhere.

use api_tests::{Board, PASSWORD, Person};
use serde_json::Value;
use tokio::process::Command;

struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {}", self.out))
    }
}

async fn run(command: &mut Command) -> Said {
    let output = command.output().await.unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn commonhost() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-tests-commonhost"));
    command.env_clear().stdin(std::process::Stdio::null());
    command
}

/// As root on the board itself, over its own socket.
async fn there(board: &Board, words: &[&str]) -> Said {
    let mut command = commonhost();
    command.env("COMMONHOST_CONTROL_SOCKET", board.control_socket());
    run(command.args(words)).await
}

/// From elsewhere, with a token.
async fn elsewhere(board: &Board, person: &Person, words: &[&str]) -> Said {
    let mut command = commonhost();
    command.env("COMMONHOST_URL", board.url());
    command.env("COMMONHOST_TOKEN", &person.token);
    run(command.args(words)).await
}

#[tokio::test]
async fn a_steward_works_from_elsewhere_with_a_token() {
    let (board, ada) = Board::claimed().await;
    let said = elsewhere(&board, &ada, &["service", "enable", "notes", "--set", "quota=42"]).await;
    said.with_code(0);
    assert_eq!(ada.service(&board, "notes").await["settings"]["quota"], 42);
    let said = elsewhere(&board, &ada, &["service", "list"]).await.with_code(0);
    assert!(
        said.out.contains("notes") && said.out.contains("running"),
        "{}",
        said.out
    );
    let said = elsewhere(&board, &ada, &["service", "list", "--json"]).await;
    assert_eq!(said.with_code(0).json()[0]["name"], "notes");
    let said = elsewhere(&board, &ada, &["--json", "status"])
        .await
        .with_code(0)
        .json();
    assert_eq!(said["name"], "oak");
    assert_eq!(said["states"][0], "notes running");
    elsewhere(&board, &ada, &["service", "stop", "notes"])
        .await
        .with_code(0);
    elsewhere(&board, &ada, &["service", "remove", "notes"])
        .await
        .with_code(0);
    assert_eq!(ada.get(&board, "/api/v1/services").await.body, "[]");
}

#[tokio::test]
async fn what_the_board_refuses_is_one_sentence_and_exit_code_1() {
    let (board, ada) = Board::claimed().await;
    let said = elsewhere(&board, &ada, &["service", "enable", "gopher"])
        .await
        .with_code(1);
    assert_eq!(said.out, "");
    assert!(
        said.err
            .starts_with("commonhost: There is no service called gopher"),
        "{}",
        said.err
    );
    let said = elsewhere(&board, &ada, &["service", "enable", "notes", "--set", "quota=0"]).await;
    assert!(said.with_code(1).err.contains("1 to 100"));
    let ben = ada.adds(&board, "ben").await;
    let said = elsewhere(&board, &ben, &["service", "enable", "notes"])
        .await
        .with_code(1);
    assert!(said.err.contains("Only a steward"), "{}", said.err);
    board.kill().await;
    let mut command = commonhost();
    command.args(["--url", "http://127.0.0.1:9", "--token", "x", "status"]);
    assert!(
        run(&mut command)
            .await
            .with_code(1)
            .err
            .contains("does not answer")
    );
    board.start_again().await;
}

#[tokio::test]
async fn a_job_that_fails_is_exit_code_1_with_its_reason() {
    let (board, ada) = Board::claimed().await;
    board.host.fake.systemd.break_unit("service-notes.service");
    let typed = elsewhere(&board, &ada, &["service", "enable", "notes"]);
    let passing = async {
        board
            .until("it was started", async || {
                board.observe().await.services.contains_key("notes")
            })
            .await;
        board.pass(21);
    };
    let (said, ()) = tokio::join!(typed, passing);
    let said = said.with_code(1);
    assert!(
        said.err.len() > 30 && said.out.is_empty(),
        "{}{}",
        said.out,
        said.err
    );
}

#[tokio::test]
async fn wrong_use_is_exit_code_2() {
    let board = Board::start().await;
    for words in [
        &["fly"][..],
        &["service", "enable"],
        &["service", "list", "--fast"],
        &[],
    ] {
        let said = there(&board, words).await.with_code(2);
        assert!(said.err.contains("Usage"), "{words:?}: {}", said.err);
    }
    let said = there(&board, &["service", "set", "notes", "quota"]).await;
    assert!(said.with_code(1).err.contains("key=value"));
}

#[tokio::test]
async fn over_tls_the_board_must_be_the_one_whose_authority_is_known() {
    let (board, ada) = Board::claimed().await;
    let file = board.root().join("ca.pem");
    std::fs::write(&file, board.ca()).unwrap();
    let url = board.secure_url();
    let words = ["--url", &url, "--token", &ada.token, "--json", "status"];
    let mut known = commonhost();
    known.args(words).arg("--ca-file").arg(&file);
    assert_eq!(run(&mut known).await.with_code(0).json()["name"], "oak");
    let said = run(commonhost().args(words)).await.with_code(1);
    assert!(said.err.contains("cannot be trusted"), "{}", said.err);
}

#[tokio::test]
async fn root_on_the_board_needs_no_sign_in() {
    let board = Board::start().await;
    let code = board.claim_code().await;
    let words = [
        "claim",
        &code,
        "--board-name",
        "oak",
        "--name",
        "ada",
        "--password",
        PASSWORD,
        "--json",
    ];
    let said = there(&board, &words).await.with_code(0).json();
    assert_eq!(said["member"], "ada");
    there(&board, &["service", "enable", "notes"]).await.with_code(0);
    let said = there(&board, &["status"]).await.with_code(0);
    assert!(said.out.contains("notes running"), "{}", said.out);
    let said = there(&board, &["audit", "list", "--json"])
        .await
        .with_code(0)
        .json();
    assert_eq!(
        (said[0]["member"].as_str(), said[0]["act"].as_str()),
        (Some("board"), Some("enable"))
    );
    // The board itself is no member: it has nobody's passwords and tokens.
    for words in [&["app-password", "add", "notes"][..], &["token", "add", "x"]] {
        let said = there(&board, words).await.with_code(1);
        assert!(said.err.contains("member"), "{}", said.err);
    }
}

#[tokio::test]
async fn software_elsewhere_is_registered_from_the_command_line() {
    let (board, ada) = Board::claimed().await;
    let back = "https://forum.example.org/back";
    let made = there(&board, &["--json", "openid", "add", "Forum", "--redirect", back]).await;
    let made = made.with_code(0).json();
    assert_eq!(made["secret"].as_str().unwrap().len(), 64);
    let id = made["id"].as_str().unwrap();
    let bad = there(
        &board,
        &[
            "openid",
            "add",
            "Forum",
            "--redirect",
            "http://forum.example.org/",
        ],
    )
    .await;
    assert!(bad.with_code(1).err.contains("https://"));
    let listed = there(&board, &["--json", "openid", "list"])
        .await
        .with_code(0)
        .json();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["redirects"][0]),
        (&made["id"], &Value::from(back))
    );
    there(&board, &["openid", "rotate"]).await.with_code(0);
    there(&board, &["openid", "remove", id]).await.with_code(0);
    let given = elsewhere(&board, &ada, &["--json", "openid", "consents"]).await;
    assert_eq!(given.with_code(0).json(), serde_json::json!([]));
    elsewhere(&board, &ada, &["openid", "withdraw", id])
        .await
        .with_code(1);
}
