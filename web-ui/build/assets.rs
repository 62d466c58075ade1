// SPDX-License-Identifier: AGPL-3.0-or-later
//! Static files: named by their content, compressed once, at build time.

use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    path::Path,
};

struct Source {
    constant: &'static str,
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
}

const SOURCES: [Source; 5] = [
    Source {
        constant: "STYLE",
        stem: "style",
        extension: "css",
        content_type: "text/css; charset=utf-8",
    },
    Source {
        constant: "SCRIPT",
        stem: "live",
        extension: "js",
        content_type: "text/javascript; charset=utf-8",
    },
    Source {
        constant: "PASSKEY",
        stem: "passkey",
        extension: "js",
        content_type: "text/javascript; charset=utf-8",
    },
    Source {
        constant: "ICON",
        stem: "icon",
        extension: "svg",
        content_type: "image/svg+xml",
    },
    // After the icon, whose address it holds.
    Source {
        constant: "MANIFEST",
        stem: "board",
        extension: "webmanifest",
        content_type: "application/manifest+json",
    },
];

pub(crate) fn generate(out: &Path) {
    let mut code = String::new();
    let mut table = String::new();
    let mut icon = String::new();
    for source in &SOURCES {
        let file = format!("{}.{}", source.stem, source.extension);
        let text =
            fs::read_to_string(format!("assets/{file}")).unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = slim(&text).replace("%ICON%", &icon);
        let hash = hash(text.as_bytes());
        let path = format!("/assets/{}.{hash}.{}", source.stem, source.extension);
        if source.constant == "ICON" {
            icon.clone_from(&path);
        }
        fs::write(out.join(&file), &text).expect("OUT_DIR can be written");
        fs::write(out.join(format!("{file}.br")), brotli(text.as_bytes())).expect("OUT_DIR can be written");
        fs::write(out.join(format!("{file}.gz")), gzip(text.as_bytes())).expect("OUT_DIR can be written");
        let _ = writeln!(code, "pub(crate) const {}: &str = {path:?};", source.constant);
        let _ = writeln!(
            table,
            "Asset {{ path: {path:?}, content_type: {:?}, etag: \"\\\"{hash}\\\"\", \
             bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")), \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.br\")), \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.gz\")) }},",
            source.content_type
        );
    }
    let _ = writeln!(code, "static ASSETS: [Asset; {}] = [\n{table}];", SOURCES.len());
    fs::write(out.join("assets.rs"), code).expect("OUT_DIR can be written");
}

/// Without indentation and without lines that are comments: enough for our own files, in which no text spans lines.
fn slim(text: &str) -> String {
    let mut comment = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    kept
}

/// 64 bits of SHA-256: enough to tell versions of our own files apart.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(8)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorReader::new(bytes, 4096, 11, 22)
        .read_to_end(&mut packed)
        .expect("memory can be read");
    packed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
