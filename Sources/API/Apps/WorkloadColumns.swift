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

extension Column {
    /// Names of the containers, with `-o wide`.
    static func containers(_ template: @escaping @Sendable (View<K>) -> View<PodTemplateSpec>) -> Column<K> {
        Column("Containers", .string, "Names of the containers in the template.", priority: 1) { object, _ in
            Cells.containerNames(template(object))
        }
    }

    /// Images of the containers, with `-o wide`.
    static func images(_ template: @escaping @Sendable (View<K>) -> View<PodTemplateSpec>) -> Column<K> {
        Column("Images", .string, "Images that the containers of the template run.", priority: 1) { object, _ in
            Cells.containerImages(template(object))
        }
    }

    /// The label selector, with `-o wide`.
    static func selector(_ text: @escaping @Sendable (View<K>) -> JSON) -> Column<K> {
        Column("Selector", .string, "Labels by which the object finds its pods.", priority: 1) { object, _ in text(object) }
    }

    /// A number of the object.
    static func count(_ name: String, _ doc: String, _ number: @escaping @Sendable (View<K>) -> Int) -> Column<K> {
        Column(name, .integer, doc) { object, _ in .int(Int64(number(object))) }
    }
}
