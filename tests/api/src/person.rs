// SPDX-License-Identifier: AGPL-3.0-or-later
//! Somebody who is signed in.

use crate::{Answer, Ask, Board};
use http::Method;
use serde_json::{Value, json};

/// Everybody's password.
pub const PASSWORD: &str = "garden teapot moon";

/// A member with a session and a token.
#[derive(Clone, Debug)]
pub struct Person {
    /// Sign-in name.
    pub name: String,
    /// The cookie's value.
    pub session: String,
    /// A token of this member.
    pub token: String,
}

impl Person {
    /// A request with the token.
    pub fn ask(&self, board: &Board, method: Method, path: &str) -> Ask {
        board.ask(method, path).bearer(&self.token)
    }

    /// GET.
    pub fn get(&self, board: &Board, path: &str) -> Ask {
        self.ask(board, Method::GET, path)
    }

    /// POST.
    pub fn post(&self, board: &Board, path: &str, body: &Value) -> Ask {
        self.ask(board, Method::POST, path).json(body)
    }

    /// PUT.
    pub fn put(&self, board: &Board, path: &str, body: &Value) -> Ask {
        self.ask(board, Method::PUT, path).json(body)
    }

    /// DELETE.
    pub fn delete(&self, board: &Board, path: &str) -> Ask {
        self.ask(board, Method::DELETE, path)
    }

    /// A page as the browser sees it.
    pub async fn page(&self, board: &Board, path: &str) -> String {
        let ask = board.get(path).cookie(&self.session).page();
        ask.await.expect(200).body
    }

    /// Sends a form from one of the board's own pages.
    pub fn form(&self, board: &Board, path: &str, fields: &[(&str, &str)]) -> Ask {
        let encode = supervisor::access::gate::encode;
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let ask = board.ask(Method::POST, path).cookie(&self.session).same_origin();
        ask.page().body("application/x-www-form-urlencoded", body)
    }

    /// Signs a member in who is there already.
    pub async fn sign_in(board: &Board, name: &str) -> Self {
        let body = json!({ "name": name, "password": PASSWORD });
        let answer = board.post("/api/v1/session", &body).await.expect(200).json();
        let session = answer["session"].as_str().unwrap().to_owned();
        let made = board
            .post("/api/v1/tokens", &json!({ "name": "tests" }))
            .cookie(&session)
            .same_origin()
            .await
            .expect(201);
        let token = made.json()["secret"].as_str().unwrap().to_owned();
        Self {
            name: name.into(),
            session,
            token,
        }
    }

    /// Adds a member and signs that member in.
    pub async fn adds(&self, board: &Board, name: &str) -> Self {
        let body = json!({ "name": name, "password": PASSWORD });
        self.post(board, "/api/v1/members", &body).await.expect(201);
        Self::sign_in(board, name).await
    }

    /// Follows the job of an answer to its end.
    pub async fn job(&self, board: &Board, answer: Answer) -> Value {
        let id = answer.expect(202).json()["job"].as_str().unwrap().to_owned();
        self.ended(board, &id).await
    }

    async fn ended(&self, board: &Board, id: &str) -> Value {
        let path = format!("/api/v1/jobs/{id}");
        let mut job = Value::Null;
        board
            .until("the job has ended", async || {
                job = self.get(board, &path).await.expect(200).json();
                job["state"] != "running"
            })
            .await;
        job
    }

    /// Follows the job of an answer, which must succeed.
    pub async fn done(&self, board: &Board, answer: Answer) {
        let job = self.job(board, answer).await;
        assert_eq!(job["state"], "done", "{job}");
    }

    /// Follows the job that a form leads to, which must succeed.
    pub async fn over(&self, board: &Board, answer: Answer) {
        let answer = answer.expect(303);
        let id = answer
            .header("location")
            .strip_prefix("/jobs/")
            .unwrap()
            .to_owned();
        let job = self.ended(board, &id).await;
        assert_eq!(job["state"], "done", "{job}");
    }

    /// Enables a service and waits until it runs.
    pub async fn enables(&self, board: &Board, service: &str) {
        let path = format!("/api/v1/services/{service}");
        let answer = self.put(board, &path, &json!({})).await;
        self.done(board, answer).await;
        assert_eq!(self.service(board, service).await["state"], "running");
    }

    /// A service as the API shows it.
    pub async fn service(&self, board: &Board, service: &str) -> Value {
        let path = format!("/api/v1/services/{service}");
        self.get(board, &path).await.expect(200).json()
    }

    /// Makes an app password; its id and the password.
    pub async fn app_password(&self, board: &Board, service: &str) -> (String, String) {
        let body = json!({ "service": service, "device": "phone" });
        let made = self
            .post(board, "/api/v1/app-passwords", &body)
            .await
            .expect(201)
            .json();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    /// The generation of the desired state: rises with every change.
    pub async fn generation(&self, board: &Board) -> u64 {
        let board = self.get(board, "/api/v1/board").await.expect(200).json();
        board["generation"].as_u64().unwrap()
    }
}
