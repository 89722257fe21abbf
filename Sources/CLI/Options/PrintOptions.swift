import Client
import Machinery

/// In which form a verb shows the objects that it worked on.
package struct PrintOptions: FlagGroup {
    @Option(
        "output", "o",
        help:
            "Form of output: json, yaml, kyaml, name, jsonpath=…, jsonpath-file=…, jsonpath-as-json=…, go-template=…, go-template-file=…, "
            + "and in get wide, custom-columns=…, custom-columns-file=….", value: "format")
    var output: String?

    @Option("template", help: "The template of -o go-template or its file.", value: "template")
    var template: String?

    @Flag("allow-missing-template-keys", help: "Take a field that a template names and the object has not for empty.")
    var allowMissingTemplateKeys = true

    @Flag("show-managed-fields", help: "Show metadata.managedFields.")
    var showManagedFields = false

    package init() {}

    /// Throws ``Failure`` in kubectl's words for a form that there is not.
    ///
    /// - Parameter unlessSaid: the form where neither `-o` nor `--template` says one.
    func format(allowsTables: Bool = false, noHeaders: Bool = false, unlessSaid: String? = nil) throws -> OutputFormat {
        try OutputFormat(
            output ?? (template == nil ? unlessSaid : nil), template: template, allowsMissingKeys: allowMissingTemplateKeys,
            allowsTables: allowsTables, noHeaders: noHeaders)
    }

    /// The form of verbs that show documents alone.
    func documentFormat() throws -> OutputFormat {
        guard ["", "json", "yaml", "kyaml"].contains(output ?? "") else {
            throw Failure(
                "unable to match a printer suitable for the output format \(JSON.quoted(output ?? "")), allowed formats are: json,kyaml,yaml"
            )
        }
        return try format()
    }

    func printer(_ output: Output) throws -> ObjectPrinter {
        ObjectPrinter(try format(), output, showsManagedFields: showManagedFields)
    }
}
