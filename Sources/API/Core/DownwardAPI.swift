import Machinery

/// What a pod may learn about itself, and the rules for the references. Source: pkg/apis/core/validation and pkg/fieldpath.
package enum DownwardAPI {
    /// Fields that may become variables, beside `metadata.labels['key']` and `metadata.annotations['key']`.
    package static let environmentFields: [String] = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    /// Fields that may become files, beside those with a key.
    package static let volumeFields: [String] = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
    ]

    /// Requests and limits that may become variables or files, beside those of huge pages.
    package static let resources: [String] = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
    ]

    /// `metadata.labels['app']` as its path and key; nil when there is no key.
    package static func split(_ fieldPath: String) -> (path: String, key: String)? {
        guard fieldPath.hasSuffix("']"), let open: Range<String.Index> = firstRange(of: "['", in: fieldPath) else { return nil }
        let key: Substring = fieldPath[open.upperBound...].dropLast(2)
        return key.isEmpty ? nil : (String(fieldPath[..<open.lowerBound]), String(key))
    }

    private static func firstRange(of text: String, in whole: String) -> Range<String.Index>? {
        var start: String.Index = whole.startIndex
        while start < whole.endIndex {
            if whole[start...].hasPrefix(text) { return start..<whole.index(start, offsetBy: text.count) }
            start = whole.index(after: start)
        }
        return nil
    }

    static func validate(
        _ selector: View<ObjectFieldSelector>, supported: [String], _ path: Path, _ problems: inout Problems
    ) {
        let field: String = selector.fieldPath
        guard !field.isEmpty else { return }
        let here: Path = path.child("fieldPath")
        if let (base, key) = split(field) {
            switch base {
            case "metadata.annotations":
                for detail in Names.qualifiedName(key.lowercased()) { problems.invalid(path, .string(key), detail) }
            case "metadata.labels":
                for detail in Names.qualifiedName(key) { problems.invalid(path, .string(key), detail) }
            default:
                problems.invalid(path, .string(base), "does not support subscript")
            }
        } else if !(environmentFields + volumeFields).contains(field) {
            problems.invalid(here, .string(field), "error converting fieldPath: field label not supported: \(field)")
        } else if !supported.contains(field) {
            problems.notSupported(here, .string(field), supported: supported)
        }
    }

    static func validate(_ selector: View<ResourceFieldSelector>, _ path: Path, _ problems: inout Problems) {
        let resource: String = selector.resource
        guard !resource.isEmpty else { return }
        let isHugePages: Bool = resource.hasPrefix("limits.hugepages-") || resource.hasPrefix("requests.hugepages-")
        guard resources.contains(resource) || isHugePages else {
            return problems.notSupported(path.child("resource"), .string(resource), supported: resources)
        }
        let divisor: String = selector.divisor.description
        guard divisor != "0" else { return }
        let units: [String]
        let subject: String
        switch resource.split(separator: ".", maxSplits: 1).last.map(String.init) {
        case "cpu":
            units = ["1m", "1"]
            subject = "cpu"
        case "memory":
            units = byteUnits
            subject = "memory"
        case "ephemeral-storage":
            units = byteUnits
            subject = "local ephemeral storage"
        default:
            units = byteUnits
            subject = "hugepages"
        }
        guard !units.contains(divisor) else { return }
        let list: String = subject == "cpu" ? "1m and 1" : units.joined(separator: ", ")
        problems.invalid(
            path.child("divisor"), .string(resource), "only divisor's values \(list) are supported with the \(subject) resource")
    }

    private static let byteUnits: [String] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
}
