import API
import Machinery
import Testing

@testable import Controllers

struct CronJobPlanTests {
    /// 2026-06-01T12:00:30Z, a Monday.
    private static let now = Time(seconds: 1_780_315_230)

    private func cron(_ spec: JSON, status: JSON = [:], created: Int64 = -3600) -> View<CronJob> {
        CronJob.new("tick", namespace: "default") {
            $0.metadata.uid = "cron"
            $0.metadata.creationTimestamp = Time(seconds: Self.now.seconds + created)
            $0.json["spec"] = spec
            $0.json["status"] = status
        }
    }

    private func job(_ name: String, condition: String? = nil, start: Int64 = 0, time: Time? = nil) -> View<Job> {
        Job.new(name, namespace: "default") {
            $0.metadata.uid = "uid-" + name
            if let time { $0.metadata.annotations = ["batch.kubernetes.io/cronjob-scheduled-timestamp": time.description] }
            $0.status.startTime = Time(seconds: Self.now.seconds + start)
            if let condition {
                $0.json[["status", "conditions"]] = [["type": .string(condition), "status": "True"]]
                if condition == "Complete" { $0.status.completionTime = Time(seconds: Self.now.seconds + start + 5) }
            }
        }
    }

    private func plan(
        _ spec: JSON, status: JSON = [:], created: Int64 = -3600, jobs: [View<Job>] = [], missing: Set<String> = []
    )
        -> CronJobPlan
    {
        CronJobPlan(cron(spec, status: status, created: created), jobs: jobs, missing: missing, zone: .utc, now: Self.now)
    }

    private func active(_ name: String) -> JSON { ["active": [["name": .string(name), "uid": .string("uid-" + name)]]] }

    @Test func `of the times that have come the latest is due`() {
        let plan = self.plan(["schedule": "*/10 * * * *"])
        #expect(plan.due?.description == "2026-06-01T12:00:00Z")
        #expect(plan.nextLook == .seconds(570))
        #expect(cron([:]).jobName(Time(seconds: 1_780_315_200)) == "tick-29671920")
    }

    @Test func `a time that had its job is not due again`() {
        #expect(plan(["schedule": "*/10 * * * *"], status: ["lastScheduleTime": "2026-06-01T12:00:00Z"]).due == nil)
        #expect(plan(["schedule": "*/10 * * * *"], created: -10).due == nil)
    }

    @Test func `nothing is due while the CronJob is suspended or its zone unknown`() {
        #expect(plan(["schedule": "* * * * *", "suspend": true]).due == nil)
        let lost = CronJobPlan(cron(["schedule": "* * * * *", "timeZone": "Nowhere/Land"]), jobs: [], zone: nil, now: Self.now)
        #expect(lost.due == nil)
        #expect(lost.news.map(\.reason) == ["UnknownTimeZone"])
    }

    @Test func `a time past its deadline is left out`() {
        let late = plan(["schedule": "0 12 * * *", "startingDeadlineSeconds": 10])
        #expect(late.due == nil)
        let missed = plan(
            ["schedule": "0 12 * * *", "startingDeadlineSeconds": 60], status: ["lastScheduleTime": "2026-05-31T12:00:00Z"],
            created: -86400 * 3)
        #expect(missed.due?.description == "2026-06-01T12:00:00Z")
    }

    @Test func `more than a hundred missed times are told, and the latest is due all the same`() {
        let many = plan(["schedule": "* * * * *"], created: -86400)
        #expect(many.due?.description == "2026-06-01T12:00:00Z")
        #expect(
            many.news.map(\.message) == [
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            ])
    }

    @Test(arguments: [("Allow", true, [String]()), ("Forbid", false, []), ("Replace", true, ["run"])])
    func `a job that still runs is joined, keeps the next away, or is replaced`(policy: String, isDue: Bool, victims: [String]) {
        let plan = self.plan(
            ["schedule": "*/10 * * * *", "concurrencyPolicy": .string(policy)], status: active("run"), jobs: [job("run")])
        #expect((plan.due != nil) == isDue)
        #expect(plan.victims.map(\.name) == victims)
        #expect(plan.news.map(\.reason) == (policy == "Forbid" ? ["JobAlreadyActive"] : []))
    }

    @Test func `ended and missing jobs leave the list of active ones`() {
        let ended = plan(["schedule": "0 0 * * *"], status: active("run"), jobs: [job("run", condition: "Complete")])
        #expect(ended.status.active.isEmpty)
        #expect(ended.status.lastSuccessfulTime == Time(seconds: Self.now.seconds + 5))
        #expect(ended.news.map(\.message) == ["Saw completed job: run, condition: Complete"])
        let gone = plan(["schedule": "0 0 * * *"], status: active("run"), missing: ["uid-run"])
        #expect(gone.status.active.isEmpty)
        #expect(gone.news.map(\.message) == ["Active job went missing: run"])
    }

    @Test func `a job that was made before a crash is found by its name`() {
        let time = Time(seconds: 1_780_315_200)
        let found = plan(["schedule": "*/10 * * * *"], jobs: [job("tick-29671920", time: time)])
        #expect(found.due == nil)
        #expect(found.status.active.map(\.name) == ["tick-29671920"])
        #expect(found.status.lastScheduleTime == time)
        #expect(plan(["schedule": "0 0 * * *"], jobs: [job("other")]).news.map(\.reason) == ["UnexpectedJob"])
    }

    @Test func `the oldest jobs beyond the limits go`() {
        let jobs =
            (0..<5).map { job("ok-\($0)", condition: "Complete", start: Int64($0)) }
            + (0..<3).map {
                job("bad-\($0)", condition: "Failed", start: Int64($0))
            }
        #expect(plan(["schedule": "0 0 * * *"], jobs: jobs).victims.map(\.name) == ["ok-0", "ok-1", "bad-0", "bad-1"])
    }

    @Test func `a job says for which time it was made, in the zone of the schedule`() throws {
        let zone: ZoneRules = try #require(TimeZones().zone("Europe/Berlin"))
        let job = cron(["schedule": "* * * * *"]).job(for: Time(seconds: 1_780_315_200), in: zone)
        #expect(job.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-06-01T14:00:00+02:00")
        #expect(TimeZones().zone("Nowhere/Land") == nil)
        #expect(TimeZones().zone("../../../etc/passwd") == nil)
    }
}
