import API
package import Machinery

/// What `/version` says: the version of Kubernetes whose API this is.
package enum ServerVersion {
    package static let json: JSON = [
        "major": .string(Versions.major), "minor": .string(Versions.minor), "emulationMajor": .string(Versions.major),
        "emulationMinor": .string(Versions.minor), "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": .string(Versions.kubernetes + "+swkube" + Versions.swkube), "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "swift", "compiler": "swiftc",
        "platform": .string(Versions.platform),
    ]

    /// The same as labels. Source: `kubernetes_build_info` of k8s.io/component-base/version.
    static var metricLabels: [MetricLabel] {
        [
            ("build_date", "buildDate"), ("compiler", "compiler"), ("git_commit", "gitCommit"), ("git_tree_state", "gitTreeState"),
            ("git_version", "gitVersion"), ("go_version", "goVersion"), ("major", "major"), ("minor", "minor"), ("platform", "platform"),
        ].map { label, field in MetricLabel(label, json[field]?.string ?? "") }
    }
}
