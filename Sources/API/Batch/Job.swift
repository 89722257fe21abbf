package import Machinery

/// Runs pods until enough of them have succeeded.
package struct Job: Kind {
    package static let definition = Definition(Job(), "batch.v1.Job", "Runs pods until enough of them have succeeded.")
    package static let names = KindNames(
        "Job", group: "batch", plural: "jobs", categories: ["all"], subresources: [.status("Job")], tracksGeneration: true,
        dependents: .orphaned(
            warning: "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
                + "propagationPolicy=Orphan to suppress this warning"))

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<JobSpec>("spec", 2, "What is wanted.")
    package let status = Field<JobStatus>("status", 3, "What was last seen.")

    package static let selectableFields: [SelectableField] = [
        SelectableField("status.successful", at: ["status.succeeded"], absent: "0")
    ]

    package static let columns: [Column<Job>] = [
        .name,
        Column("Status", .string, "How far the job is.") { job, _ in .string(job.phaseText) },
        Column("Completions", .string, "Pods that succeeded, of those that must.") { job, _ in .string(job.completionsText) },
        Column("Duration", .string, "How long the job took, or has been running.") { job, now in
            guard let start: Time = job.status.startTime else { return "" }
            return .string(((job.status.completionTime ?? now) - start).human)
        },
        .age,
        .containers { $0.spec.template },
        .images { $0.spec.template },
        .selector { Cells.selector($0.spec.selector) },
    ]

    package static func warnings(_ job: View<Job>, from old: View<Job>?) -> [String] {
        JobSpec.warnings(job.spec, Path("spec"), of: job.metadata, from: old?.metadata)
    }

    /// Source: `SetDefaults_Job` of pkg/apis/batch/v1. They hold for jobs only, not for the template of a CronJob.
    package static func setDefaults(_ job: inout View<Job>) {
        var spec: View<JobSpec> = job.spec
        if spec.completions == nil, spec.parallelism == nil { spec.completions = 1 }
        if spec.parallelism == nil { spec.parallelism = 1 }
        if spec.backoffLimit == nil { spec.backoffLimit = spec.backoffLimitPerIndex == nil ? 6 : Int(Int32.max) }
        if spec.completionMode == nil { spec.completionMode = "NonIndexed" }
        if spec.suspend == nil { spec.suspend = false }
        if spec.manualSelector == nil { spec.manualSelector = false }
        if spec.podReplacementPolicy == nil {
            spec.podReplacementPolicy = spec.podFailurePolicy == nil ? "TerminatingOrFailed" : "Failed"
        }
        job.spec = spec
    }

    /// Gives the pods labels that no other job's have, and selects by them, unless the creator chose the selector.
    /// Needs the object's name and UID. Source: `generateSelector` of pkg/registry/batch/job.
    package static func prepareForCreate(_ job: inout View<Job>) {
        if job.spec.manualSelector != true {
            var labels: [String: String] = job.spec.template.metadata.labels
            for (label, value) in [
                (JobLabels.name, job.metadata.name), (JobLabels.legacyName, job.metadata.name),
                (JobLabels.controllerUID, job.metadata.uid), (JobLabels.legacyControllerUID, job.metadata.uid),
            ] where labels[label] == nil {
                labels[label] = value
            }
            job.spec.template.metadata.labels = labels
            var selector: View<LabelSelector> = job.spec.selector ?? View<LabelSelector>()
            if selector.matchLabels[JobLabels.controllerUID] == nil {
                selector.matchLabels[JobLabels.controllerUID] = job.metadata.uid
            }
            job.spec.selector = selector
        }
        takeLabelsOfTemplate(&job)
    }

    package static func prepareForUpdate(_ job: inout View<Job>, from old: View<Job>) { takeLabelsOfTemplate(&job) }

    /// A job without labels has those of its pods.
    private static func takeLabelsOfTemplate(_ job: inout View<Job>) {
        let labels: [String: String] = job.spec.template.metadata.labels
        if job.metadata.labels.isEmpty, !labels.isEmpty { job.metadata.labels = labels }
    }

    /// Source: `ValidateJob` of pkg/apis/batch/validation.
    package static func validate(_ job: View<Job>, _ path: Path, _ problems: inout Problems) {
        let spec: Path = path.child("spec")
        guard let selector = job.spec.selector else { return problems.required(spec.child("selector")) }
        if job.spec.manualSelector != true {
            let uid: String = job.metadata.uid
            if selector.matchLabels != [JobLabels.controllerUID: uid] && selector.matchLabels != [JobLabels.legacyControllerUID: uid]
                || !selector.matchExpressions.isEmpty
            {
                problems.invalid(spec.child("selector"), selector.json, "`selector` not auto-generated")
            }
        }
        if !selector.matches(job.spec.template.metadata.labels) {
            PodTemplateRules.mismatch(job.spec.template, spec.child("template"), &problems)
        }
        if job.spec.completionMode == "Indexed", let completions: Int = job.spec.completions, completions > 0 {
            // The name of the last pod has to be a host name.
            let last: String = "\(job.metadata.name)-\(completions - 1)"
            for detail in Names.dns1123Label(last) {
                problems.invalid(
                    path.child("metadata").child("name"), .string(job.metadata.name),
                    "will not able to create pod with invalid DNS hostname `\(last)`: \(detail)")
            }
        }
    }

    package static func validateUpdate(_ job: View<Job>, from old: View<Job>, _ path: Path, _ problems: inout Problems) {
        JobUpdate.validate(job, from: old, path.child("spec"), &problems)
    }
}

/// The labels by which a job knows its pods.
package enum JobLabels {
    package static let name = "batch.kubernetes.io/job-name"
    package static let controllerUID = "batch.kubernetes.io/controller-uid"
    /// The same before they had a domain; pods carry both.
    package static let legacyName = "job-name"
    package static let legacyControllerUID = "controller-uid"
    /// Annotation and label of the pods of an Indexed job.
    package static let completionIndex = "batch.kubernetes.io/job-completion-index"
}

extension View<Job> {
    /// True when the job has this condition with status True.
    package func has(condition type: String) -> Bool {
        self.status.conditions.contains { $0.type == type && $0.status == "True" }
    }

    /// True once the job is over, one way or the other.
    package var isFinished: Bool { has(condition: "Complete") || has(condition: "Failed") }

    /// The STATUS column.
    fileprivate var phaseText: String {
        if has(condition: "Complete") { return "Complete" }
        if has(condition: "Failed") { return "Failed" }
        if isTerminating { return "Terminating" }
        for type in ["Suspended", "FailureTarget", "SuccessCriteriaMet"] where has(condition: type) { return type }
        return "Running"
    }

    /// The COMPLETIONS column: `1/3`, or `0/1 of 3` where any of three pods may do.
    fileprivate var completionsText: String {
        if let completions: Int = self.spec.completions { return "\(self.status.succeeded)/\(completions)" }
        let parallelism: Int = self.spec.parallelism ?? 0
        return parallelism > 1 ? "\(self.status.succeeded)/1 of \(parallelism)" : "\(self.status.succeeded)/1"
    }
}
