import API
import Store
import Synchronization

/// The newest events as they stand on the wire: what one watcher had to encode, all others of the same form send as it is.
///
/// A ring by revision: a slot holds the forms of one event. Large frames are made anew each time, so that memory is bounded.
final class EventFrames: Sendable {
    /// What an event looks like, beside its object.
    struct Form: Hashable {
        let kind: EventEncoder.Kind
        let framing: EventFraming
        let representation: APIRequest.Representation
        /// The version that is watched: one write is seen in all versions of its kind.
        let apiVersion: String
    }

    private struct Slot {
        var revision: Revision = 0
        var frames: [Form: [UInt8]] = [:]
    }

    private let slots = Mutex<[Slot]>(Array(repeating: Slot(), count: 512))
    private static let largest = 16 * 1024

    /// The frame of an event in a form, from the ring or made now.
    func frame(_ revision: Revision, _ form: Form, make: () throws(APIStatus) -> [UInt8]) throws(APIStatus) -> [UInt8] {
        let index = Int(revision % 512)
        let found: [UInt8]? = slots.withLock { $0[index].revision == revision ? $0[index].frames[form] : nil }
        if let found { return found }
        let made: [UInt8] = try make()
        guard made.count <= Self.largest else { return made }
        slots.withLock { slots in
            // Objects that stood there when a watch began are old: they must not drive out what is new.
            guard slots[index].revision <= revision else { return }
            if slots[index].revision < revision { slots[index] = Slot(revision: revision) }
            slots[index].frames[form] = made
        }
        return made
    }
}
