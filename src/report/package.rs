//! Files that are archives of parts (`docx`, `xlsx`): packed so that the same parts give the same
//! bytes on every machine.
//!
//! Hides: what an archive would otherwise tell of the machine and the hour: dates of parts, file
//! rights and the system that packed them.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

/// An archive that could not be packed or read again.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("the archive cannot be packed: {0}")]
    Pack(#[from] zip::result::ZipError),
    #[error("a part cannot be packed: {0}")]
    Part(#[from] std::io::Error),
}

/// Packs parts, in the order given, all dated 1 January 1980, the first day an archive can name.
pub fn pack(parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>, PackageError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(System::Unix);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        // Pictures are compressed already.
        let options = match name.ends_with(".png") {
            true => options
                .compression_method(CompressionMethod::Stored)
                .compression_level(None),
            false => options,
        };
        writer.start_file(name.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Packs the parts of an archive again, so that it no longer tells where it was made.
pub fn repack(archive: &[u8]) -> Result<Vec<u8>, PackageError> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes)?;
        parts.push((part.name()?.into_owned(), bytes));
    }
    pack(&parts)
}
