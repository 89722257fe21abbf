package import Machinery

/// What a job is to be.
package struct JobSpec: Schema {
    package static let definition = Definition(JobSpec(), "batch.v1.JobSpec", "What a job is to be.")

    package let parallelism = Field<Int32?>(
        "parallelism", 1, "Number of pods that run at the same time; 1 if absent.", .atLeast(0))
    package let completions = Field<Int32?>(
        "completions", 2, "Number of pods that must succeed. Absent beside a parallelism: one success ends the job.", .atLeast(0))
    package let activeDeadlineSeconds = Field<Int64?>(
        "activeDeadlineSeconds", 3, "Seconds from its start after which the job is ended and has failed.", .atLeast(0))
    package let selector = Field<LabelSelector?>("selector", 4, "Which pods count. The server makes it; leave it empty.")
    package let manualSelector = Field<Bool?>(
        "manualSelector", 5, "True when the creator chose selector and labels, and sees to it that no other pod has them.")
    package let template = Field<PodTemplateSpec>("template", 6, "The pod to run; its restartPolicy is Never or OnFailure.", .required)
    package let backoffLimit = Field<Int32?>(
        "backoffLimit", 7, "Number of failed pods and restarts after which the job has failed; 6 if absent.", .atLeast(0))
    package let ttlSecondsAfterFinished = Field<Int32?>(
        "ttlSecondsAfterFinished", 8, "Seconds after its end until the job is deleted; kept if absent.", .atLeast(0))
    package let completionMode = Field<String?>(
        "completionMode", 9, "NonIndexed counts any success; Indexed gives each pod a number and wants a success of each number.",
        .oneOf("Indexed", "NonIndexed"))
    package let suspend = Field<Bool?>("suspend", 10, "True while no pods may run; running ones are deleted.")
    package let podFailurePolicy = Field<PodFailurePolicy?>(
        "podFailurePolicy", 11, "What kinds of failure mean for the job, by exit code or pod condition.")
    package let backoffLimitPerIndex = Field<Int32?>(
        "backoffLimitPerIndex", 12, "Number of failures after which one number of an Indexed job has failed.", .atLeast(0))
    package let maxFailedIndexes = Field<Int32?>(
        "maxFailedIndexes", 13, "Number of failed numbers after which the whole Indexed job has failed.", .atLeast(0))
    package let podReplacementPolicy = Field<String?>(
        "podReplacementPolicy", 14, "When a new pod is made: TerminatingOrFailed as soon as one is being deleted, Failed once it is over.")
    package let managedBy = Field<String?>(
        "managedBy", 15, "The controller that runs the job, where it is not the built-in one. Never changes.")
    package let successPolicy = Field<SuccessPolicy?>(
        "successPolicy", 16, "When an Indexed job has succeeded before all its numbers have.")

    /// Rules for a job and for the template of a CronJob. Source: `validateJobSpec` of pkg/apis/batch/validation.
    package static func validate(_ spec: View<JobSpec>, _ path: Path, _ problems: inout Problems) {
        let isIndexed: Bool = spec.completionMode == "Indexed"
        if isIndexed, spec.completions == nil { problems.required(path.child("completions"), "when completion mode is Indexed") }
        if isIndexed, let parallelism: Int = spec.parallelism, parallelism > mostParallelIndexes {
            problems.invalid(
                path.child("parallelism"), Cells.integer(parallelism),
                "must be less than or equal to \(mostParallelIndexes) when completion mode is Indexed")
        }
        validateIndexLimits(spec, isIndexed: isIndexed, path, &problems)
        validateManager(spec, path.child("managedBy"), &problems)
        spec.podFailurePolicy?.validate(in: spec, path.child("podFailurePolicy"), &problems)
        spec.successPolicy?.validate(in: spec, path.child("successPolicy"), &problems)
        validateReplacement(spec, path.child("podReplacementPolicy"), &problems)

        let restartPolicy: String = spec.template.spec.restartPolicy
        let here: Path = path.child("template").child("spec").child("restartPolicy")
        if restartPolicy == "Always" {
            problems.required(here, "valid values: \"OnFailure\", \"Never\"")
        } else if spec.podFailurePolicy != nil, restartPolicy != "Never" {
            problems.invalid(here, .string(restartPolicy), "only \"Never\" is supported when podFailurePolicy is specified")
        }
    }

    private static let mostParallelIndexes: Int = 100_000
    private static let mostCompletionsWithoutLimit: Int = 100_000
    private static let mostFailedIndexesOfMany: Int = 10_000

    private static func validateIndexLimits(_ spec: View<JobSpec>, isIndexed: Bool, _ path: Path, _ problems: inout Problems) {
        if let limit: Int = spec.backoffLimitPerIndex, !isIndexed {
            problems.invalid(path.child("backoffLimitPerIndex"), Cells.integer(limit), "requires indexed completion mode")
        }
        guard let limit: Int = spec.maxFailedIndexes else {
            if spec.backoffLimitPerIndex != nil, let completions: Int = spec.completions, completions > mostCompletionsWithoutLimit {
                problems.required(
                    path.child("maxFailedIndexes"), "must be specified when completions is above \(mostCompletionsWithoutLimit)")
            }
            return
        }
        let here: Path = path.child("maxFailedIndexes")
        if spec.backoffLimitPerIndex == nil {
            problems.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
        }
        if let completions: Int = spec.completions {
            if limit > completions {
                problems.invalid(here, Cells.integer(limit), "must be less than or equal to completions")
            }
            if completions > mostCompletionsWithoutLimit, limit > mostFailedIndexesOfMany {
                problems.invalid(
                    here, Cells.integer(limit),
                    "must be less than or equal to \(mostFailedIndexesOfMany) when completions are above "
                        + "\(mostCompletionsWithoutLimit) and used with backoff limit per index")
            }
        }
        if limit > mostCompletionsWithoutLimit {
            problems.invalid(here, Cells.integer(limit), "must be less than or equal to \(mostCompletionsWithoutLimit)")
        }
    }

    private static func validateManager(_ spec: View<JobSpec>, _ path: Path, _ problems: inout Problems) {
        guard let manager: String = spec.managedBy else { return }
        let parts: [Substring] = manager.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
            for detail in Names.dns1123Subdomain(String(parts[0])) { problems.invalid(path, .string(manager), detail) }
        } else {
            problems.invalid(path, .string(manager), "must be a domain-prefixed path (such as \"acme.io/foo\")")
        }
        if manager.utf8.count > 63 { problems.tooLong(path, "may not be more than 63 bytes") }
    }

    private static func validateReplacement(_ spec: View<JobSpec>, _ path: Path, _ problems: inout Problems) {
        guard let policy: String = spec.podReplacementPolicy else { return }
        let supported: [String] = spec.podFailurePolicy == nil ? ["Failed", "TerminatingOrFailed"] : ["Failed"]
        if !supported.contains(policy) { problems.notSupported(path, .string(policy), supported: supported) }
    }
}
