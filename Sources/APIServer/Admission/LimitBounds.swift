import API
import Machinery

/// The bounds of a LimitRange, held against one object. Pure; the texts are Kubernetes'.
///
/// Source: plugin/pkg/admission/limitranger/admission.go.
enum LimitBounds {
    /// What is wrong with a pod and its containers; empty when all is within bounds.
    static func problems(of pod: View<Pod>, _ range: View<LimitRange>) -> [String] {
        var problems = Findings()
        for item in range.spec.limits {
            switch item.type {
            case "Container":
                for container in pod.spec.containers + pod.spec.initContainers {
                    problems.check(item, container.resources.requests, container.resources.limits)
                }
            case "Pod": problems.check(item, pod.spec.requests.amounts, pod.spec.limits.amounts)
            default: break
            }
        }
        return problems.texts
    }

    /// The same for a claim, whose size is its request.
    static func problems(of claim: View<PersistentVolumeClaim>, _ range: View<LimitRange>) -> [String] {
        var problems = Findings()
        let requests: [String: Quantity] = claim.spec.resources.requests
        for item in range.spec.limits where item.type == "PersistentVolumeClaim" {
            problems.checkMin(item, requests, [:])
            for (name, bound) in item.max.sorted(by: { $0.key < $1.key }) {
                let rule = "maximum \(name) usage per \(item.type) is \(bound)"
                guard let request = requests[name] else {
                    problems.add(rule + ".  No request is specified")
                    continue
                }
                if request > bound { problems.add(rule + ", but request is \(request)") }
            }
        }
        return problems.texts
    }
}

/// Texts, each once.
private struct Findings {
    private(set) var texts: [String] = []

    mutating func add(_ text: String) {
        if !texts.contains(text) { texts.append(text) }
    }

    mutating func check(_ item: View<LimitRangeItem>, _ requests: [String: Quantity], _ limits: [String: Quantity]) {
        checkMin(item, requests, limits)
        for (name, bound) in item.max.sorted(by: { $0.key < $1.key }) {
            let rule = "maximum \(name) usage per \(item.type) is \(bound)"
            guard let limit = limits[name] else {
                add(rule + ".  No limit is specified")
                continue
            }
            if limit > bound {
                add(rule + ", but limit is \(limit)")
            } else if let request = requests[name], request > bound {
                add(rule + ", but request is \(request)")
            }
        }
        for (name, bound) in item.maxLimitRequestRatio.sorted(by: { $0.key < $1.key }) {
            checkRatio(name, bound, item.type, requests[name], limits[name])
        }
    }

    mutating func checkMin(_ item: View<LimitRangeItem>, _ requests: [String: Quantity], _ limits: [String: Quantity]) {
        for (name, bound) in item.min.sorted(by: { $0.key < $1.key }) {
            let rule = "minimum \(name) usage per \(item.type) is \(bound)"
            guard let request = requests[name] else {
                add(rule + ".  No request is specified")
                continue
            }
            if request < bound {
                add(rule + ", but request is \(request)")
            } else if let limit = limits[name], limit < bound {
                add(rule + ", but limit is \(limit)")
            }
        }
    }

    private mutating func checkRatio(_ name: String, _ bound: Quantity, _ type: String, _ request: Quantity?, _ limit: Quantity?) {
        let rule = "\(name) max limit to request ratio per \(type) is \(bound), but"
        guard let request, !request.isZero else { return add(rule + " no request is specified or request is 0") }
        guard let limit, !limit.isZero else { return add(rule + " no limit is specified or limit is 0") }
        let ratio: Double = limit.double / request.double
        if ratio > bound.double { add(rule + " provided ratio is \(Self.fixed(ratio))") }
    }

    /// Six digits behind the point, as Go's `%f`.
    private static func fixed(_ number: Double) -> String {
        let millionths = Int64((number * 1_000_000).rounded())
        return "\(millionths / 1_000_000).\(String(1_000_000 + millionths % 1_000_000).dropFirst())"
    }
}
