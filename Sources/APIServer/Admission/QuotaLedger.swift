import API
import Machinery
import Store
import Synchronization

/// What one request took of a quota.
struct QuotaCharge: Sendable {
    let id: Int
    /// Of the quota in the store.
    let key: String
    let amounts: [String: Quantity]
}

/// The charges of one request, until it is known what became of it.
final class QuotaCharges: Sendable {
    private let charges = Mutex<[QuotaCharge]>([])

    func add(_ charge: QuotaCharge) { charges.withLock { $0.append(charge) } }

    var isEmpty: Bool { charges.withLock(\.isEmpty) }

    /// All of them, once.
    func take() -> [QuotaCharge] {
        charges.withLock { charges in
            defer { charges = [] }
            return charges
        }
    }
}

/// Writes what requests take of quotas into the status of these, ahead of the objects themselves.
///
/// A charge is a compare-and-swap on the newest version of the quota, staged or durable: two requests never take the same amount. A
/// recount by the quota controller, which may have missed objects whose charges are already in, gets these added: ``pending(on:since:)``.
///
/// Invariant: `tracked` holds the charges whose objects are not durable yet, and those whose objects became so after the quota's last
/// write.
final class QuotaLedger: Sendable {
    private struct Tracked {
        let charge: QuotaCharge
        /// A revision at which the object was durable; nil while it is not.
        var settled: Revision?
    }

    private struct State {
        var next = 0
        var tracked: [String: [Tracked]] = [:]
    }

    private let objects: ParsedObjects
    private let state = Mutex(State())

    init(objects: ParsedObjects) { self.objects = objects }

    /// Takes the amounts that `demand` asks for of one quota, whose newest version it is given; nothing when it gives nil.
    func charge(_ key: String, _ demand: (View<ResourceQuota>) throws(APIStatus) -> [String: Quantity]?) throws(APIStatus) -> QuotaCharge? {
        try state.withLock { (state: inout State) throws(APIStatus) in
            while let (quota, revision) = newest(key) {
                guard let amounts = try demand(quota), !amounts.isEmpty else { return nil }
                guard let charged = stage(key, quota, revision, { $0 + $1 }, amounts) else { continue }
                state.next += 1
                let charge = QuotaCharge(id: state.next, key: key, amounts: amounts)
                state.tracked[key, default: []].removeAll { $0.settled.map { $0 < charged } ?? false }
                state.tracked[key, default: []].append(Tracked(charge: charge, settled: nil))
                return charge
            }
            return nil
        }
    }

    /// The object is durable.
    func settle(_ charges: [QuotaCharge], at revision: Revision) {
        guard !charges.isEmpty else { return }
        state.withLock { state in
            for charge in charges {
                guard let index = state.tracked[charge.key]?.firstIndex(where: { $0.charge.id == charge.id }) else { continue }
                state.tracked[charge.key]?[index].settled = revision
            }
        }
    }

    /// The object is not stored after all.
    func giveBack(_ charges: [QuotaCharge]) {
        guard !charges.isEmpty else { return }
        state.withLock { state in
            for charge in charges {
                state.tracked[charge.key]?.removeAll { $0.charge.id == charge.id }
                while let (quota, revision) = newest(charge.key) {
                    if stage(charge.key, quota, revision, { max($0 - $1, .zero) }, charge.amounts) != nil { break }
                }
            }
        }
    }

    /// What was taken of a quota for objects that a count may have missed which was made after the quota's revision.
    func pending(on key: String, since revision: Revision) -> [String: Quantity] {
        state.withLock { state in
            var sum: [String: Quantity] = [:]
            for tracked in state.tracked[key] ?? [] where tracked.settled.map({ $0 > revision }) ?? true {
                for (name, amount) in tracked.charge.amounts { sum[name] = (sum[name] ?? .zero) + amount }
            }
            return sum
        }
    }

    /// The quota was deleted.
    func forget(_ key: String) { state.withLock { $0.tracked[key] = nil } }

    // MARK: - Details

    private func newest(_ key: String) -> (View<ResourceQuota>, Revision)? {
        guard let entry = objects.store.newest(key), let json = objects.parsed(entry) else { return nil }
        return (View<ResourceQuota>(json), entry.revision)
    }

    /// The revision of the write; nil when another writer was faster.
    private func stage(
        _ key: String, _ quota: View<ResourceQuota>, _ base: Revision, _ change: (Quantity, Quantity) -> Quantity,
        _ amounts: [String: Quantity]
    ) -> Revision? {
        var next: View<ResourceQuota> = quota
        var used: [String: Quantity] = quota.status.used
        for (name, amount) in amounts { used[name] = change(used[name] ?? .zero, amount) }
        next.status.used = used
        let bytes = StoredObject(next.json, ResourceQuota.names)
        // The store asks for the bytes before `write` returns, and only if the condition holds.
        let staged = Mutex<Revision?>(nil)
        objects.store.write(
            Write(.put, key, if: .revision(base)) { revision in
                staged.withLock { $0 = revision }
                return bytes.bytes(revision)
            }
        ) { _ in
            // A disk that refuses this write refuses the object behind it too, and says so there.
        }
        let revision: Revision? = staged.withLock { $0 }
        if let revision {
            next.metadata.resourceVersion = String(revision)
            objects.keep(next.json, key, revision)
        }
        return revision
    }
}
