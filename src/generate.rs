//! Completions and man pages, made from the command line itself (a hidden verb; a test keeps the committed ones fresh).

mod fish;

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
    let mut shown = shown(&cli::command());
    let bash = clap_made(Shell::Bash, &mut shown) + VERBS_FIRST;
    let zsh = verbs_before_arguments(&clap_made(Shell::Zsh, &mut shown));
    let fish = fish::completions(&shown);
    for (name, text) in [("hookyard.bash", bash), ("_hookyard", zsh), ("hookyard.fish", fish)] {
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

fn clap_made(shell: Shell, command: &mut clap::Command) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "hookyard", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Where a verb takes arguments or further verbs, clap's function for zsh expects the arguments first, and never comes
/// to the verbs below. None of these arguments can be completed, so the verbs take their place; what is none of them is
/// an argument, and the verb's own flags go on behind it.
fn verbs_before_arguments(zsh: &str) -> String {
    let mut lines: Vec<String> = zsh.lines().map(str::to_owned).collect();
    let mut at = 1;
    while at < lines.len() {
        if lines[at].starts_with("\":: :_") && lines[at - 1].starts_with("'::") {
            lines.remove(at - 1);
            let from = lines[..at].iter().rposition(|line| line.starts_with("_arguments ")).unwrap_or(at);
            let mut own: Vec<String> = lines[from..at - 1].to_vec();
            let end = lines[at..].iter().position(|line| line.trim() == "esac").map_or(at, |end| at + end);
            for line in &mut lines[at..end] {
                *line = line.replace("$line[2]", "$line[1]");
            }
            // Before anything is typed behind the verb, the first word is the verb itself.
            let verb = lines.get(at).and_then(|line| line.split_once("->")).map_or("", |(_, rest)| rest);
            let verb = verb.split('"').next().unwrap_or_default();
            own.splice(0..0, [format!("({verb})"), ";;".to_owned(), "(*)".to_owned()]);
            own.extend(["&& ret=0".to_owned(), ";;".to_owned()]);
            lines.splice(end..end, own);
        }
        at += 1;
    }
    lines.join("\n") + "\n"
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
