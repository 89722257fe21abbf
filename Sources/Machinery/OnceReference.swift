import Synchronization

/// A place for an object that is made when it is first asked for, and then stays.
///
/// Does what the standard library's `AtomicLazyReference` does, whose `load` is not specialized: it looks its type up each time, which costs
/// more than all the rest of a read.
///
/// Invariant: what the pointer leads to is retained by this place until its end, which is what makes it `Sendable`.
public struct OnceReference<Instance: AnyObject & Sendable>: ~Copyable, @unchecked Sendable {
    private let place = Atomic<UnsafeRawPointer?>(nil)

    public init() {}

    deinit {
        if let held = place.load(ordering: .acquiring) { Unmanaged<Instance>.fromOpaque(held).release() }
    }

    public borrowing func load() -> Instance? {
        place.load(ordering: .acquiring).map { Unmanaged<Instance>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Returns what is there then: of threads that come at the same moment one puts its object here, and all get that one.
    public borrowing func storeIfNil(_ object: consuming Instance) -> Instance {
        let made: Unmanaged<Instance> = .passRetained(object)
        let (isMine, there) = place.compareExchange(
            expected: nil, desired: UnsafeRawPointer(made.toOpaque()), ordering: .acquiringAndReleasing)
        guard !isMine, let there else { return made.takeUnretainedValue() }
        made.release()
        return Unmanaged<Instance>.fromOpaque(there).takeUnretainedValue()
    }
}
