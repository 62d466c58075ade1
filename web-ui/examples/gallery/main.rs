// SPDX-License-Identifier: AGPL-3.0-or-later
//! Renders every page in every language, to be looked at: `cargo run -p web-ui --example gallery -- OUTDIR`.

mod samples;

use std::{env, error::Error, fs, path::PathBuf};
use types::Language;

fn main() -> Result<(), Box<dyn Error>> {
    let out: PathBuf = env::args_os().nth(1).ok_or("usage: gallery OUTDIR")?.into();
    fs::create_dir_all(out.join("assets"))?;
    for asset in web_ui::assets() {
        fs::write(out.join(asset.path.trim_start_matches('/')), asset.bytes)?;
    }
    for language in Language::ALL {
        for (name, html) in samples::pages(language, &|text| text.to_owned()) {
            // Addresses are relative here, so that the files can be opened without a server.
            let html = html.replace("\"/assets/", "\"assets/");
            fs::write(out.join(format!("{name}.{}.html", language.code())), html)?;
        }
    }
    Ok(())
}
