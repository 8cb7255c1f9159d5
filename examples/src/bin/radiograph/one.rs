//! One film, from a file or from standard input.

use crate::arguments::{Arguments, pattern};
use crate::describe;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use vertebra_examples::say;
use vertebra_radiograph::{Film, Grey, write_npy};

/// What a stream is called.
const STREAM: &str = "standard input";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let (options, stream) = (arguments.options(), bytes(arguments)?);
    let attributes = &arguments.tag;
    let described = if arguments.header {
        let header = match &stream {
            Some(bytes) => options.read_header_bytes(bytes).context(STREAM)?,
            None => options.read_header(&arguments.file)?,
        };
        describe::header(&header, attributes)
    } else {
        let read = |options: vertebra_radiograph::ReadOptions| match &stream {
            Some(bytes) => options.read_bytes(bytes).context(STREAM),
            None => Ok(options.read(&arguments.file)?),
        };
        let film = read(options.clone())?;
        if let Some(png) = output(arguments, arguments.png.as_ref())? {
            arguments.png_options().write(png, &film)?;
        }
        if let Some(npy) = output(arguments, arguments.npy.as_ref())? {
            let film = read(options.with_grey(Grey::Modality))?;
            write_array(&npy, arguments, Film::from(&film))?;
        }
        describe::film(&film, arguments.facing, attributes)
    };
    if arguments.csv {
        describe::print_csv(&[(arguments.file.display().to_string(), described)], attributes)
            .context("standard output")?;
    } else if arguments.json {
        say!("{described}");
    } else {
        describe::print_lines(&described);
    }
    Ok(())
}

/// The film's values, in the size asked for.
pub(crate) fn write_array(path: &Path, arguments: &Arguments, film: Film<'_>) -> Result<()> {
    match arguments.resize {
        Some(size) => write_npy(path, size.apply(film)?.as_film())?,
        None => write_npy(path, film)?,
    }
    Ok(())
}

/// All bytes of standard input, where the film comes from there.
pub(crate) fn bytes(arguments: &Arguments) -> Result<Option<Vec<u8>>> {
    let read = || arguments.options().bytes_from(std::io::stdin().lock());
    arguments.is_stream().then(read).transpose().context(STREAM)
}

/// The file to be written, its places filled; never the film itself.
fn output(arguments: &Arguments, text: Option<&String>) -> Result<Option<PathBuf>> {
    let Some(text) = text else { return Ok(None) };
    let path = match pattern(Some(text))? {
        Some(_) if arguments.is_stream() => {
            bail!("{text}: a stream has nothing to fill places with")
        }
        Some(pattern) => {
            let names = pattern.names(&arguments.file, &arguments.options())?;
            let path = names.into_values().next().context("the film has no name")?;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            path
        }
        None => PathBuf::from(text),
    };
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    ensure!(!same(&path, &arguments.file), "{text} is the film itself and was not overwritten");
    Ok(Some(path))
}
