import Machinery

/// Roles and their bindings.
enum AccessDescription {
    private static func head(_ object: JSON, _ text: inout DescribeText) {
        text.field("Name", object.text(at: "metadata", "name"))
        text.labels(object[["metadata", "labels"]])
        text.annotations(object[["metadata", "annotations"]])
    }

    static func writeRole(_ role: JSON, _ text: inout DescribeText) {
        head(role, &text)
        text.line(0, "PolicyRule:")
        text.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
        text.line(1, "---------\t-----------------\t--------------\t-----")
        for rule in AccessRules.compact(role.list("rules")) { text.line(1, rule.cells.joined(separator: "\t")) }
    }

    static func writeBinding(_ binding: JSON, _ text: inout DescribeText) {
        head(binding, &text)
        text.line(0, "Role:")
        text.line(1, "Kind:\t\(binding.text(at: "roleRef", "kind"))")
        text.line(1, "Name:\t\(binding.text(at: "roleRef", "name"))")
        text.line(0, "Subjects:")
        text.line(1, "Kind\tName\tNamespace")
        text.line(1, "----\t----\t---------")
        for subject in binding.list("subjects") {
            text.line(1, "\(subject.text(at: "kind"))\t\(subject.text(at: "name"))\t\(subject.text(at: "namespace"))")
        }
    }
}
