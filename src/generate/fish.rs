//! Completions for fish. clap's own know no verb of the third level: they offer none of its flags, and those of another
//! verb of the same name instead.

use std::collections::BTreeSet;

use clap::builder::StyledStr;
use clap::{Arg, Command, ValueHint};

/// Succeeds where the words so far lead to one of these verbs. A value of an option is no verb, and behind the first
/// argument there are none.
const AT: &str = "
function __hookyard_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l at
    set -l is_value no
    for word in $words
        if test $is_value = yes
            set is_value no
        else if string match -q -- '-*' $word
            contains -- $word $__hookyard_valued; and set is_value yes
        else if contains -- (string join ' ' $at $word) $__hookyard_verbs
            set -a at $word
        else
            break
        end
    end
    contains -- \"$at\" $argv
end

# Files only where one is meant.
complete -c hookyard -f
";

pub fn completions(command: &Command) -> String {
    let mut made = Made::default();
    made.verb(command, &[String::new()]);
    let list = |all: &BTreeSet<String>| all.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(" ");
    format!(
        "# Verbs, and options that take a value.\nset -g __hookyard_verbs {}\nset -g __hookyard_valued {}\n{AT}{}",
        list(&made.verbs),
        list(&made.valued),
        made.lines
    )
}

#[derive(Default)]
struct Made {
    verbs: BTreeSet<String>,
    valued: BTreeSet<String>,
    lines: String,
}

impl Made {
    /// `paths`: the words that lead to the verb, under each of its names.
    fn verb(&mut self, command: &Command, paths: &[String]) {
        let at: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
        let at = quoted(&format!("__hookyard_at {}", at.join(" ")));
        for below in command.get_subcommands() {
            for name in below.get_name_and_visible_aliases() {
                let about = told(below.get_about());
                self.lines.push_str(&format!("complete -c hookyard -n {at} -a {}{about}\n", quoted(name)));
            }
        }
        let takes_file = |arg: &&Arg| arg.is_positional() && is_file(arg);
        if command.get_arguments().any(|arg| takes_file(&arg)) {
            self.lines.push_str(&format!("complete -c hookyard -n {at} -F\n"));
        }
        for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
            self.option(arg, &at);
        }
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            let names = below.get_name_and_visible_aliases();
            let below_paths = paths.iter().flat_map(|path| {
                names.iter().map(move |name| format!("{path} {name}").trim_start().to_owned())
            });
            let below_paths: Vec<String> = below_paths.collect();
            self.verbs.extend(below_paths.iter().cloned());
            self.verb(below, &below_paths);
        }
    }

    fn option(&mut self, arg: &Arg, at: &str) {
        let long = arg.get_long().map(|long| (format!("--{long}"), format!(" -l {long}")));
        let short = arg.get_short().map(|short| (format!("-{short}"), format!(" -s {short}")));
        let takes_value = arg.get_action().takes_values();
        let mut line = format!("complete -c hookyard -n {at}");
        for (typed, named) in short.into_iter().chain(long) {
            line.push_str(&named);
            if takes_value {
                self.valued.insert(typed);
            }
        }
        if takes_value {
            line.push_str(if is_file(arg) { " -r -F" } else { " -x" });
            let values: Vec<String> =
                arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            if !values.is_empty() {
                line.push_str(&format!(" -a {}", quoted(&values.join(" "))));
            }
        }
        self.lines.push_str(&format!("{line}{}\n", told(arg.get_help())));
    }
}

fn is_file(arg: &Arg) -> bool {
    matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath)
}

fn told(help: Option<&StyledStr>) -> String {
    let help = help.map(ToString::to_string).unwrap_or_default();
    help.lines().next().map_or_else(String::new, |first| format!(" -d {}", quoted(first)))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Since the words before the verb are read by the options' names alone.
    #[test]
    fn an_option_takes_a_value_everywhere_or_nowhere() {
        fn plain(command: &Command, made: &mut BTreeSet<String>) {
            let flags = command.get_arguments().filter(|arg| !arg.get_action().takes_values());
            made.extend(flags.filter_map(|arg| arg.get_long().map(|long| format!("--{long}"))));
            command.get_subcommands().for_each(|below| plain(below, made));
        }
        let mut command = crate::cli::command();
        command.build();
        let (mut made, mut flags) = (Made::default(), BTreeSet::new());
        made.verb(&command, &[String::new()]);
        plain(&command, &mut flags);
        assert_eq!(made.valued.intersection(&flags).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
