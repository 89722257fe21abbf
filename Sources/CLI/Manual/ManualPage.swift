import Machinery

/// A page of the manual in roff's man macros, made from what a verb declares: `swkube-get(1)`, or `swkube(1)` for all of them.
///
/// Source: man-pages(7), groff_man(7).
struct ManualPage {
    /// Such as `swkube-create-secret.1`.
    let fileName: String
    let text: String

    /// The page that names all verbs.
    static func overview() -> ManualPage {
        var lines: [String] = head("swkube", "Kubernetes without containers, in one program")
        lines += [".SH SYNOPSIS", ".B swkube", ".I VERB", "[flags]", ".SH DESCRIPTION"]
        lines += [
            escaped("A local Kubernetes cluster whose pods are processes of this machine, and the command line for it and for others.")
        ]
        for group in VerbList.groups {
            lines.append(".SS " + escaped(group.title))
            for verb in group.verbs {
                lines += [".TP", ".BR \(escaped("swkube-" + verb.commandName)) (1)", escaped(verb.configuration.abstract)]
            }
        }
        lines += [".SH \"EXIT STATUS\"", ".nf", escaped(HelpTopics.text("exit-codes") ?? ""), ".fi"]
        lines += [".SH ENVIRONMENT"]
        for (name, meaning) in [
            ("KUBECONFIG", "Files with clusters, users and contexts, separated by colons; without it ~/.kube/config."),
            ("SWKUBE_HOME", "Where clusters keep their data; without it $XDG_DATA_HOME/swkube, else ~/.local/share/swkube."),
            ("KUBE_EDITOR, EDITOR", "The editor of edit."),
        ] {
            lines += [".TP", ".B \(escaped(name))", escaped(meaning)]
        }
        return ManualPage(fileName: "swkube.1", text: lines.joined(separator: "\n") + "\n")
    }

    private init(fileName: String, text: String) {
        self.fileName = fileName
        self.text = text
    }

    /// The page of a verb.
    init<V: Verb>(_ type: V.Type) {
        let name: String = "swkube-" + V.commandName.replacing(" ", with: "-")
        var lines: [String] = Self.head(name, V.configuration.abstract)
        lines += [".SH SYNOPSIS", Self.escaped(V.configuration.usage.isEmpty ? "swkube \(V.commandName) [flags]" : V.configuration.usage)]
        lines.append(".SH DESCRIPTION")
        let about: String = V.configuration.discussion.isEmpty ? V.configuration.abstract : V.configuration.discussion
        lines += about.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? ".PP" : Self.escaped(String($0)) }
        let options: [Parameter] = Declaration.parameters(of: V.self).filter { !$0.isHidden }
        if !options.isEmpty { lines.append(".SH OPTIONS") }
        for option in options { lines += [".TP", ".B " + Self.escaped(option.shown), Self.escaped(option.doc)] }
        lines += [".SH \"SEE ALSO\"", ".BR swkube (1)"]
        self.init(fileName: name + ".1", text: lines.joined(separator: "\n") + "\n")
    }

    private static func head(_ name: String, _ summary: String) -> [String] {
        var summary: String = summary
        if summary.last == "." { summary.removeLast() }
        return [".TH \(escaped(name.uppercased())) 1 \"\" \"swkube\"", ".SH NAME", "\(escaped(name)) \\- \(escaped(summary))"]
    }

    /// Text as roff takes it for itself: no escapes, no request at the start of a line, dashes that can be copied.
    private static func escaped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let safe: String = String(line).replacing("\\", with: "\\e").replacing("-", with: "\\-")
            return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
        }.joined(separator: "\n")
    }
}
