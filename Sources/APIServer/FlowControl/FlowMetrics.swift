import Machinery
import Synchronization

/// What flow control counts, under upstream's names. Source: k8s.io/apiserver/pkg/util/flowcontrol/metrics.
extension FlowControl {
    func write(_ text: inout MetricsText) {
        let (levels, rules): ([FlowLevel], [FlowRules]) = state.withLock { state in
            (state.levels.values.sorted { $0.name < $1.name }, state.schemas)
        }
        func of(_ rules: FlowRules) -> [MetricLabel] {
            [MetricLabel("flow_schema", rules.name), MetricLabel("priority_level", rules.level)]
        }
        text.family("apiserver_flowcontrol_dispatched_requests_total", .counter, "Requests that were let run.") { samples in
            for rules in rules { samples.add(of(rules), Double(rules.counts.dispatched.value)) }
        }
        text.family("apiserver_flowcontrol_rejected_requests_total", .counter, "Requests that were refused, and why.") { samples in
            for rules in rules {
                for reason in FlowLevel.Refusal.allCases where rules.counts.number(reason) > 0 {
                    samples.add(of(rules) + [MetricLabel("reason", reason.rawValue)], Double(rules.counts.number(reason)))
                }
            }
        }
        text.family("apiserver_flowcontrol_request_wait_duration_seconds", .histogram, "Time that requests waited in a queue.") { samples in
            for rules in rules {
                for (execute, waits) in [("true", rules.counts.waits), ("false", rules.counts.vainWaits)] where waits.count > 0 {
                    waits.write([MetricLabel("execute", execute)] + of(rules), to: &samples)
                }
            }
        }
        func tell(_ name: String, _ help: String, _ value: (FlowLevel) -> Int) {
            text.family(name, .gauge, help) { samples in
                for level in levels where !level.isExempt {
                    samples.add([MetricLabel("priority_level", level.name)], Double(value(level)))
                }
            }
        }
        tell("apiserver_flowcontrol_nominal_limit_seats", "Seats by share.") { $0.limits.nominal }
        tell("apiserver_flowcontrol_lower_limit_seats", "Seats that stay when others borrow all they may.") { $0.limits.least }
        tell("apiserver_flowcontrol_upper_limit_seats", "Seats when all is borrowed that may be.") { $0.limits.most }
        tell("apiserver_flowcontrol_current_limit_seats", "Seats at the moment.") { $0.seats }
        let limited: Set<String> = Set(levels.filter { !$0.isExempt }.map(\.name))
        func count(_ name: String, _ help: String, _ gauge: (FlowCounts) -> Metrics.Gauge) {
            text.family(name, .gauge, help) { samples in
                for rules in rules where limited.contains(rules.level) { samples.add(of(rules), Double(gauge(rules.counts).value)) }
            }
        }
        count("apiserver_flowcontrol_current_executing_seats", "Seats in use.") { $0.seats }
        count("apiserver_flowcontrol_current_executing_requests", "Requests that run.") { $0.executing }
        count("apiserver_flowcontrol_current_inqueue_requests", "Requests that wait.") { $0.inQueue }
    }
}
