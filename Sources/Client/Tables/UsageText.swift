package import Machinery

/// Amounts of `top`. Source: k8s.io/kubectl/pkg/metricsutil/metrics_printer.go.
package enum UsageText {
    package static func amount(_ json: JSON?) -> Quantity { json?.string.flatMap { try? Quantity($0) } ?? .zero }

    /// `250m`
    package static func cpu(_ amount: Quantity) -> String { "\(amount.milliValue)m" }

    /// `120Mi`
    package static func memory(_ amount: Quantity) -> String { "\(amount.value / 1_048_576)Mi" }

    /// `12%` of what there is.
    package static func share(_ used: Quantity, _ whole: Quantity) -> String {
        whole.milliValue == 0 ? "<unknown>" : "\(Int(used.double / whole.double * 100))%"
    }
}
