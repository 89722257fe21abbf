import API
import Machinery
import Testing

@testable import Controllers

struct JobPlanTests {
    private static let tracked = ["batch.kubernetes.io/job-tracking"]

    private func job(_ spec: JSON, status: JSON = [:]) -> View<Job> {
        Job.new("job", namespace: "default") {
            $0.metadata.uid = "job"
            $0.json["spec"] = spec
            $0.json["status"] = status
        }
    }

    private func plan(_ spec: JSON, status: JSON = ["startTime": "1970-01-12T13:46:40Z"], pods: [View<Pod>] = []) -> JobPlan {
        JobPlan(job(spec, status: status), pods: pods, now: Fixture.now)
    }

    @Test func `as many pods run as parallelism and completions allow`() {
        #expect(plan(["completions": 5, "parallelism": 2]).toMake.count == 2)
        #expect(plan(["completions": 5, "parallelism": 2], status: ["succeeded": 4]).toMake.count == 1)
        #expect(
            plan(["completions": 5, "parallelism": 2], pods: [Fixture.pod("a"), Fixture.pod("b"), Fixture.pod("c")]).victims.count == 1)
    }

    @Test func `an ended pod is noted, freed, then counted, each once`() {
        let ended = Fixture.pod("a", phase: "Succeeded", finalizers: Self.tracked)
        let noted = plan(["completions": 2, "parallelism": 1], pods: [ended])
        #expect(noted.status.uncountedTerminatedPods?.succeeded == ["uid-a"])
        #expect(noted.status.succeeded == 0)
        #expect(noted.toRelease.map(\.name) == ["a"])

        let again = JobPlan(job(["completions": 2, "parallelism": 1], status: noted.status.json), pods: [ended], now: Fixture.now)
        #expect(again.status.uncountedTerminatedPods?.succeeded == ["uid-a"])

        let freed = Fixture.pod("a", phase: "Succeeded")
        let counted = JobPlan(job(["completions": 2, "parallelism": 1], status: noted.status.json), pods: [freed], now: Fixture.now)
        #expect(counted.status.succeeded == 1)
        #expect(counted.status.uncountedTerminatedPods?.succeeded.isEmpty ?? true)
        #expect(counted.toMake.count == 1)
    }

    @Test func `enough successes complete the job when all are counted`() {
        let done = plan(["completions": 1, "parallelism": 1], status: ["succeeded": 1])
        #expect(done.status.condition("Complete")?.reason == "CompletionsReached")
        #expect(done.status.completionTime == Fixture.now)
        let early = plan(["completions": 1, "parallelism": 2], status: ["succeeded": 1], pods: [Fixture.pod("still")])
        #expect(early.status.condition("SuccessCriteriaMet") != nil && early.status.condition("Complete") == nil)
        #expect(early.victims.map(\.name) == ["still"])
    }

    @Test func `more failures than the limit end the job`() {
        let failed = plan(["completions": 1, "parallelism": 1, "backoffLimit": 2], status: ["failed": 3])
        #expect(failed.status.condition("Failed")?.reason == "BackoffLimitExceeded")
        #expect(failed.status.condition("Failed")?.message == "Job has reached the specified backoff limit")
        #expect(failed.toMake.isEmpty)
    }

    @Test func `a job past its deadline ends and its pods go`() {
        let start = Time(seconds: Fixture.now.seconds - 61)
        let late = plan(
            ["completions": 1, "parallelism": 1, "activeDeadlineSeconds": 60], status: ["startTime": start.json], pods: [Fixture.pod("a")])
        #expect(late.status.condition("FailureTarget")?.reason == "DeadlineExceeded")
        #expect(late.victims.map(\.name) == ["a"])
    }

    @Test func `a suspended job has no pods`() {
        let suspended = plan(["completions": 1, "parallelism": 1, "suspend": true], pods: [Fixture.pod("a")])
        #expect(suspended.victims.map(\.name) == ["a"])
        #expect(suspended.status.condition("Suspended")?.status == "True")
    }

    @Test func `an indexed job makes the lowest indexes that are missing`() {
        let running = Fixture.pod("b", annotations: ["batch.kubernetes.io/job-completion-index": "1"])
        let indexed = plan(
            ["completions": 5, "parallelism": 3, "completionMode": "Indexed"], status: ["completedIndexes": "0,2"], pods: [running])
        #expect(indexed.toMake.map(\.index) == [3, 4])
    }

    private func failed(_ name: String, code: Int = 3, index: Int? = nil, failures: Int = 0, condition: String? = nil) -> View<Pod> {
        var pod = Fixture.pod(name, phase: "Failed", finalizers: Self.tracked)
        pod.json[["status", "containerStatuses"]] = [
            ["name": "main", "state": ["terminated": ["exitCode": .int(Int64(code)), "finishedAt": "1970-01-01T00:00:00Z"]]]
        ]
        if let index {
            pod.metadata.annotations["batch.kubernetes.io/job-completion-index"] = String(index)
            pod.metadata.annotations["batch.kubernetes.io/job-index-failure-count"] = String(failures)
        }
        if let condition { pod.setCondition(condition, true, now: Fixture.now) }
        return pod
    }

    private static let policy: JSON = [
        "rules": [
            ["action": "FailJob", "onExitCodes": ["operator": "In", "values": [42]]],
            ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]],
        ]
    ]

    @Test func `a rule for failed pods ends the job, or takes the failure as none`() {
        let spec: JSON = ["completions": 1, "parallelism": 1, "backoffLimit": 0, "podFailurePolicy": Self.policy]
        let fatal = plan(spec, pods: [failed("a", code: 42)])
        #expect(fatal.status.condition("FailureTarget")?.reason == "PodFailurePolicy")
        #expect(
            fatal.status.condition("FailureTarget")?.message
                == "Container main for pod default/a failed with exit code 42 matching FailJob rule at index 0")
        let ignored = plan(spec, pods: [failed("a", condition: "DisruptionTarget")])
        #expect(ignored.status.uncountedTerminatedPods?.failed.isEmpty ?? true)
        #expect(ignored.toRelease.map(\.name) == ["a"])
        #expect(ignored.toMake.count == 1)
        #expect(plan(spec, pods: [failed("a", code: 1)]).status.condition("FailureTarget")?.reason == "BackoffLimitExceeded")
    }

    @Test func `a failed pod keeps its finalizer until the index has a successor that knows its failures`() {
        let spec: JSON = [
            "completions": 1, "parallelism": 1, "completionMode": "Indexed", "backoffLimitPerIndex": 1, "backoffLimit": 2_147_483_647,
        ]
        let first = plan(spec, pods: [failed("a", index: 0)])
        #expect(first.toRelease.isEmpty)
        #expect(first.toMake == [JobScaling.NewPod(index: 0, failures: 1)])
        let successor = Fixture.pod(
            "b",
            annotations: ["batch.kubernetes.io/job-completion-index": "0", "batch.kubernetes.io/job-index-failure-count": "1"],
            finalizers: Self.tracked)
        let second = plan(spec, pods: [failed("a", index: 0), successor])
        #expect(second.toRelease.map(\.name) == ["a"])
        let third = plan(spec, pods: [failed("b", index: 0, failures: 1)])
        #expect(third.status.failedIndexes == "0")
        #expect(third.status.condition("FailureTarget")?.reason == "FailedIndexes")
    }

    @Test func `more lost indexes than allowed end the job`() {
        let spec: JSON = [
            "completions": 9, "parallelism": 3, "completionMode": "Indexed", "backoffLimitPerIndex": 0, "maxFailedIndexes": 1,
            "backoffLimit": 2_147_483_647,
        ]
        let two = plan(spec, pods: [failed("a", index: 0), failed("b", index: 4)])
        #expect(two.status.condition("FailureTarget")?.reason == "MaxFailedIndexesExceeded")
        #expect(two.status.failedIndexes == "0,4")
    }

    private static let rules: [(String, JSON, String?)] = [
        ("0-1", ["succeededIndexes": "0-3"], nil), ("0-3", ["succeededIndexes": "0-3"], "Matched rules at index 0"),
        ("0,7", ["succeededIndexes": "0-3", "succeededCount": 1], "Matched rules at index 0"),
        ("0,7", ["succeededCount": 3], nil), ("5-7", ["succeededCount": 3], "Matched rules at index 0"),
    ]

    @Test(arguments: rules) func `a success policy ends the job before all indexes are done`(done: String, rule: JSON, message: String?) {
        let policy = View<SuccessPolicy>(["rules": [rule]])
        #expect(policy.met(by: CompletionIndexes(done)) == message)
    }

    @Test func `a pod is replaced when it has ended, where the job says so`() {
        let terminating = Fixture.pod("a", isTerminating: true, finalizers: Self.tracked)
        #expect(plan(["completions": 1, "parallelism": 1, "podReplacementPolicy": "Failed"], pods: [terminating]).toMake.isEmpty)
        #expect(plan(["completions": 1, "parallelism": 1], pods: [terminating]).toMake.count == 1)
    }

    @Test func `two pods of one index, and pods of none, are too many`() {
        let twins = ["a", "b"].map { Fixture.pod($0, annotations: ["batch.kubernetes.io/job-completion-index": "0"]) }
        let stray = Fixture.pod("c", annotations: ["batch.kubernetes.io/job-completion-index": "9"])
        let plan = self.plan(["completions": 2, "parallelism": 2, "completionMode": "Indexed"], pods: twins + [stray])
        #expect(plan.victims.count == 2)
        #expect(plan.victims.contains { $0.name == "c" })
        #expect(plan.toMake.map(\.index) == [1])
    }

    @Test(arguments: [("", 0, ""), ("1,3-5,7", 5, "1,3-5,7"), ("0,1", 2, "0,1"), ("0-2", 3, "0-2"), ("2,1,0", 3, "0-2")])
    func `completed indexes are written in runs`(text: String, count: Int, written: String) {
        let indexes = CompletionIndexes(text)
        #expect(indexes.count == count)
        #expect(indexes.text == written)
    }
}
