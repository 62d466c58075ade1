-- SPDX-License-Identifier: AGPL-3.0-or-later
-- One app password may open several services.
CREATE TABLE app_password_service (
    app_password TEXT NOT NULL REFERENCES app_password ON DELETE CASCADE, service TEXT NOT NULL,
    PRIMARY KEY (app_password, service)
) STRICT, WITHOUT ROWID;
INSERT INTO app_password_service SELECT id, service FROM app_password;
ALTER TABLE app_password DROP COLUMN service;
