import API
import Machinery
import Testing

/// Jobs and CronJobs. Source: kube-apiserver v1.36.
struct JobTests {
    private func job(_ spec: String, uid: String = "u1") throws -> Created<Job> {
        try Created(Job.self, #"{"metadata":{"name":"pi","namespace":"default"},"spec":{\#(spec)}}"#, uid: uid)
    }

    private let pod = template(labels: "{}", #","restartPolicy":"Never""#)

    @Test func `a minimal job gets its defaults, labels and selector`() throws {
        let made = try job(#""template":\#(pod)"#)
        #expect(made.problems == [])
        let spec = made.object.spec
        #expect(spec.parallelism == 1 && spec.completions == 1 && spec.backoffLimit == 6)
        #expect(spec.completionMode == "NonIndexed" && spec.suspend == false && spec.podReplacementPolicy == "TerminatingOrFailed")
        let labels: [String: String] = [
            "batch.kubernetes.io/controller-uid": "u1", "batch.kubernetes.io/job-name": "pi", "controller-uid": "u1", "job-name": "pi",
        ]
        #expect(spec.template.metadata.labels == labels)
        #expect(made.object.metadata.labels == labels)
        #expect(spec.selector?.matchLabels == ["batch.kubernetes.io/controller-uid": "u1"])
        #expect(made.cells.prefix(4) == ["pi", "Running", "0/1", ""])
    }

    @Test(arguments: [
        (
            #""template":{"spec":{"containers":[{"name":"c","image":"i"}]}}"#,
            #"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#
        ),
        (
            #""completionMode":"Indexed","parallelism":2,"template":POD"#,
            "spec.completions: Required value: when completion mode is Indexed"
        ),
        (#""selector":{"matchLabels":{"a":"b"}},"template":POD"#, "`selector` not auto-generated"),
        (#""backoffLimitPerIndex":1,"template":POD"#, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
        (
            #""completions":3,"completionMode":"Indexed","successPolicy":{"rules":[{"succeededIndexes":"0,2-1"}]},"template":POD"#,
            "non-increasing order, previous: 2, current: 1"
        ),
        (
            #""podFailurePolicy":{"rules":[{"action":"FailJob","onExitCodes":{"operator":"In","values":[0,3]}}]},"template":POD"#,
            "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"
        ),
    ])
    func `a job that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try job(spec.replacing("POD", with: pod)).problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    @Test func `the template of a job never changes, but a suspended one may still move`() throws {
        let running = try job(#""template":\#(pod)"#)
        let changed: String = pod.replacing("nginx", with: "busybox")
        let head = #"{"metadata":{"name":"pi","namespace":"default"},"spec":{"#
        let problems: [String] = try running.problems(updatingTo: head + "\"template\":\(changed)}}")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("spec.template: Invalid value: ") == true)
        #expect(problems.first?.hasSuffix(": field is immutable") == true)
        let suspended = try job(#""suspend":true,"template":\#(pod)"#)
        let moved: String = template(labels: "{}", #","restartPolicy":"Never","nodeSelector":{"disk":"ssd"}"#)
        #expect(try suspended.problems(updatingTo: head + "\"suspend\":true,\"template\":\(moved)}}") == [])
    }

    @Test func `the jobs of a CronJob have no defaults of a job yet`() throws {
        let made = try Created(
            CronJob.self,
            #"{"metadata":{"name":"c","namespace":"default"},"spec":{"schedule":"*/5 * * * *","#
                + #""jobTemplate":{"spec":{"template":\#(pod)}}}}"#)
        #expect(made.problems == [])
        #expect(made.object.spec.concurrencyPolicy == "Allow")
        #expect(made.object.spec.successfulJobsHistoryLimit == 3 && made.object.spec.failedJobsHistoryLimit == 1)
        #expect(made.object.spec.jobTemplate.spec.backoffLimit == nil)
        #expect(made.cells.prefix(6) == ["c", "*/5 * * * *", "<none>", "False", "0", "<none>"])
    }

    @Test(arguments: [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("a * * * *", #"failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax"#),
        ("@often", "unrecognized descriptor: @often"),
    ])
    func `a schedule that can't be read says why`(line: String, reason: String) {
        #expect(throws: CronSchedule.Malformed.self) { try CronSchedule(line) }
        do { _ = try CronSchedule(line) } catch { #expect(error.description == reason) }
    }

    @Test func `words and names are schedules too`() throws {
        #expect(try CronSchedule("@daily").times == CronSchedule("0 0 * * *").times)
        #expect(try CronSchedule("0 0 * JAN mon-fri").times == CronSchedule("0 0 ? 1 1-5").times)
        #expect(try CronSchedule("@every 90s").times == .every(.seconds(90)))
    }
}
