import Machinery

/// Addresses of Services, and the ranges that they come from.
enum AddressDescription {
    static func writeAddress(_ address: JSON, _ text: inout DescribeText) {
        writeName(address, &text)
        guard let parent = address[["spec", "parentRef"]] else { return }
        text.line(0, "Parent Reference:")
        for (label, member) in [("Group", "group"), ("Resource", "resource"), ("Namespace", "namespace"), ("Name", "name")] {
            text.line(1, "\(label):\t\(parent.text(at: member))")
        }
    }

    static func writeRange(_ range: JSON, _ text: inout DescribeText) {
        writeName(range, &text)
        text.field("CIDRs", range.list("spec", "cidrs").compactMap(\.string).joined(separator: ", "))
        let conditions: [JSON] = range.list("status", "conditions")
        if conditions.isEmpty { return }
        text.line(0, "Status:")
        text.line(0, "Conditions:")
        text.conditions(conditions)
    }

    private static func writeName(_ object: JSON, _ text: inout DescribeText) {
        text.field("Name", object.text(at: "metadata", "name"))
        text.labels(object[["metadata", "labels"]])
        text.annotations(object[["metadata", "annotations"]])
    }
}
