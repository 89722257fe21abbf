package import Machinery

/// What was last seen of a job.
package struct JobStatus: Schema {
    package static let definition = Definition(JobStatus(), "batch.v1.JobStatus", "What was last seen of a job.")

    package let conditions = Field<[JobCondition]>(
        "conditions", 1, "How the job ended, or why it stands still: Complete, Failed, Suspended, FailureTarget, SuccessCriteriaMet.",
        .merge(key: "type"), .atomic)
    package let startTime = Field<Time?>("startTime", 2, "When the controller began with the job; set anew when it is resumed.")
    package let completionTime = Field<Time?>("completionTime", 3, "When the job succeeded; absent for a job that failed.")
    package let active = Field<Int32>("active", 4, "Pods that are pending or running and not terminating.", .atLeast(0))
    package let succeeded = Field<Int32>("succeeded", 5, "Pods that succeeded.", .atLeast(0))
    package let failed = Field<Int32>("failed", 6, "Pods that failed.", .atLeast(0))
    package let completedIndexes = Field<String>(
        "completedIndexes", 7, "Numbers of an Indexed job that have succeeded, such as `1,3-5,7`.")
    package let uncountedTerminatedPods = Field<UncountedTerminatedPods?>(
        "uncountedTerminatedPods", 8, "Pods that are over but not yet in the counts.")
    package let ready = Field<Int32?>("ready", 9, "Pods that are ready.", .atLeast(0))
    package let failedIndexes = Field<String?>(
        "failedIndexes", 10, "Numbers that have failed for good, where backoffLimitPerIndex is set.")
    package let terminating = Field<Int32?>("terminating", 11, "Pods that are being deleted but not yet gone.", .atLeast(0))
}

/// UIDs of pods that are over but not yet in the counts of their job, so that each is counted once.
package struct UncountedTerminatedPods: Schema {
    package static let definition = Definition(
        UncountedTerminatedPods(), "batch.v1.UncountedTerminatedPods", "Pods that are over but not yet in the counts of their job.")

    package let succeeded = Field<[String]>("succeeded", 1, "UIDs of pods that succeeded.", .listSet)
    package let failed = Field<[String]>("failed", 2, "UIDs of pods that failed.", .listSet)
}

/// One aspect of a job's state.
package struct JobCondition: Schema {
    package static let definition = Definition(JobCondition(), "batch.v1.JobCondition", "One aspect of a job's state.")

    package let type = Field<String>("type", 1, "Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastProbeTime = Field<Time?>("lastProbeTime", 3, "When the condition was looked at last.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 5, "One word for why, such as BackoffLimitExceeded.")
    package let message = Field<String>("message", 6, "The same for people.")
}
