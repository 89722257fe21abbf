import Cluster

/// Flags of `start` for what the cluster writes down: the audit, traces, and how values stand on the disk. Names are kube-apiserver's.
struct RecordOptions: FlagGroup {
    @Option("audit-policy-file", help: "Policy file of audit.k8s.io/v1: which requests are recorded.", value: "file")
    var auditPolicyFile: String?

    @Option("audit-log-path", help: "File that gets a line of JSON for each event of the audit.", value: "file")
    var auditLogPath: String?

    @Option("audit-log-maxsize", help: "Megabytes of a file before the next is begun.", value: "mb")
    var auditLogMaxSize = 100

    @Option("audit-log-maxbackup", help: "Full files that are kept; 0 keeps all.", value: "count")
    var auditLogMaxBackup = 0

    @Option("audit-log-maxage", help: "Days that full files are kept; 0 is for ever.", value: "days")
    var auditLogMaxAge = 0

    @Option("audit-webhook-config-file", help: "Kubeconfig of a webhook that gets the events of the audit.", value: "file")
    var auditWebhookConfigFile: String?

    @Option(
        "encryption-provider-config",
        help:
            "EncryptionConfiguration of apiserver.config.k8s.io/v1 with keys or a KMS plugin; what is stored is encrypted anew at the start.",
        value: "file")
    var encryptionProviderConfig: String?

    @Flag(
        "encryption-provider-config-automatic-reload",
        help: "Takes another content of that file while the cluster runs, and encrypts anew what is stored.")
    var encryptionProviderConfigAutomaticReload = false

    @Option(
        "tracing-config-file",
        help: "TracingConfiguration of apiserver.config.k8s.io/v1: which requests a collector is told of, by OTLP over gRPC.",
        value: "file")
    var tracingConfigFile: String?

    func check() throws {
        guard auditLogMaxSize > 0 else { throw Failure("--audit-log-maxsize must be at least 1") }
        guard auditLogMaxBackup >= 0, auditLogMaxAge >= 0 else {
            throw Failure("--audit-log-maxbackup and --audit-log-maxage must not be negative")
        }
        if auditPolicyFile == nil, auditLogPath != nil || auditWebhookConfigFile != nil {
            throw Failure("an audit needs a policy: give --audit-policy-file FILE")
        }
        if auditPolicyFile != nil, auditLogPath == nil, auditWebhookConfigFile == nil {
            throw Failure("an audit needs a place to go: give --audit-log-path FILE or --audit-webhook-config-file FILE")
        }
        if encryptionProviderConfigAutomaticReload, encryptionProviderConfig == nil {
            throw Failure("there is no file to look at: give --encryption-provider-config FILE")
        }
    }

    /// The same flags for the process in the background.
    var words: [String] {
        var words: [String] = []
        for (flag, value) in [
            ("--audit-policy-file", auditPolicyFile), ("--audit-log-path", auditLogPath),
            ("--audit-webhook-config-file", auditWebhookConfigFile), ("--encryption-provider-config", encryptionProviderConfig),
            ("--tracing-config-file", tracingConfigFile),
        ] {
            if let value { words += [flag, value] }
        }
        for (flag, value, usual) in [
            ("--audit-log-maxsize", auditLogMaxSize, 100), ("--audit-log-maxbackup", auditLogMaxBackup, 0),
            ("--audit-log-maxage", auditLogMaxAge, 0),
        ] where value != usual { words += [flag, String(value)] }
        if encryptionProviderConfigAutomaticReload { words.append("--encryption-provider-config-automatic-reload") }
        return words
    }

    var audit: AuditSettings {
        var settings = AuditSettings()
        settings.policyFile = auditPolicyFile
        settings.logPath = auditLogPath
        settings.logSize = auditLogMaxSize << 20
        settings.logBackups = auditLogMaxBackup
        settings.logDays = auditLogMaxAge
        settings.webhookFile = auditWebhookConfigFile
        return settings
    }
}
