//! Completions and man pages, made from the command line itself (a hidden verb; a test keeps the committed ones fresh).

use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use serde_json::json;

use crate::cli;
use crate::failure::Failure;
use crate::output::{Json, Output, Page};

/// Write completions and man pages below a directory
#[derive(clap::Args)]
pub struct Args {
    /// Put `completions/` and `man/` here
    directory: PathBuf,
}

/// clap's function for bash offers flags before verbs, and placeholders such as `[FILE]` as if they could be typed.
const VERBS_FIRST: &str = r#"
# Verbs where there are some, and flags once a dash is typed; a placeholder is no word.
_hookyard_verbs_first() {
    _hookyard "$@"
    local word verbs=() words=()
    for word in "${COMPREPLY[@]}"; do
        case $word in
            [\[\<]*) ;;
            -*) words+=("$word") ;;
            *) words+=("$word") verbs+=("$word") ;;
        esac
    done
    COMPREPLY=("${words[@]}")
    if [[ $2 != -* && ${#verbs[@]} -gt 0 ]]; then
        COMPREPLY=("${verbs[@]}")
    fi
}
complete -F _hookyard_verbs_first -o nosort -o bashdefault -o default hookyard 2> /dev/null ||
    complete -F _hookyard_verbs_first -o bashdefault -o default hookyard
"#;

pub struct Generated {
    files: usize,
}

pub fn run(args: &Args) -> Result<Generated, Failure> {
    let failed = |why: std::io::Error| Failure::no(why).context("cannot write the generated files");
    let (completions, man) = (args.directory.join("completions"), args.directory.join("man"));
    fs::create_dir_all(&completions).map_err(failed)?;
    fs::create_dir_all(&man).map_err(failed)?;
    let mut files = 0;
    for (shell, name) in
        [(Shell::Bash, "hookyard.bash"), (Shell::Zsh, "_hookyard"), (Shell::Fish, "hookyard.fish")]
    {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut shown(&cli::command()), "hookyard", &mut text);
        if shell == Shell::Bash {
            text.extend_from_slice(VERBS_FIRST.as_bytes());
        }
        fs::write(completions.join(name), text).map_err(failed)?;
        files += 1;
    }
    let mut root = cli::command();
    root.build();
    files += pages(&root, "hookyard", &man).map_err(failed)?;
    Ok(Generated { files })
}

/// The command line without what is hidden from the help: bash would offer that as well.
fn shown(whole: &clap::Command) -> clap::Command {
    clap::Command::new("hookyard")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(whole.get_arguments())
        .subcommands(whole.get_subcommands().filter(|below| !below.is_hide_set()))
}

/// A page for the command and one for each below it.
fn pages(command: &clap::Command, name: &str, directory: &Path) -> std::io::Result<usize> {
    let mut text = Vec::new();
    let titled = command.clone().name(name.to_owned()).display_name(name.to_owned());
    clap_mangen::Man::new(titled)
        .source(format!("hookyard {}", env!("CARGO_PKG_VERSION")))
        .render(&mut text)?;
    fs::write(directory.join(format!("{name}.1")), text)?;
    let mut files = 1;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        files += pages(below, &format!("{name}-{}", below.get_name()), directory)?;
    }
    Ok(files)
}

impl Output for Generated {
    fn text(&self, page: &mut Page) {
        page.line(format!("{} files written", self.files));
    }

    fn json(&self) -> Json {
        Json::One(json!({ "files": self.files }))
    }
}
