import API
import Machinery

/// Makes profiles of what a file says.
struct SchedulerConfigurationReader {
    /// Throws ``SchedulerConfigurationError`` for members of another type, and for those that nobody knows.
    func read<S: Schema>(_ json: JSON, _ schema: S.Type, at path: Path) throws -> View<S> {
        var findings = DecodingFindings()
        let decoded: JSON
        do {
            decoded = try S.definition.schema.decode(json, findings: &findings)
        } catch {
            throw SchedulerConfigurationError("\(path): \(error)")
        }
        if let unknown = findings.unknownFields.first {
            throw SchedulerConfigurationError("unknown field \(JSON.quoted("\(path.description.isEmpty ? "" : "\(path).")\(unknown)"))")
        }
        return View<S>(decoded)
    }

    func profile(_ file: View<SchedulerProfile>, _ path: Path, _ problems: inout Problems) throws -> Profile {
        var profile = Profile()
        profile.schedulerName = file.schedulerName ?? Profile.defaultName
        profile.percentageOfNodesToScore = file.percentageOfNodesToScore
        if let plugins = file.plugins { choose(plugins, path.child("plugins"), &profile, &problems) }
        for (index, config) in file.pluginConfig.enumerated() {
            try tell(config, path.child("pluginConfig").index(index), &profile.arguments, &problems)
        }
        return profile
    }

    // MARK: - Which plugins

    private func choose(_ plugins: View<SchedulerPlugins>, _ path: Path, _ profile: inout Profile, _ problems: inout Problems) {
        let all = Profile()
        /// Those that are left of the default ones, then those that are named.
        func pick<Plugin>(_ defaults: [Plugin], _ name: (Plugin) -> String, _ points: [(String, View<SchedulerPluginSet>?)]) -> [Plugin] {
            var chosen: [Plugin] = defaults
            for (point, set) in points {
                guard let set else { continue }
                let here: Path = path.child(point)
                let disabled: Set<String> = Set(set.disabled.map { $0.name })
                chosen.removeAll { disabled.contains(name($0)) || disabled.contains("*") }
                for (index, wanted) in set.enabled.enumerated() {
                    guard Self.names.contains(wanted.name) else {
                        problems.notFound(here.child("enabled").index(index).child("name"), .string(wanted.name))
                        continue
                    }
                    guard let plugin = defaults.first(where: { name($0) == wanted.name }) else {
                        if point != "multiPoint" {
                            problems.invalid(
                                here.child("enabled").index(index).child("name"), .string(wanted.name), "does not extend \(point) plugin")
                        }
                        continue
                    }
                    chosen.removeAll { name($0) == wanted.name }
                    chosen.append(plugin)
                }
            }
            return chosen
        }
        let multi: (String, View<SchedulerPluginSet>?) = ("multiPoint", plugins.multiPoint)
        profile.preEnqueues = pick(all.preEnqueues, { $0.name }, [multi, ("preEnqueue", plugins.preEnqueue)])
        profile.filters = pick(all.filters, { $0.name }, [multi, ("preFilter", plugins.preFilter), ("filter", plugins.filter)])
        profile.postFilters = pick(all.postFilters, { $0.name }, [multi, ("postFilter", plugins.postFilter)])
        profile.scores = pick(all.scores, { $0.plugin.name }, [multi, ("preScore", plugins.preScore), ("score", plugins.score)])
        for set in [plugins.multiPoint, plugins.score].compactMap({ $0 }) {
            for plugin in set.enabled {
                guard let weight = plugin.weight else { continue }
                for index in profile.scores.indices where profile.scores[index].plugin.name == plugin.name {
                    profile.scores[index].weight = weight
                }
            }
        }
        profile.reserves = pick(all.reserves, { $0.name }, [multi, ("reserve", plugins.reserve)])
        profile.permits = pick(all.permits, { $0.name }, [multi, ("permit", plugins.permit)])
        profile.preBinds = pick(all.preBinds, { $0.name }, [multi, ("preBind", plugins.preBind)])
        profile.binds = pick(all.binds, { $0.name }, [multi, ("bind", plugins.bind)])
        if profile.binds.isEmpty { problems.required(path.child("bind"), "a profile needs a plugin that binds") }
        let sorts: [any QueueSort.Type] = pick([all.queueSort], { $0.name }, [multi, ("queueSort", plugins.queueSort)])
        if sorts.count != 1 { problems.required(path.child("queueSort"), "a profile needs one plugin that sorts the queue") }
        if let set = plugins.postBind, !set.enabled.isEmpty {
            problems.invalid(path.child("postBind"), set.json, "no plugin extends postBind")
        }
    }

    /// Of all plugins.
    private static let names: Set<String> = {
        let all = Profile()
        var names: Set<String> = [all.queueSort.name]
        names.formUnion(all.preEnqueues.map { $0.name })
        names.formUnion(all.filters.map { $0.name })
        names.formUnion(all.postFilters.map { $0.name })
        names.formUnion(all.scores.map { $0.plugin.name })
        names.formUnion(all.reserves.map { $0.name })
        names.formUnion(all.binds.map { $0.name })
        return names
    }()

    // MARK: - What they are told

    private func tell(
        _ config: View<SchedulerPluginConfig>, _ path: Path, _ arguments: inout PluginArguments, _ problems: inout Problems
    ) throws {
        let args: JSON = config.json["args"] ?? [:]
        let here: Path = path.child("args")
        func read<S: Schema>(_ schema: S.Type) throws -> View<S> {
            let view: View<S> = try self.read(args, schema, at: here)
            S.definition.schema.validate(view.json, here, &problems)
            return view
        }
        switch config.name {
        case NodeResourcesFit.name: try tellFit(try read(NodeResourcesFitArgs.self), here, &arguments, &problems)
        case BalancedAllocation.name:
            let names: [String] = try read(BalancedAllocationArgs.self).resources.map { $0.name }
            if !names.isEmpty { arguments.balancedResources = names }
        case InterPodAffinity.name:
            let args: View<InterPodAffinityArgs> = try read(InterPodAffinityArgs.self)
            arguments.hardPodAffinityWeight = args.hardPodAffinityWeight ?? 1
            arguments.ignoresPreferredTermsOfExistingPods = args.ignorePreferredTermsOfExistingPods
        case NodeAffinityRule.name: arguments.addedAffinity = try read(NodeAffinityArgs.self).addedAffinity.map { AddedAffinity($0) }
        case PodTopologySpread.name:
            let args: View<PodTopologySpreadArgs> = try read(PodTopologySpreadArgs.self)
            if args.defaultingType != "List" {
                if !args.defaultConstraints.isEmpty {
                    problems.invalid(
                        here.child("defaultingType"), .string(args.defaultingType ?? "System"),
                        "when .defaultConstraints are not empty, must be List")
                }
                return
            }
            arguments.usesSystemDefaults = false
            arguments.defaultConstraints = args.defaultConstraints.map { SpreadConstraint($0) }
        case VolumeBinding.name:
            if let seconds = try read(VolumeBindingArgs.self).bindTimeoutSeconds { arguments.volumeBindTimeout = .seconds(seconds) }
        case DefaultPreemption.name:
            let args: View<DefaultPreemptionArgs> = try read(DefaultPreemptionArgs.self)
            arguments.minCandidateNodesPercentage = args.minCandidateNodesPercentage ?? 10
            arguments.minCandidateNodesAbsolute = args.minCandidateNodesAbsolute ?? 100
        default: problems.notSupported(path.child("name"), .string(config.name), supported: Self.withArguments)
        }
    }

    private static let withArguments: [String] = [
        DefaultPreemption.name, InterPodAffinity.name, NodeAffinityRule.name, BalancedAllocation.name, NodeResourcesFit.name,
        PodTopologySpread.name, VolumeBinding.name,
    ]

    private func tellFit(
        _ args: View<NodeResourcesFitArgs>, _ path: Path, _ arguments: inout PluginArguments, _ problems: inout Problems
    ) throws {
        arguments.ignoredResources = Set(args.ignoredResources)
        guard let strategy = args.scoringStrategy else { return }
        if !strategy.resources.isEmpty { arguments.strategyResources = strategy.resources.map { ($0.name, Int64($0.weight ?? 1)) } }
        let here: Path = path.child("scoringStrategy")
        switch strategy.type {
        case "MostAllocated": arguments.strategy = .mostAllocated
        case "RequestedToCapacityRatio":
            let shape: [PluginArguments.Strategy.Point] = (strategy.requestedToCapacityRatio?.shape ?? []).map {
                PluginArguments.Strategy.Point(utilization: $0.utilization, score: $0.score)
            }
            if shape.isEmpty {
                problems.required(here.child("requestedToCapacityRatio").child("shape"), "at least one point must be specified")
            }
            for (one, other) in zip(shape, shape.dropFirst()) where one.utilization >= other.utilization {
                problems.invalid(
                    here.child("requestedToCapacityRatio").child("shape"), .int(Int64(other.utilization)),
                    "utilization values must be sorted in increasing order")
            }
            arguments.strategy = .requestedToCapacityRatio(shape)
        default: arguments.strategy = .leastAllocated
        }
    }
}
