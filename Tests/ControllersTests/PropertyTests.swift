import API
import Machinery
import Testing

@testable import Controllers

/// Plans in random order, cut off at random: whatever happens when, the promises hold and the end is reached.
struct PropertyTests {
    /// Source: SplitMix64, Steele, Lea and Flood 2014.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z: UInt64 = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    // MARK: - Rollouts

    /// A Deployment, its sets and their pods, moved by the plans alone.
    private struct Rollout {
        var deployment: View<Deployment>
        var sets: [View<ReplicaSet>] = []
        /// By name of the set: whether each pod is ready.
        var pods: [String: [Bool]] = [:]
        var made: Int64 = 0

        var total: Int { pods.values.reduce(0) { $0 + $1.count } }
        var available: Int { pods.values.reduce(0) { $0 + $1.count { $0 } } }

        mutating func deploymentTurn() {
            let plan = DeploymentPlan(deployment, sets: sets)
            guard plan.newSet != nil else {
                made += 1
                var set = Fixture.set(image, replicas: plan.replicasOfNewSet, available: 0, wanted: deployment.spec.replicas, created: made)
                set.status.replicas = 0
                sets.append(set)
                return
            }
            for (set, replicas) in plan.next(oldPodsRun: false) {
                guard let index = sets.firstIndex(where: { $0.name == set.name }) else { continue }
                sets[index].spec.replicas = replicas
                sets[index].metadata.annotations[DeploymentAnnotation.desiredReplicas] = String(deployment.spec.replicas)
                sets[index].metadata.annotations[DeploymentAnnotation.maxReplicas] = String(deployment.spec.replicas + plan.maxSurge)
            }
        }

        mutating func setTurn(_ index: Int) {
            let name: String = sets[index].name
            var own: [Bool] = pods[name] ?? []
            let wanted: Int = sets[index].spec.replicas
            while own.count < wanted { own.append(false) }
            // Those that are not ready go first, as the ranks of victims say.
            while own.count > wanted { own.remove(at: own.firstIndex(of: false) ?? 0) }
            pods[name] = own
            sets[index].status.replicas = own.count
            sets[index].status.readyReplicas = own.count { $0 }
            sets[index].status.availableReplicas = own.count { $0 }
        }

        mutating func ready(_ dice: inout Dice) {
            guard let name = pods.filter({ $0.value.contains(false) }).keys.sorted().randomElement(using: &dice),
                let index = pods[name]?.firstIndex(of: false)
            else { return }
            pods[name]?[index] = true
        }

        var image: String { deployment.spec.template.spec.containers.first?.image ?? "" }
        var isDone: Bool {
            let plan = DeploymentPlan(deployment, sets: sets)
            return plan.newSet.map { pods[$0.name]?.count == deployment.spec.replicas } ?? false && total == deployment.spec.replicas
                && available == total
        }
    }

    @Test(arguments: 0..<200)
    func `a rollout never has too many pods nor too few available ones, and ends`(seed: Int) {
        var dice = Dice(state: UInt64(seed))
        let replicas: Int = Int.random(in: 1...12, using: &dice)
        let surge: Int = Int.random(in: 0...4, using: &dice)
        let missing: Int = surge == 0 ? Int.random(in: 1...4, using: &dice) : Int.random(in: 0...4, using: &dice)
        let strategy: JSON = [
            "type": "RollingUpdate", "rollingUpdate": ["maxSurge": .int(Int64(surge)), "maxUnavailable": .int(Int64(missing))],
        ]
        var rollout = Rollout(deployment: Fixture.deployment(replicas: replicas, image: "v0", strategy: strategy))
        var version: Int = 0
        var wasFull: Bool = false
        for step in 0..<4000 {
            switch Int.random(in: 0..<10, using: &dice) {
            case 0..<3: rollout.deploymentTurn()
            case 3..<7:
                if let index = rollout.sets.indices.randomElement(using: &dice) { rollout.setTurn(index) }
            default: rollout.ready(&dice)
            }
            if rollout.available >= replicas { wasFull = true }
            let isKept: Bool = rollout.total <= replicas + surge && (!wasFull || rollout.available >= replicas - min(missing, replicas))
            guard isKept else {
                Issue.record("step \(step): \(rollout.available) available of \(rollout.total), \(replicas)+\(surge)-\(missing)")
                return
            }
            if version < 3, wasFull, Int.random(in: 0..<60, using: &dice) == 0 {
                version += 1
                rollout.deployment.spec.template = Fixture.template("v\(version)")
            }
            if version == 3, rollout.isDone { break }
        }
        #expect(rollout.isDone)
    }

    // MARK: - Ordered pods

    @Test(arguments: 0..<200)
    func `no number of a stateful set has two pods, and an update never has more pods missing than allowed`(seed: Int) {
        var dice = Dice(state: UInt64(seed) &+ 1_000_000)
        let replicas: Int = Int.random(in: 1...7, using: &dice)
        let missing: Int = Int.random(in: 1...3, using: &dice)
        let isParallel: Bool = Bool.random(using: &dice)
        let set: View<StatefulSet> = StatefulSet.new("db", namespace: "default") {
            $0.metadata.uid = "set"
            $0.json["spec"] = [
                "replicas": .int(Int64(replicas)), "podManagementPolicy": isParallel ? "Parallel" : "OrderedReady",
                "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0, "maxUnavailable": .int(Int64(missing))]],
            ]
        }
        var pods: [View<Pod>] = []
        var revision: String = "v0"
        var current: String = "v0"
        var wasFull: Bool = false
        func serving() -> Int { pods.count { $0.isReady && !$0.isTerminating } }
        for step in 0..<3000 {
            switch Int.random(in: 0..<8, using: &dice) {
            case 0..<4:
                let plan = StatefulSetPlan(set, pods: pods, currentRevision: current, updateRevision: revision, now: Fixture.now)
                current = plan.status.currentRevision
                // The controller may end after any number of actions.
                for action in plan.actions.prefix(Int.random(in: 0...plan.actions.count, using: &dice)) {
                    switch action {
                    case .make(let ordinal, _):
                        #expect(!pods.contains { $0.name == "db-\(ordinal)" }, "step \(step)")
                        var pod = Fixture.pod("db-\(ordinal)", ready: false, labels: ["controller-revision-hash": revision])
                        set.give(identity: ordinal, to: &pod)
                        pods.append(pod)
                    case .delete(let pod):
                        if let index = pods.firstIndex(where: { $0.name == pod.name }) {
                            pods[index].metadata.deletionTimestamp = Fixture.now
                        }
                    case .makeClaims, .mend: break
                    }
                }
            case 4: pods.removeAll { $0.isTerminating }
            default:
                if let index = pods.indices.filter({ !pods[$0].isReady }).randomElement(using: &dice) {
                    pods[index].setCondition("Ready", true, now: Time(seconds: 0))
                }
            }
            if serving() == replicas { wasFull = true }
            if wasFull { #expect(serving() >= replicas - min(missing, replicas), "step \(step)") }
            if wasFull, revision == "v0", Int.random(in: 0..<40, using: &dice) == 0 { revision = "v1" }
            if revision == "v1", current == "v1" { break }
        }
        #expect(current == "v1")
    }

    // MARK: - Jobs

    @Test(arguments: 0..<200)
    func `a job never counts more completions than pods that succeeded, though it is cut off anywhere`(seed: Int) {
        var dice = Dice(state: UInt64(seed) &+ 2_000_000)
        let completions: Int = Int.random(in: 1...6, using: &dice)
        let isIndexed: Bool = Bool.random(using: &dice)
        var job: View<Job> = Job.new("job", namespace: "default") {
            $0.metadata.uid = "job"
            $0.json["spec"] = [
                "completions": .int(Int64(completions)), "parallelism": .int(Int64.random(in: 1...4, using: &dice)), "backoffLimit": 1000,
                "completionMode": isIndexed ? "Indexed" : "NonIndexed",
            ]
        }
        var pods: [View<Pod>] = []
        var succeeded: Set<String> = []
        var indexes: Set<Int> = []
        var made: Int = 0
        var now: Time = Fixture.now
        for step in 0..<3000 where !job.isFinished {
            now = now + .seconds(700)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0..<3:
                let plan = JobPlan(job, pods: pods, now: now)
                // In the order of the controller, which may end between any two.
                if Int.random(in: 0..<8, using: &dice) == 0 { continue }
                job.status = plan.status
                let counted: Int = job.status.succeeded + (job.status.uncountedTerminatedPods?.succeeded.count ?? 0)
                #expect(job.status.succeeded <= (isIndexed ? indexes.count : succeeded.count), "step \(step)")
                if !isIndexed { #expect(counted <= succeeded.count, "step \(step)") }
                for pod in plan.toRelease {
                    if Int.random(in: 0..<8, using: &dice) == 0 { break }
                    if let index = pods.firstIndex(where: { $0.name == pod.name }) { pods[index].metadata.finalizers = [] }
                }
                for victim in plan.victims { pods.removeAll { $0.name == victim.name } }
                for new in plan.toMake {
                    if Int.random(in: 0..<8, using: &dice) == 0 { break }
                    made += 1
                    var pod = Fixture.pod("p\(made)", finalizers: [View<Pod>.trackingFinalizer])
                    if let index = new.index { pod.metadata.annotations[JobLabels.completionIndex] = String(index) }
                    pods.append(pod)
                }
            case 3..<5:
                guard let index = pods.indices.filter({ !pods[$0].isFinished }).randomElement(using: &dice) else { continue }
                let isSuccess: Bool = Int.random(in: 0..<3, using: &dice) > 0
                pods[index].status.phase = isSuccess ? "Succeeded" : "Failed"
                if isSuccess {
                    succeeded.insert(pods[index].metadata.uid)
                    if let number = pods[index].completionIndex { indexes.insert(number) }
                }
            default: pods.removeAll { $0.isFinished && !$0.isTracked && Bool.random(using: &dice) }
            }
        }
        #expect(job.has(condition: "Complete"))
        #expect(job.status.succeeded >= completions)
    }
}
