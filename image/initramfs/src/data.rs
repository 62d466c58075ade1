// SPDX-License-Identifier: AGPL-3.0-or-later
//! The data partition: checked, grown, mounted; and the board's identity that lives there.

use crate::{ioctl, say::say};
use nix::mount::{MsFlags, mount};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Bytes of the log of a repair that are kept.
const LOG_BYTES: usize = 64 * 1024;

/// Checks the file system with the root's own e2fsck. What it had to mend beyond the journal is told, and its log is
/// returned.
///
/// # Errors
/// When it cannot be mended.
pub(crate) fn check(root: &Path, device: &Path) -> io::Result<Option<String>> {
    let (code, _) = e2fsck(root, device, "-p")?;
    if code < 4 {
        return Ok(None);
    }
    say(&format!(
        "{} is damaged; mending it takes some minutes",
        device.display()
    ));
    let (code, log) = e2fsck(root, device, "-y")?;
    if code < 4 {
        Ok(Some(log))
    } else {
        Err(io::Error::other(format!(
            "the data partition cannot be mended (e2fsck: {code})"
        )))
    }
}

/// Runs the root's own program by the root's own loader and libraries: nothing of it is in the initramfs.
fn e2fsck(root: &Path, device: &Path, how: &str) -> io::Result<(i32, String)> {
    let (libraries, loader) =
        loader(root).ok_or_else(|| io::Error::other("the root file system has no loader"))?;
    let output = Command::new(loader)
        .arg("--library-path")
        .arg(libraries)
        .arg(root.join("usr/sbin/e2fsck"))
        .arg(how)
        .arg(device)
        .env_clear()
        .output()?;
    let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
    log.push_str(&String::from_utf8_lossy(&output.stderr));
    let start = log.ceil_char_boundary(log.len().saturating_sub(LOG_BYTES));
    // A signal is no result: taken for the worst.
    Ok((output.status.code().unwrap_or(8), log.split_off(start)))
}

/// The folder of libraries and the dynamic loader in it: `usr/lib/<architecture>-linux-gnu/ld-linux-….so.N`.
fn loader(root: &Path) -> Option<(PathBuf, PathBuf)> {
    fs::read_dir(root.join("usr/lib")).ok()?.find_map(|folder| {
        let folder = folder.ok()?.path();
        let ours = folder.to_str()?.ends_with("-linux-gnu");
        let loader = fs::read_dir(&folder).ok().filter(|_| ours)?.find_map(|file| {
            let file = file.ok()?;
            file.file_name()
                .to_str()?
                .starts_with("ld-linux-")
                .then(|| file.path())
        })?;
        Some((folder, loader))
    })
}

/// Mounts it, and lets it fill its partition of `sectors` sectors.
pub(crate) fn open(device: &Path, target: &Path, sectors: u64) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID
        | MsFlags::MS_NODEV
        | MsFlags::MS_NOEXEC
        | MsFlags::MS_NOATIME
        | MsFlags::MS_LAZYTIME;
    let options = "errors=remount-ro,commit=5";
    mount(Some(device), target, Some("ext4"), flags, Some(options))?;
    let mut superblock = [0; 1024];
    File::open(device)?.read_exact_at(&mut superblock, 1024)?;
    let (blocks, block_bytes) = size(&superblock);
    let wanted = sectors * 512 / block_bytes;
    if blocks < wanted {
        say(&format!("the data partition grows to {} MiB", sectors / 2048));
        // A board with too little room is better than none.
        if let Err(error) = ioctl::resize_ext4(&File::open(target)?, wanted) {
            say(&format!("the data partition could not grow: {error}"));
        }
    }
    Ok(())
}

/// An ext4 superblock's number of blocks, and bytes in one
/// (<https://docs.kernel.org/filesystems/ext4/super.html>).
fn size(superblock: &[u8; 1024]) -> (u64, u64) {
    let number = |at: usize| {
        u32::from_le_bytes([
            superblock[at],
            superblock[at + 1],
            superblock[at + 2],
            superblock[at + 3],
        ])
    };
    let blocks = u64::from(number(0x4)) | u64::from(number(0x150)) << 32;
    (blocks, 1024 << number(0x18).min(6))
}

/// The board's identity, made at its first start. Whatever else of a board is replaced, it stays with the data.
pub(crate) fn identity(data: &Path) -> io::Result<String> {
    let path = data.join("machine-id");
    if let Ok(text) = fs::read_to_string(&path)
        && text.trim_end().len() == 32
        && text.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Ok(text);
    }
    // Waits until the kernel has gathered enough chance.
    let mut bytes = [0; 16];
    File::open("/dev/random")?.read_exact(&mut bytes)?;
    // A random UUID, as machine-id(5) recommends.
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let text = format!("{number:032x}\n");
    keep(data, "machine-id", &text)?;
    Ok(text)
}

/// Writes a file so that a cut leaves the old one or the new one.
pub(crate) fn keep(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.new"));
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_keeps_its_identity_and_makes_a_new_one_for_a_damaged_file() {
        let folder = std::env::temp_dir().join(format!("identity-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let first = identity(&folder).unwrap();
        assert_eq!(first.len(), 33);
        assert_eq!(
            (&first[12..13], "89ab".contains(&first[16..17])),
            ("4", true),
            "{first}"
        );
        assert_eq!(identity(&folder).unwrap(), first);
        fs::write(folder.join("machine-id"), "").unwrap();
        assert_ne!(identity(&folder).unwrap(), first);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_size_of_a_file_system_is_read() {
        let mut superblock = [0; 1024];
        superblock[4..8].copy_from_slice(&1000_u32.to_le_bytes());
        superblock[0x18] = 2;
        superblock[0x150] = 1;
        assert_eq!(size(&superblock), ((1 << 32) + 1000, 4096));
    }
}
