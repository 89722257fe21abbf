package import Machinery

/// The columns and cell texts that kinds with pods share. Source: pkg/printers/internalversion/printers.go.
package enum Cells {
    package static func integer(_ number: Int) -> JSON { .int(Int64(number)) }

    /// `web,sidecar`
    package static func containerNames(_ template: View<PodTemplateSpec>) -> JSON {
        .string(template.spec.containers.map { $0.name }.joined(separator: ","))
    }

    /// `nginx:1.27,busybox`
    package static func containerImages(_ template: View<PodTemplateSpec>) -> JSON {
        .string(template.spec.containers.map { $0.image }.joined(separator: ","))
    }

    /// `app=web,tier in (a,b)`, or `<none>`.
    package static func selector(_ selector: View<LabelSelector>?) -> JSON {
        let text: String = selector?.text ?? ""
        return .string(text.isEmpty ? "<none>" : text)
    }

    /// `app=web,tier=front`, or `<none>`.
    package static func labels(_ labels: [String: String]) -> JSON {
        guard !labels.isEmpty else { return "<none>" }
        return .string(labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
    }

    /// The first three of a list: `a,b,c + 2 more...`
    package static func firstThree(_ all: [String], none: String) -> JSON {
        guard !all.isEmpty else { return .string(none) }
        let shown: String = all.prefix(3).joined(separator: ",")
        return .string(all.count > 3 ? "\(shown) + \(all.count - 3) more..." : shown)
    }
}
