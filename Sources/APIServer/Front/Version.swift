import API
package import Machinery

/// What `/version` says: the version of Kubernetes whose API this is.
package enum ServerVersion {
    package static let json: JSON = [
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": .string(Versions.kubernetes + "+swkube" + Versions.swkube), "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "swift", "compiler": "swiftc",
        "platform": "linux/amd64",
    ]
}
