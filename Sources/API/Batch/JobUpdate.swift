import Machinery

/// What may change in a job once it exists. Source: `ValidateJobSpecUpdate` of pkg/apis/batch/validation and `validationOptionsForJob`
/// of pkg/registry/batch/job.
enum JobUpdate {
    static func validate(_ job: View<Job>, from old: View<Job>, _ path: Path, _ problems: inout Problems) {
        validateCompletions(job.spec, from: old.spec, path, &problems)
        for field in ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"]
        where job.spec.json[field] != old.spec.json[field] {
            problems.invalid(path.child(field), job.spec.json[field] ?? .null, "field is immutable")
        }
        // Where pods run, and how they are labelled for the scheduler, may change before the first one was made.
        let mayMove: Bool = old.spec.suspend == true && old.status.startTime == nil
        var before: JSON = old.spec.template.json
        if mayMove { before = withPlacement(of: job.spec.template.json, in: before) }
        if job.spec.template.json != before {
            problems.invalid(path.child("template"), job.spec.template.json, "field is immutable")
        }
    }

    /// An Indexed job may grow and shrink with its parallelism.
    private static func validateCompletions(
        _ spec: View<JobSpec>, from old: View<JobSpec>, _ path: Path, _ problems: inout Problems
    ) {
        guard spec.completions != old.completions else { return }
        let here: Path = path.child("completions")
        let value: JSON = spec.json["completions"] ?? .null
        if spec.completionMode != "Indexed" {
            problems.invalid(here, value, "field is immutable")
        } else if spec.completions != spec.parallelism {
            problems.invalid(here, value, "can only be modified in tandem with spec.parallelism")
        }
    }

    private static func withPlacement(of new: JSON, in template: JSON) -> JSON {
        var template: JSON = template
        for path in [
            ["metadata", "labels"], ["metadata", "annotations"], ["spec", "nodeSelector"], ["spec", "affinity"],
            ["spec", "tolerations"], ["spec", "schedulingGates"],
        ] {
            template[path] = new[path]
        }
        return template
    }
}
