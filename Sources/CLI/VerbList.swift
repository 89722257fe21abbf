/// All verbs, in the order of the help text: the one list that dispatch, help and completion read.
enum VerbList {
    struct Group: Sendable {
        let title: String
        let verbs: [any Verb.Type]
    }

    /// Verbs that stand under another word: `config view`, `create deployment`.
    static let families: [(word: String, verbs: [any Verb.Type])] = [
        ("apply", [ApplyEditLastApplied.self, ApplySetLastApplied.self, ApplyViewLastApplied.self]),
        ("auth", [AuthCanI.self, AuthReconcile.self, AuthWhoAmI.self]),
        ("cluster-info", [ClusterInfoDump.self]),
        ("certificate", [CertificateApprove.self, CertificateDeny.self]),
        (
            "config",
            [
                ConfigCurrentContext.self, ConfigDeleteCluster.self, ConfigDeleteContext.self, ConfigDeleteUser.self,
                ConfigGetClusters.self,
                ConfigGetContexts.self, ConfigGetUsers.self, ConfigRenameContext.self, ConfigSet.self, ConfigSetCluster.self,
                ConfigSetContext.self,
                ConfigSetCredentials.self, ConfigUnset.self, ConfigUseContext.self, ConfigView.self,
            ]
        ),
        (
            "create",
            [
                CreateClusterRole.self, CreateClusterRoleBinding.self, CreateConfigMap.self, CreateCronJob.self, CreateDeployment.self,
                CreateIngress.self, CreateJob.self, CreateNamespace.self, CreatePodDisruptionBudget.self, CreatePriorityClass.self,
                CreateQuota.self, CreateRole.self, CreateRoleBinding.self, CreateSecret.self, CreateSecretGeneric.self,
                CreateSecretTLS.self,
                CreateSecretDockerRegistry.self, CreateServiceFamily.self, CreateServiceClusterIP.self, CreateServiceNodePort.self,
                CreateServiceLoadBalancer.self,
                CreateServiceExternalName.self, CreateServiceAccount.self, CreateToken.self,
            ]
        ),
        ("kuberc", [KubercSet.self, KubercView.self]),
        ("plugin", [PluginList.self]),
        (
            "rollout",
            [
                RolloutHistory.self, RolloutPause.self, RolloutRestart.self, RolloutResume.self, RolloutStatus.self, RolloutUndo.self,
            ]
        ),
        (
            "set",
            [
                SetEnvironment.self, SetImage.self, SetResources.self, SetSelectorVerb.self, SetServiceAccount.self, SetSubject.self,
            ]
        ),
        ("top", [TopNode.self, TopPod.self]),
        ("snapshot", [SnapshotDelete.self, SnapshotList.self, SnapshotRestore.self, SnapshotSave.self]),
        ("image", [ImageInspect.self, ImageLoad.self, ImageList.self, ImagePull.self, ImageRemove.self]),
        ("node", [NodeAdd.self, NodeDelete.self, NodeList.self, NodeStart.self, NodeStop.self]),
    ]

    static let groups: [Group] = [
        Group(
            title: "Cluster",
            verbs: [
                Start.self, Stop.self, Status.self, Pause.self, Unpause.self, Clusters.self, DeleteCluster.self, RunIn.self, Snapshot.self,
                Export.self, Doctor.self, DashboardVerb.self, Version.self, ClusterInfo.self,
            ]),
        Group(
            title: "Objects",
            verbs: [
                Get.self, Describe.self, Explain.self, Create.self, Run.self, Apply.self, Diff.self, Edit.self, Kustomize.self, Delete.self,
                Patch.self, Replace.self, Label.self, Annotate.self,
                SetFeature.self, Expose.self, Wait.self, Events.self, Logs.self,
            ]),
        Group(
            title: "Pods",
            verbs: [Exec.self, Attach.self, PortForward.self, Copy.self, Debug.self, Proxy.self, ServiceURL.self, Trace.self]),
        Group(title: "Workloads", verbs: [Rollout.self, Scale.self, Autoscale.self]),
        Group(title: "Nodes", verbs: [Nodes.self, Cordon.self, Uncordon.self, Drain.self, Taint.self, Top.self, ExplainPlacement.self]),
        Group(title: "Images", verbs: [Image.self]),
        Group(title: "Access", verbs: [Auth.self, Certificate.self]),
        Group(
            title: "Settings",
            verbs: [
                APIResources.self, APIVersions.self, Config.self, Kuberc.self, Kubectl.self, Completion.self, Manual.self, Plugin.self,
                Options.self,
            ]),
    ]

    /// Not shown in the help.
    static let hidden: [any Verb.Type] = [Alpha.self, Complete.self]

    /// The verbs of a family's word; none for other words.
    static func family(_ word: String) -> [any Verb.Type] { families.first { $0.word == word }?.verbs ?? [] }

    /// The verbs behind a word, or behind two of them: `create secret`.
    static func verbs(under words: String) -> [any Verb.Type] {
        let first: String = words.split(separator: " ").first.map(String.init) ?? ""
        return family(first).filter { $0.commandName.hasPrefix(words + " ") }
    }

    /// Names of the verbs that the help shows.
    static var names: [String] { groups.flatMap(\.verbs).map { $0.commandName } }

    static var all: [any Verb.Type] { groups.flatMap(\.verbs) + hidden }

    /// The verb of a word; for a family, the word behind it is taken too (`secret tls` two of them).
    static func type(of word: String, _ words: inout [String]) throws -> any Verb.Type {
        let members: [any Verb.Type] = family(word)
        if !members.isEmpty {
            let start: Int = LeadingFlags.count(in: words)
            for count in [2, 1] where words.count >= start + count {
                let name: String = words[start..<(start + count)].joined(separator: " ")
                if let found = members.first(where: { matches($0, name, under: word) }) {
                    words.removeSubrange(start..<(start + count))
                    return found
                }
            }
        }
        if let found = all.first(where: { $0.commandName == word }) { return found }
        let near: [String] = all.map { $0.commandName }.filter { Spelling.distance($0, word) <= 2 || $0.hasPrefix(word) }.sorted()
        var text: String = "unknown command \"\(word)\" for \"\(CLI.program)\""
        if !near.isEmpty { text += "\n\nDid you mean this?\n" + near.map { "\t\($0)\n" }.joined() }
        // The last line break is the caller's.
        throw Failure(near.isEmpty ? text : String(text.dropLast()))
    }

    /// A verb of a family is named with its family's word: `create secret tls`. Plural and short words are as good.
    private static func matches(_ verb: any Verb.Type, _ name: String, under word: String) -> Bool {
        verb.commandName == word + " " + name || verb.configuration.aliases.contains(word + " " + name)
    }

    /// What `swkube` and `swkube --help` print.
    static var help: String {
        var text: String = "\(CLI.program): Kubernetes without containers, in one program.\n"
        for group in groups {
            text += "\n\(group.title):\n"
            for verb in group.verbs {
                let name: String = verb.commandName
                text += "  \(name)\(String(repeating: " ", count: max(1, 16 - name.count)))\(verb.configuration.abstract)\n"
            }
        }
        return text + "\nUse \"\(CLI.program) VERB --help\" for more about a verb.\n"
    }
}
