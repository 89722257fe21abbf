import Machinery

extension JobSpec {
    /// Of a job, or of one that a CronJob makes. Source: pkg/api/job/warnings.go.
    ///
    /// - Parameter object: metadata of the Job or CronJob; `old` is nil for a new one.
    static func warnings(_ spec: View<JobSpec>, _ path: Path, of object: View<ObjectMeta>, from old: View<ObjectMeta>?) -> [String] {
        let isLarge: Bool = spec.completionMode == "Indexed" && spec.completions ?? 0 > 100_000 && spec.parallelism ?? 0 > 10_000
        let large: String =
            "\(path): In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
            + "Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        return (isLarge ? [large] : []) + PodTemplateSpec.warnings(spec.template, path.child("template"), of: object, from: old)
    }
}
