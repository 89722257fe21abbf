/// Where in an object a value stands, as Kubernetes writes it: `spec.containers[0].env[name]`.
package struct Path: Sendable, CustomStringConvertible {
    package let description: String

    package static let root = Path(description: "")

    package init(_ first: String) { description = first }
    private init(description: String) { self.description = description }

    /// A member of an object.
    package func child(_ name: String) -> Path {
        Path(description: description.isEmpty ? name : description + "." + name)
    }

    /// An element of a list.
    package func index(_ index: Int) -> Path { Path(description: "\(description)[\(index)]") }

    /// A value of a map, by its key.
    package func key(_ key: String) -> Path { Path(description: "\(description)[\(key)]") }
}
