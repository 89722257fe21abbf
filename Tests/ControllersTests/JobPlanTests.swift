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
        #expect(indexed.toMake == [3, 4])
    }

    @Test(arguments: [("", 0, ""), ("1,3-5,7", 5, "1,3-5,7"), ("0,1", 2, "0,1"), ("0-2", 3, "0-2"), ("2,1,0", 3, "0-2")])
    func `completed indexes are written in runs`(text: String, count: Int, written: String) {
        let indexes = CompletionIndexes(text)
        #expect(indexes.count == count)
        #expect(indexes.text == written)
    }
}
