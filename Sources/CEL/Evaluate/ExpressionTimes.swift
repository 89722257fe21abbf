package import Machinery

/// How long the expressions of this process took, whoever asked for them.
///
/// Source: k8s.io/apiserver/pkg/cel/metrics.
package enum ExpressionTimes {
    package static let compilation = Metrics.Histogram(bounds: bounds)
    package static let evaluation = Metrics.Histogram(bounds: bounds)

    private static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
}
