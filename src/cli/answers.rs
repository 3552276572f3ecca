//! The commands that say what there is: adapters, members, schema.

use super::summary::aligned;
use super::{Failure, bytes, print, say};
use clap::ValueEnum;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use zerosweep::backend::cpu;
use zerosweep::backend::gpu::{self, GpuError};
use zerosweep::output::drawing::{Picture, PictureError, pdf, png};
use zerosweep::output::{OutputError, ProbeCache, members, portraits, put};
use zerosweep::probe::Probe;

/// `zerosweep adapters`.
pub fn adapters(name: Option<&str>, probe: bool) -> Result<(), Failure> {
    let header = ["name", "kind", "interface", "driver", "version", "PCI bus", "storage binding", "workgroups"];
    let threads = format!("{} threads", cpu::available_threads());
    let instructions = cpu::Vectors::widest().name();
    let own = ["cpu", "native", "-", instructions, &threads, "-", "-", "-"].map(str::to_owned);
    let adapters = pollster::block_on(gpu::list());
    let none = adapters.is_empty();
    let rows = adapters.into_iter().map(|adapter| {
        let shown = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        [
            adapter.name,
            adapter.kind.to_owned(),
            adapter.interface,
            shown(adapter.driver),
            shown(adapter.driver_version),
            shown(adapter.pci_bus_id),
            bytes(adapter.max_storage_binding),
            adapter.max_workgroups.to_string(),
        ]
    });
    let rows: Vec<_> = [header.map(str::to_owned), own].into_iter().chain(rows).collect();
    print(&aligned(&rows))?;
    if none {
        say("no Vulkan, Metal or DX12 adapter answers here; sweeps run on the CPU");
    }
    if probe || name.is_some() { probes(name) } else { Ok(()) }
}

/// How the CPU and the adapter of that name, or the best hardware adapter, compute. A fresh probe, which is kept.
fn probes(name: Option<&str>) -> Result<(), Failure> {
    let own = Probe::of_cpu();
    let found = match pollster::block_on(gpu::Gpu::open(name)) {
        Ok(gpu) => {
            let probe = pollster::block_on(gpu.probe())?;
            ProbeCache::of_user().keep(gpu.record(), &probe);
            Some((gpu.record().name.clone(), probe))
        }
        Err(GpuError::NoAdapter { .. }) if name.is_none() => None,
        Err(error) => return Err(error.into()),
    };
    let mut rows = vec![[String::new(), "cpu".to_owned(), String::new()]];
    rows.extend(own.rows().into_iter().map(|(question, answer)| [question.to_owned(), answer, String::new()]));
    if let Some((name, probe)) = &found {
        rows[0][2].clone_from(name);
        rows.iter_mut().skip(1).zip(probe.rows()).for_each(|(row, (_, answer))| row[2] = answer);
    }
    print(&format!("\n{}", aligned(&rows)))?;
    if found.is_none() {
        say("no hardware adapter to probe; name a software one with --adapter");
    }
    if let Some(reason) = found.and_then(|(_, probe)| probe.refusal()) {
        say(&format!("no sweep can run on this adapter: {reason}"));
    }
    Ok(())
}

/// `zerosweep members`.
pub fn members(as_json: bool, as_markdown: bool, pictures: Option<&Path>) -> Result<(), Failure> {
    if let Some(folder) = pictures {
        return print(&write_pictures(folder, portraits(), &[PictureFormat::Svg])?);
    }
    if as_json {
        return print(&format!("{:#}\n", members::json()));
    }
    if as_markdown {
        return print(&members::markdown());
    }
    let tables = members::tables().map(|table| aligned(&table.lines()));
    print(&tables.join("\n"))
}

/// What a picture is written as.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    Svg,
    Png,
    Pdf,
    /// One page with all pictures, and what else there is to say
    Html,
}

impl PictureFormat {
    /// The picture in a file of its own; `None` where that holds all of them.
    fn file(self, Picture { stem, svg, .. }: &Picture) -> Result<Option<(String, Vec<u8>)>, PictureError> {
        Ok(Some(match self {
            PictureFormat::Svg => (format!("{stem}.svg"), svg.clone().into_bytes()),
            PictureFormat::Png => (format!("{stem}.png"), png(svg)?),
            PictureFormat::Pdf => (format!("{stem}.pdf"), pdf(svg)?),
            PictureFormat::Html => return Ok(None),
        }))
    }
}

/// Writes pictures into a folder, each in these formats; the lines say where each is.
pub fn write_pictures(
    folder: &Path,
    pictures: impl IntoIterator<Item = Picture>,
    formats: &[PictureFormat],
) -> Result<String, Failure> {
    let failed = |path: &Path, source| OutputError::Picture { path: path.to_owned(), source };
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut written = String::new();
    for picture in pictures {
        for format in formats {
            let pixels = picture.pixel_files().filter(|_| *format == PictureFormat::Png);
            for (name, contents) in format.file(&picture)?.into_iter().chain(pixels) {
                let path = folder.join(name);
                put(&path, &contents).map_err(|source| failed(&path, source))?;
                _ = writeln!(written, "{}", path.display());
            }
        }
    }
    Ok(written)
}

/// `zerosweep schema`.
pub fn schema() -> Result<(), Failure> {
    print(&format!("{:#}\n", zerosweep::spec::schema()))
}
