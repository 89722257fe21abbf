import Machinery

/// What the events of a watch are written in.
package enum EventFraming: Sendable {
    /// One document a line.
    case json
    /// Each with its length before it.
    case protobuf

    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .protobuf: Protobuf.watchMediaType
        }
    }
}
