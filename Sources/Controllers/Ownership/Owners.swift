import API
import Client
import Machinery

/// Links between an object and the one that controls it.
extension View<OwnerReference> {
    /// A controlling owner, whose deletion in the foreground waits for the owned object.
    static func controller<K: Kind>(_ owner: View<K>) -> View<OwnerReference> {
        View<OwnerReference> {
            $0.apiVersion = K.names.apiVersion
            $0.kind = K.names.kind
            $0.name = owner.metadata.name
            $0.uid = owner.metadata.uid
            $0.controller = true
            $0.blockOwnerDeletion = true
        }
    }
}

extension View<ObjectMeta> {
    /// The owner that controls the object; nil when none does.
    var controller: View<OwnerReference>? { self.ownerReferences.first { $0.controller == true } }
}

/// Takes objects without a controller that a selector wants, and lets go of those that it no longer wants.
///
/// Source: pkg/controller/controller_ref_manager.go.
struct Adoption<Owner: Kind, Owned: Kind>: Sendable {
    let context: ControllerContext
    let owner: View<Owner>
    let selector: LabelMatch
    /// That owned objects have, and lose with their owner; nil for none.
    var finalizer: String?

    /// The objects that belong to the owner after it took and let go.
    func claim(_ candidates: [View<Owned>]) async throws -> [View<Owned>] {
        var claimed: [View<Owned>] = []
        for object in candidates {
            let matches: Bool = selector.matches(object.metadata.labels)
            if let controller = object.metadata.controller {
                guard controller.uid == owner.metadata.uid else { continue }
                if matches {
                    claimed.append(object)
                } else if !owner.isTerminating {
                    try await release(object)
                }
            } else if matches, !owner.isTerminating, !object.isTerminating, let adopted = try await adopt(object) {
                claimed.append(adopted)
            }
        }
        return claimed
    }

    private func adopt(_ object: View<Owned>) async throws -> View<Owned>? {
        // The cached owner may be gone already: ask before giving it something.
        guard let fresh = try await context.client.find(Owner.self, owner.key), fresh.metadata.uid == owner.metadata.uid,
            !fresh.isTerminating
        else { return nil }
        var patch: JSON = ["ownerReferences": [View<OwnerReference>.controller(owner).json]]
        if let finalizer { patch["finalizers"] = [.string(finalizer)] }
        return try await write(patch, to: object)
    }

    private func release(_ object: View<Owned>) async throws {
        var patch: JSON = ["ownerReferences": [["$patch": "delete", "uid": .string(owner.metadata.uid)]]]
        if let finalizer { patch["$deleteFromPrimitiveList/finalizers"] = [.string(finalizer)] }
        _ = try await write(patch, to: object)
    }

    private func write(_ patch: JSON, to object: View<Owned>) async throws -> View<Owned>? {
        var metadata: JSON = patch
        metadata["uid"] = .string(object.metadata.uid)
        do {
            let patched: View<Owned> = try await context.client.patch(Owned.self, object.key, ["metadata": metadata])
            context.informers.informer(Owned.self).note(patched)
            return patched
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            return nil
        }
    }
}
