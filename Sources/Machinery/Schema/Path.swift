/// Where in an object a value stands, as Kubernetes writes it: `spec.containers[0].env[name]`.
///
/// Its text is made when it is asked for: nearly all paths are those of values that are right.
public indirect enum Path: Sendable, CustomStringConvertible {
    /// The object itself.
    case root
    case member(Path, String)
    case element(Path, Int)
    case value(Path, String)

    public init(_ first: String) { self = .member(.root, first) }

    /// A member of an object.
    public func child(_ name: String) -> Path { .member(self, name) }

    /// An element of a list.
    public func index(_ index: Int) -> Path { .element(self, index) }

    /// A value of a map, by its key.
    public func key(_ key: String) -> Path { .value(self, key) }

    public var description: String {
        var text: String = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .root: break
        case .member(let parent, let name):
            parent.write(to: &text)
            if !text.isEmpty { text += "." }
            text += name
        case .element(let parent, let index):
            parent.write(to: &text)
            text += "[\(index)]"
        case .value(let parent, let key):
            parent.write(to: &text)
            text += "[\(key)]"
        }
    }
}
