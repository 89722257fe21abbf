import API
import Machinery
import Store
import Synchronization

/// The newest events in the forms that watches have them in: what was made for one watch serves all others of the same form.
///
/// A ring by revision: a slot holds the forms of one event.
final class EventRing<Form: Hashable & Sendable, Made: Sendable>: Sendable {
    private struct Slot {
        var revision: Revision = 0
        var forms: [Form: Made] = [:]
    }

    private let slots: Mutex<[Slot]>
    private let count: Int

    /// - Parameter count: events that are kept.
    init(count: Int) {
        self.count = count
        slots = Mutex(Array(repeating: Slot(), count: count))
    }

    /// An event in a form, from the ring or made now.
    ///
    /// - Parameter isKept: false for what is so large that it is made anew each time, so that memory is bounded.
    func event(
        _ revision: Revision, _ form: Form, isKept: (Made) -> Bool, make: () throws(APIStatus) -> Made
    ) throws(APIStatus) -> Made {
        if let found = known(revision, form) { return found }
        let made: Made = try make()
        if isKept(made) { keep(made, revision, form) }
        return made
    }

    func keep(_ made: Made, _ revision: Revision, _ form: Form) {
        let index: Int = place(of: revision)
        slots.withLock { slots in
            // Objects that stood there when a watch began are old: they must not drive out what is new.
            guard slots[index].revision <= revision else { return }
            if slots[index].revision < revision { slots[index] = Slot(revision: revision) }
            slots[index].forms[form] = made
        }
    }

    /// An event in a form, if somebody had it in that form of late.
    func known(_ revision: Revision, _ form: Form) -> Made? {
        let index: Int = place(of: revision)
        return slots.withLock { $0[index].revision == revision ? $0[index].forms[form] : nil }
    }

    private func place(of revision: Revision) -> Int { Int(revision % Revision(count)) }
}

/// The two forms in which watches share events: bytes for the wire, and trees for readers in this process.
struct EventRings: Sendable {
    /// What an event looks like on the wire, beside its object.
    struct Frame: Hashable {
        let kind: EventEncoder.Kind
        let framing: EventFraming
        let representation: APIRequest.Representation
        /// The version that is watched: one write is seen in all versions of its kind.
        let apiVersion: String
    }

    /// What of an object stands in its tree.
    struct Tree: Hashable {
        var isWhole: Bool
        let omitsManagedFields: Bool
        let apiVersion: String
    }

    let frames = EventRing<Frame, [UInt8]>(count: 512)
    /// Few: readers in this process follow closely, and a tree is three times as large as its bytes.
    let trees = EventRing<Tree, JSON>(count: 64)
    /// Bytes of an object, or of a frame, that is kept.
    static let largest = 16 * 1024
}
