// SPDX-License-Identifier: AGPL-3.0-or-later
//! The few ioctls an initramfs needs, and the only `unsafe` code of a board.
//!
//! Every call passes a buffer of this module's own making, of at least the size the kernel's headers give, laid out
//! byte by byte; none keeps a pointer after it returns.
#![expect(unsafe_code)]

use nix::libc;
use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsRawFd,
};

/// Calls an ioctl with a buffer the kernel reads and writes.
fn with_buffer(device: &File, request: u32, buffer: &mut [u8]) -> io::Result<i32> {
    let request = libc::Ioctl::from(request);
    // SAFETY: `buffer` outlives the call and is at least as long as what `request` reads and writes (see each caller).
    let result = unsafe { libc::ioctl(device.as_raw_fd(), request, buffer.as_mut_ptr()) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// `struct dm_ioctl` of `linux/dm-ioctl.h`: 312 bytes, then what `data_start` points to.
const DM_HEADER: usize = 312;
const DM_HEADER_32: u32 = 312;
const DM_NAME: usize = 48;
const DM_DEVICE: usize = 40;
const DM_FLAGS: usize = 28;

/// What is asked of the device mapper: `_IOWR(0xfd, number, struct dm_ioctl)`.
#[derive(Clone, Copy)]
enum Mapper {
    Create = 3,
    Remove = 4,
    Resume = 6,
    Load = 9,
}

/// `DM_READONLY_FLAG`.
const READ_ONLY: u32 = 1;

fn mapper(verb: Mapper, name: &str, flags: u32, table: Option<(&str, u64, &str)>) -> io::Result<Vec<u8>> {
    let control = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/mapper/control")?;
    let mut buffer = vec![0; DM_HEADER];
    let mut targets = 0_u32;
    if let Some((kind, sectors, parameters)) = table {
        targets = 1;
        // struct dm_target_spec: start, length, status, next, type; then the parameters, ended by a zero.
        let mut spec = [0; 40];
        spec[8..16].copy_from_slice(&sectors.to_ne_bytes());
        spec[24..24 + kind.len()].copy_from_slice(kind.as_bytes());
        buffer.extend(spec);
        buffer.extend(parameters.as_bytes());
        buffer.resize((buffer.len() + 8) & !7, 0);
    }
    let size = u32::try_from(buffer.len()).map_err(io::Error::other)?;
    let mut put = |at: usize, value: u32| buffer[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    put(0, 4);
    put(12, size);
    put(16, DM_HEADER_32);
    put(20, targets);
    put(DM_FLAGS, flags);
    buffer[DM_NAME..DM_NAME + name.len()].copy_from_slice(name.as_bytes());
    // _IOWR is 3 << 30; the size is that of the header, and the kernel reads on up to `data_size`, the buffer's.
    let request = 3 << 30 | DM_HEADER_32 << 16 | 0xfd << 8 | verb as u32;
    with_buffer(&control, request, &mut buffer)?;
    Ok(buffer)
}

/// Makes a read-only device-mapper device with one target over `sectors` sectors. Returns the number N of `/dev/dm-N`.
pub(crate) fn map(name: &str, target: &str, sectors: u64, parameters: &str) -> io::Result<u64> {
    let made = mapper(Mapper::Create, name, 0, None)?;
    let mut device = [0; 8];
    device.copy_from_slice(&made[DM_DEVICE..DM_DEVICE + 8]);
    // The kernel's own packing (`huge_encode_dev`): the low byte of the minor number, the major, the rest of the minor.
    let device = u64::from_ne_bytes(device);
    let ready = mapper(Mapper::Load, name, READ_ONLY, Some((target, sectors, parameters)))
        .and_then(|_| mapper(Mapper::Resume, name, READ_ONLY, None));
    match ready {
        Ok(_) => Ok(device & 0xff | device >> 12 & 0xf_ff00),
        Err(error) => {
            unmap(name)?;
            Err(error)
        }
    }
}

/// Removes a device-mapper device that nothing uses.
pub(crate) fn unmap(name: &str) -> io::Result<()> {
    mapper(Mapper::Remove, name, 0, None).map(|_| ())
}

const LOOP_CTL_GET_FREE: u32 = 0x4c82;
const LOOP_CONFIGURE: u32 = 0x4c0a;
/// `LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO`.
const LOOP_FLAGS: u32 = 1 | 4 | 16;

/// Makes a file a read-only block device. It lasts until the returned handle is closed and nothing else uses it. The
/// number N is that of `/dev/loopN`.
pub(crate) fn attach(file: &File) -> io::Result<(File, u32)> {
    let control = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/loop-control")?;
    // The request takes no argument; the buffer is not touched.
    let number = with_buffer(&control, LOOP_CTL_GET_FREE, &mut [0; 8])?;
    let device = File::open(format!("/dev/loop{number}"))?;
    // struct loop_config: fd, block size, struct loop_info64 (232 bytes, flags at 52), 64 reserved bytes.
    let mut config = [0; 304];
    config[..4].copy_from_slice(&file.as_raw_fd().to_ne_bytes());
    config[8 + 52..8 + 56].copy_from_slice(&LOOP_FLAGS.to_ne_bytes());
    with_buffer(&device, LOOP_CONFIGURE, &mut config)?;
    Ok((device, number.cast_unsigned()))
}

/// Tells the kernel a partition's new length; `start` must be where it starts. Lengths in bytes.
pub(crate) fn resize_partition(disk: &File, number: u32, start: u64, length: u64) -> io::Result<()> {
    const BLKPG: u32 = 0x1269;
    const RESIZE: i32 = 3;
    // struct blkpg_partition: start, length, number, two names of 64 bytes, padding.
    let mut partition = [0_u8; 152];
    partition[..8].copy_from_slice(&start.to_ne_bytes());
    partition[8..16].copy_from_slice(&length.to_ne_bytes());
    partition[16..20].copy_from_slice(&number.to_ne_bytes());
    // struct blkpg_ioctl_arg: operation, flags, length of the data, padding, pointer to it. `partition` outlives the
    // call that uses it.
    let mut argument = [0_u8; 24];
    argument[..4].copy_from_slice(&RESIZE.to_ne_bytes());
    argument[8..12].copy_from_slice(&152_i32.to_ne_bytes());
    argument[16..24].copy_from_slice(&(partition.as_mut_ptr().expose_provenance() as u64).to_ne_bytes());
    with_buffer(disk, BLKPG, &mut argument).map(|_| ())
}

/// Grows a mounted ext4 file system to `blocks` of its blocks; `folder` is where it is mounted.
pub(crate) fn resize_ext4(folder: &File, blocks: u64) -> io::Result<()> {
    // _IOW('f', 16, __u64)
    const RESIZE: u32 = 1 << 30 | 8 << 16 | (b'f' as u32) << 8 | 16;
    with_buffer(folder, RESIZE, &mut blocks.to_ne_bytes()).map(|_| ())
}
