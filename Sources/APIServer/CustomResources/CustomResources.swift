import API
import Logging
import Machinery
import Store
import Synchronization

/// Serves the resources that definitions describe, says so in their status, and removes the objects of definitions that are deleted.
///
/// Works on the store and on the table of types alone. Types are served before a status says that they are, and no longer than a
/// definition stands. All work is done by one task at a time, from the state as it is then.
final class CustomResources: Sendable {
    /// What the rest of the server does for definitions that change.
    struct Consequences: Sendable {
        /// Deletes all objects of a type; returns why it can't.
        let empty: @Sendable (ResourceType) async -> APIStatus?
        /// Called with each type that is no longer served, or no longer as it was.
        let retire: @Sendable (ResourceType) -> Void
    }

    /// What was made of one version of a definition.
    private struct Known {
        let entry: Entry
        let definition: View<CustomResourceDefinition>
        let types: [ResourceType]
    }

    private struct State {
        var known: [String: Known] = [:]
        var isRunning = false
        var isDirty = false
        /// Group and resource of definitions that wait for their objects to go.
        var emptying: Set<Substring> = []
        var subscription: Subscription?
    }

    private let store: any Store
    private let clock: ClusterClock
    private let types: ServedTypes
    private let log: Logger
    private let converters: CustomResourceConverters
    private let state = Mutex(State())

    static let prefix: String = ObjectKeys.prefix(CustomResourceDefinition.names)

    init(store: any Store, clock: ClusterClock, types: ServedTypes, converters: CustomResourceConverters, log: Logger) {
        self.store = store
        self.clock = clock
        self.types = types
        self.converters = converters
        self.log = log
        _ = serve(plans())
    }

    /// Follows the definitions from now on.
    func start(_ consequences: Consequences) {
        let resource: Substring = ObjectKeys.resource(of: Self.prefix)
        let subscription = store.subscribe { [weak self] events in
            guard let self else { return }
            let waiting: Set<Substring> = state.withLock { $0.emptying }
            let isOurs: Bool = events.contains { event in
                let written: Substring = ObjectKeys.resource(of: event.entry.key)
                return written == resource || waiting.contains(written)
            }
            if isOurs { wake(consequences) }
        }
        state.withLock { $0.subscription = subscription }
        wake(consequences)
    }

    private func wake(_ consequences: Consequences) {
        let begins: Bool = state.withLock { state in
            state.isDirty = true
            guard !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
        guard begins else { return }
        Task { [weak self] in
            while let self, self.goesOn() { await self.reconcile(consequences) }
        }
    }

    private func goesOn() -> Bool {
        state.withLock { state in
            defer { state.isDirty = false }
            state.isRunning = state.isDirty
            return state.isRunning
        }
    }

    // MARK: - Work

    private struct Plan {
        let entry: Entry
        let before: View<CustomResourceDefinition>
        let plan: DefinitionPlan
    }

    private func reconcile(_ consequences: Consequences) async {
        let plans: [Plan] = plans()
        for type in serve(plans) { consequences.retire(type) }
        for plan in plans where plan.plan.definition != plan.before {
            await write(plan.plan.definition, over: plan)
        }
        for plan in plans where plan.before.isTerminating && plan.plan.definition == plan.before {
            await removeObjects(of: plan, consequences)
        }
    }

    /// What each definition is to say, oldest first: who came first has the names.
    private func plans() -> [Plan] {
        let entries: [Entry]
        do { entries = try store.list(prefix: Self.prefix).entries } catch {
            log.error("cannot read the definitions of custom resources", metadata: ["error": "\(error)"])
            return []
        }
        let known: [String: Known] = state.withLock { $0.known }
        let read: [(Entry, View<CustomResourceDefinition>)] = entries.sorted { $0.created < $1.created }.compactMap { entry in
            if let one = known[entry.key], one.entry === entry { return (entry, one.definition) }
            return (try? JSON(parsing: entry.value)).map { (entry, View<CustomResourceDefinition>($0)) }
        }
        var current: [View<CustomResourceDefinition>] = read.map(\.1)
        return read.enumerated().map { index, pair in
            let (entry, definition): (Entry, View<CustomResourceDefinition>) = pair
            let others: [View<CustomResourceDefinition>] = current.enumerated().filter { place, other in
                place != index && other.spec.group == definition.spec.group
            }.map(\.element)
            let plan = DefinitionPlan(definition, others: others, now: clock.time)
            current[index] = plan.definition
            return Plan(entry: entry, before: definition, plan: plan)
        }
    }

    /// Brings the table of types up to date. Types of definitions that did not change stay the very same; those that
    /// are gone or look different now are returned as they were.
    private func serve(_ plans: [Plan]) -> [ResourceType] {
        var known: [String: Known] = [:]
        let before: [String: Known] = state.withLock { $0.known }
        var isChanged: Bool = plans.count != before.count
        for plan in plans {
            let old: Known? = before[plan.entry.key]
            if let old, Self.isSame(old.definition, plan.plan.definition) {
                known[plan.entry.key] = Known(entry: plan.entry, definition: plan.before, types: old.types)
                continue
            }
            isChanged = true
            let types: [ResourceType] =
                plan.plan.isServed
                ? CustomResourceTypes.types(
                    plan.plan.definition, definedAt: old == nil ? plan.entry.revision : store.revision,
                    converter: converters.converter(for: plan.plan.definition)) : []
            known[plan.entry.key] = Known(entry: plan.entry, definition: plan.plan.definition, types: types)
        }
        if isChanged { types.serve(known.values.flatMap(\.types)) }
        state.withLock { $0.known = known }
        return before.filter { key, old in !(known[key].map { Self.hasSameForm(old.definition, $0.definition) } ?? false) }
            .flatMap(\.value.types)
    }

    /// Whether two versions of a definition are served alike.
    private static func isSame(_ one: View<CustomResourceDefinition>, _ other: View<CustomResourceDefinition>) -> Bool {
        hasSameForm(one, other) && one.isTerminating == other.isTerminating && one.isTrue("Established") == other.isTrue("Established")
    }

    /// Whether objects of two versions of a definition look alike.
    private static func hasSameForm(_ one: View<CustomResourceDefinition>, _ other: View<CustomResourceDefinition>) -> Bool {
        one.spec == other.spec && one.status.acceptedNames == other.status.acceptedNames
    }

    private func write(_ definition: View<CustomResourceDefinition>, over plan: Plan) async {
        let names: KindNames = CustomResourceDefinition.names
        let tracked: JSON = ManagedFields.update(
            old: plan.before.json, new: definition.json, manager: "kube-apiserver", subresource: "status",
            schema: CustomResourceDefinition.definition.schema, now: clock.time)
        let stored = StoredObject(tracked, names)
        let isGone: Bool = definition.isTerminating && definition.metadata.finalizers.isEmpty
        do throws(StoreError) {
            try await store.write(
                Write(isGone ? .delete : .put, plan.entry.key, if: .revision(plan.entry.revision)) { stored.bytes($0) })
        } catch {
            // A conflict wakes us again by what caused it.
            if case .conflict = error { return }
            log.error(
                "cannot write the status of a custom resource definition", metadata: ["name": "\(definition.name)", "error": "\(error)"])
        }
    }

    // MARK: - The end of a definition

    /// Source: k8s.io/apiextensions-apiserver/pkg/controller/finalizer.
    private func removeObjects(of plan: Plan, _ consequences: Consequences) async {
        let definition: View<CustomResourceDefinition> = plan.before
        guard definition.metadata.finalizers.contains(CustomResourceDefinition.finalizer) else { return }
        let types: [ResourceType] = state.withLock { $0.known[plan.entry.key]?.types ?? [] }
        // By the version that is stored, what is stored so needs no webhook any longer.
        if let type = types.first(where: { $0.names.apiVersion == $0.storedNames.apiVersion }) ?? types.first {
            let prefix: String = ObjectKeys.prefix(type.storedNames)
            state.withLock { _ = $0.emptying.insert(ObjectKeys.resource(of: prefix)) }
            if store.count(prefix: prefix) > 0, let failure = await consequences.empty(type) {
                await tell(plan, "InstanceDeletionFailed", "could not issue all deletes: \(failure.message)")
                // Whoever refuses may not always do: nobody tells when that changes.
                clock.schedule(at: clock.now.advanced(by: Self.pause)) { [weak self] in self?.wake(consequences) }
                return
            }
            let count: Int = store.count(prefix: prefix)
            guard count == 0 else {
                return await tell(plan, "InstanceDeletionInProgress", "CustomResource deletion is in progress")
            }
            state.withLock { _ = $0.emptying.remove(ObjectKeys.resource(of: prefix)) }
        }
        var done: View<CustomResourceDefinition> = definition
        done.setCondition("Terminating", false, "InstanceDeletionCompleted", "removed all instances", at: clock.time)
        done.metadata.finalizers.removeAll { $0 == CustomResourceDefinition.finalizer }
        await write(done, over: plan)
    }

    private func tell(_ plan: Plan, _ reason: String, _ message: String) async {
        var waiting: View<CustomResourceDefinition> = plan.before
        waiting.setCondition("Terminating", true, reason, message, at: clock.time)
        if waiting != plan.before { await write(waiting, over: plan) }
    }

    /// Before objects that could not be deleted are tried again.
    private static let pause: Duration = .seconds(5)
}
