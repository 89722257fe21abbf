import Machinery

/// `helmCharts`, which other builds render by running helm. This one runs no programs.
enum KustomizeCharts {
    static let kind: String = "HelmChartInflationGenerator"

    /// Throws when the kustomization has charts.
    static func refuse(_ kustomization: Kustomization) throws {
        let charts: [JSON] =
            kustomization.json.list("helmCharts")
            + kustomization.json.list("helmChartInflationGenerator").map { chart in
                var chart: JSON = chart
                for (old, new) in [("chartName", "name"), ("chartRepoUrl", "repo"), ("chartVersion", "version")] where chart[old] != nil {
                    chart[new] = chart[old]
                    chart[old] = nil
                }
                return chart
            }
        guard let chart = charts.first else { return }
        throw KustomizePlugins.trouble(kind, chart, Failure(refusal(kustomization)))
    }

    static func refusal(_ kustomization: Kustomization) -> String {
        kustomization.context.enablesHelm
            ? "builds run no programs; render the chart first, helm template, and name its file in resources" : "must specify --enable-helm"
    }
}
